"""Filters and orders of every form that CONTRACT.md section 2 allows, as a client writes them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

from tests.property.query.worlds import (
    DATES,
    ENTITIES,
    FINER_DATES,
    JSON_VALUES,
    KEYS,
    PIECES,
    TO_MANY,
    TO_ONE,
    strings,
    values_of,
)

Json = object
Strategy = st.SearchStrategy[Json]
T = TypeVar("T")

EQUAL: Final = ("eq", "equals", "neq", "ne")
LISTED: Final = ("in", "nin", "notIn")
SORTED: Final = ("lt", "lte", "gt", "gte")
TEXT: Final = (
    "contains", "startsWith", "endsWith", "eqi", "containsi", "startsWithi", "endsWithi",
)  # fmt: skip
QUANTIFIERS: Final = ("some", "every", "none")
DIRECTIONS: Final = (
    "asc", "desc", "asc_nulls_first", "asc_nulls_last", "desc_nulls_first", "desc_nulls_last",
    "Asc", "Desc", "AscNullsFirst", "AscNullsLast", "DescNullsFirst", "DescNullsLast",
)  # fmt: skip


def _spelt(date: str, minutes: int, lower: bool) -> str:
    zone = timezone(timedelta(minutes=minutes))
    text = datetime.fromisoformat(date).astimezone(zone).isoformat(timespec="milliseconds")
    return text.replace("T", "t") if lower else text


_dates: Final = st.one_of(
    st.sampled_from(DATES),
    st.sampled_from(FINER_DATES),
    st.builds(_spelt, st.sampled_from(DATES), st.sampled_from([0, 90, -600]), st.booleans()),
)
_json_scalars: Final = [v for v in JSON_VALUES if isinstance(v, str | int | float)]


def _either(*forms: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    """One of the forms, each as likely as the other, however many forms it has itself."""
    return st.integers(0, len(forms) - 1).flatmap(forms.__getitem__)


def _one_key(keys: st.SearchStrategy[str] | tuple[str, ...], values: Strategy) -> Strategy:
    chosen = st.sampled_from(keys) if isinstance(keys, tuple) else keys
    return st.builds(lambda key, value: {key: value}, chosen, values)


def _lists(values: Strategy) -> Strategy:
    return st.lists(values, max_size=3)


def _pairs(values: Strategy) -> Strategy:
    return st.lists(values, min_size=2, max_size=2)


def _operators(values: Strategy, kind: str, *, nullable: bool) -> list[Strategy]:
    forms = [_one_key(EQUAL, values)]
    if kind != "b":
        forms.append(_one_key(LISTED, _lists(values)))
    if kind in "ds":
        forms += [_one_key(SORTED, values), _one_key(("between",), _pairs(values))]
    if kind == "s":
        forms.append(_one_key(TEXT, _either(st.sampled_from(PIECES), values)))
    if kind in "ds" or (nullable and kind != "b"):
        forms.append(_one_key(("isNull",), st.booleans()))
    return forms


def _merged(*parts: Json) -> Json:
    together: dict[str, Json] = {}
    for part in parts:
        assert isinstance(part, dict)
        together |= part
    return together


def _comparators(values: Strategy, kind: str, *, nullable: bool) -> Strategy:
    operators = _either(*_operators(values, kind, nullable=nullable))
    return _either(
        operators,
        operators,
        values,
        st.builds(_merged, operators, operators),
        st.builds(lambda inner: {"not": inner}, st.one_of(operators, values)),
        st.builds(lambda inner: {"not": {"not": inner}}, operators),
    )


_paths: Final = _either(
    st.lists(st.sampled_from(KEYS), min_size=1, max_size=3),
    st.builds(
        lambda key, rest: [key, *rest],
        st.sampled_from(KEYS),
        st.sampled_from([[], [], [], ["0"], ["1"], ["2", "a"], ["a"], ["a", "b"], ["0", "0"]]),
    ),
)


def _typed(values: list[object]) -> list[Strategy]:
    pool = st.sampled_from(values)
    forms = [_one_key(EQUAL, pool), _one_key(LISTED, _lists(pool))]
    if not isinstance(values[0], bool):
        forms += [_one_key(SORTED, pool), _one_key(("between",), _pairs(pool))]
    if isinstance(values[0], str):
        forms.append(_one_key(TEXT, pool))
    return forms


_json_operators: Final = _either(
    *_typed([v for v in _json_scalars if isinstance(v, bool)]),
    *_typed([v for v in _json_scalars if isinstance(v, str)]),
    *_typed([v for v in _json_scalars if not isinstance(v, bool | str)]),
    _one_key(("isNull",), st.booleans()),
    _one_key(("hasKey",), st.sampled_from(KEYS)),
)
_json: Final = _either(
    st.builds(lambda path, op: {"path": path} | op, _paths, _json_operators),
    st.builds(lambda path, op: {"path": path, "not": op}, _paths, _json_operators),
    st.builds(lambda key: {"hasKey": key}, st.sampled_from(KEYS)),
    st.builds(lambda key: {"not": {"hasKey": key}}, st.sampled_from(KEYS)),
)


def _field(entity: str, *, absent: bool) -> Strategy:
    forms: list[Strategy] = []
    for field, kind in ENTITIES[entity].items():
        if kind == "j":
            forms.append(_one_key((field,), _json))
            continue
        values = _dates if kind[0] == "d" else values_of(field, kind)
        if kind[0] == "s":
            values = strings
        nullable = absent or kind.endswith("?")
        forms.append(_one_key((field,), _comparators(values, kind[0], nullable=nullable)))
    return _either(*forms)


def _filter(entity: str, hops: int, depth: int, *, absent: bool) -> Strategy:
    base = plain = _field(entity, absent=absent)
    if entity == "install" and hops < 2:
        deeper = min(depth, 1)
        one = [
            _one_key((name,), _filter(target, hops + 1, deeper, absent=True))
            for name, (target, _) in TO_ONE.items()
        ]
        many = [
            _one_key((name,), _one_key(QUANTIFIERS, inner))
            for name, (target, _) in TO_MANY.items()
            for inner in [_filter(target, hops + 1, deeper, absent=False)]
        ]
        base = _either(plain, _either(*one), _either(*many))
    for _ in range(depth):
        nested = base
        base = _either(
            nested,
            nested,
            _one_key(("NOT", "not"), nested),
            _one_key(("AND", "OR", "and", "or"), st.lists(nested, max_size=3)),
            st.builds(_merged, nested, nested),
        )
    return base


def relations_in(value: Json) -> int:
    """Return the number of relations in a filter."""
    if isinstance(value, list):
        return sum(map(relations_in, value))
    if not isinstance(value, dict):
        return 0
    here = sum(key in TO_ONE or key in TO_MANY for key in value)
    return here + sum(map(relations_in, value.values()))


NESTING: Final = {"AND", "OR", "NOT", "and", "or", "not", *TO_ONE, *TO_MANY}


def depth_of(value: Json) -> int:
    """Return the depth of a filter."""
    if isinstance(value, list):
        return max(map(depth_of, value), default=0)
    if not isinstance(value, dict):
        return 0
    return max((key in NESTING) + depth_of(inner) for key, inner in value.items())


_texts: Final = _either(
    _comparators(strings, "s", nullable=True),
    _one_key(TEXT, _either(st.sampled_from(PIECES), strings)),
)
_focused: Final = _either(
    _one_key(("variables",), _json),
    _one_key(("members",), _one_key(QUANTIFIERS, _one_key(("permissions",), _json))),
    _one_key(("members",), _one_key(QUANTIFIERS, _one_key(("sourceMemberSlug",), _texts))),
    _one_key(("solution",), _one_key(("name", "description"), _texts)),
    _one_key(("integration",), _one_key(("name", "description", "slug"), _texts)),
)
"""Filters that random ones seldom contain, since installs themselves have no strings."""

_general: Final = _filter("install", 0, 2, absent=False)

filters: Final = _either(_general, _general, _focused).filter(
    lambda wanted: relations_in(wanted) <= 3 and depth_of(wanted) <= 6
)
"""Filters with room within the limits for two more around them."""

Order = list[dict[str, Any]]

_OWN: Final = [(name,) for name, kind in ENTITIES["install"].items() if kind != "j"]
_RELATED: Final = [
    (relation, name)
    for relation, (entity, _) in TO_ONE.items()
    for name, kind in ENTITIES[entity].items()
    if kind[0] in "sd"
]


def _ordering(keys: list[tuple[tuple[str, ...], str]]) -> Order:
    return [
        {path[0]: direction if len(path) == 1 else {path[1]: direction}} for path, direction in keys
    ]


orders: Final = st.lists(
    st.tuples(
        _either(st.sampled_from(_OWN), st.sampled_from(_OWN), st.sampled_from(_RELATED)),
        st.sampled_from(DIRECTIONS),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda key: key[0],
).map(_ordering)
