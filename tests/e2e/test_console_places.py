"""Places that the console marks as wrong: a JSON pointer (RFC 6901) in a text of JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.browser import watched_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.e2e.conftest import Stack

TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
KEY: Final = st.one_of(TEXT, st.sampled_from(["", "a/b", "m~n", "~1", '"', "0", "{", "\\"]))
JSON: Final = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(-1, 1), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEY, inner, max_size=3)),
    max_leaves=12,
)
FIND: Final = """async ([text, pointers]) => {
  const { placeOf } = await import("/console/place.js");
  return pointers.map((pointer) => {
    const place = placeOf(text, pointer);
    return place && text.slice(place.start, place.end);
  });
}"""


def places(value: Any, pointer: str = "") -> Iterator[tuple[str, object]]:  # noqa: ANN401 - JSON
    """Each pointer into a value, and what it leads to: a member with its key."""
    inner: list[tuple[object, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for key, one in inner:
        part = str(key).replace("~", "~0").replace("/", "~1")
        yield f"{pointer}/{part}", {key: one} if isinstance(value, dict) else one
        yield from places(one, f"{pointer}/{part}")


def test_each_place_of_a_text_is_found(stack: Stack, browser: Browser) -> None:
    with watched_page(browser) as page:
        page.goto(f"{stack.running.pages_url}/console/")

        @settings(
            max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(value=JSON, indent=st.sampled_from([None, 0, 2]))
        def ask(value: object, indent: int | None) -> None:
            text = json.dumps(value, indent=indent, ensure_ascii=False)
            expected = dict(places(value))
            found = page.evaluate(FIND, [text, list(expected)])
            for (pointer, wanted), marked in zip(expected.items(), found, strict=True):
                whole = f"{{{marked}}}" if isinstance(wanted, dict) and marked[0] == '"' else marked
                assert json.loads(whole) == wanted, (text, pointer, marked)

        ask()

        text = '{"a": {"b": 1}}'
        assert page.evaluate(FIND, [text, ["", "/a/no/more", "/x"]]) == [text, text[1:-1], text]
        for broken in ("", "{", '{"a"', '{"a": ', "[1,", '"'):
            assert page.evaluate(FIND, [broken, ["/a"]]) == [None]
