"""JSON that may be a filter or an order, and valid ones with one fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator


WORDS: Final = st.sampled_from(
    ["AND", "not", "id", "eq", "in", "some", "members", "solution", "variables", "path", "isNull"]
)


JSON: Final = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters(), max_size=5),
        WORDS,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(WORDS, st.text(st.characters(), max_size=3)), inner, max_size=4),
    ),
    max_leaves=15,
)


def with_one_fault(value: object) -> Iterator[object]:
    """Change a valid filter in one place, in each way and at each place in turn."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {**value, key: None}
            yield {**value, key: [inner]}
            yield {k: v for k, v in value.items() if k != key}
            yield {**{k: v for k, v in value.items() if k != key}, f"{key}x": inner}
            yield from ({**value, key: changed} for changed in with_one_fault(inner))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            rest = value[:index], value[index + 1 :]
            yield from ([*rest[0], changed, *rest[1]] for changed in with_one_fault(inner))
