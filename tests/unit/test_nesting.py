"""Nested JSON is refused at a depth of the project's own, whichever Python reads it.

Python 3.11 gives up at nearly 1,000 levels, Python 3.13 at 10,000: the depths stand around both.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from installs import key_sets, tokens
from installs.errors import InstallsError
from installs.ingest.values import NotJsonError, parse
from installs.nesting import MAX_NESTING, nested_beyond
from installs.query.execution.predicate import compile_filter
from installs.query.language.cursor import decode
from installs.query.language.order import DEFAULT_ORDER
from installs.query.language.order_by import parse_order_by
from installs.query.language.parser import parse_filter
from installs_client import UnexpectedAnswerError
from tests.unit.client.service import ONCE, Service, sync_client

ROOT: Final = Path(__file__).parents[2]
DEPTHS: Final = pytest.mark.parametrize("depth", [MAX_NESTING + 1, 990, 1_010, 4_000])
JSON: Final = st.recursive(
    st.text(alphabet='[]{}"\\a,') | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


@given(JSON, st.integers(0, 5))
def test_the_depth_of_a_text_is_that_of_its_value(value: object, limit: int) -> None:
    assert nested_beyond(json.dumps(value), limit) is (depth_of(value) > limit)


@given(st.text(alphabet='[]{}"\\a'))
def test_any_text_is_measured(text: str) -> None:
    assert not nested_beyond(text, len(text))


@DEPTHS
def test_a_filter_and_an_order(depth: int) -> None:
    for parser in (parse_filter, parse_order_by):
        with pytest.raises(InstallsError, match="nested too deep: more than 500 levels"):
            parser(nested(min(depth, 3_000)))


@DEPTHS
def test_a_cursor(depth: int) -> None:
    text = urlsafe_b64encode(f'[1,"digest",{nested(min(depth, 700))}]'.encode()).decode()
    with pytest.raises(InstallsError, match="malformed"):
        decode(text.rstrip("="), DEFAULT_ORDER, "")


@DEPTHS
def test_the_variables_of_a_row(depth: int) -> None:
    node = parse_filter('{"variables": {"hasKey": "a"}}')
    assert node is not None
    matches = compile_filter(node)

    assert not matches({"variables": f'{{"a": {nested(depth)}}}'})
    assert matches({"variables": f'{{"a": {nested(MAX_NESTING - 1)}}}'})


@DEPTHS
@pytest.mark.parametrize("at", [0, 1])
def test_a_part_of_a_token_is_not_even_parsed(
    depth: int, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jwt.get_unverified_header", pytest.fail)
    parts = [urlsafe_b64encode(text).decode() for text in (b"{}", b"{}", b"x")]
    parts[at] = urlsafe_b64encode(nested(min(depth, 2_900)).encode()).decode()

    with pytest.raises(tokens.BadTokenError):
        tokens.subject(".".join(parts), issuer="i", audience="a", jwks="{}")


@DEPTHS
def test_a_key_set(depth: int) -> None:
    with pytest.raises(key_sets.KeySetError, match="neither a key set"):
        key_sets.key_set(f'{{"keys": [], "more": {nested(depth)}}}').keys()


@DEPTHS
def test_a_line_of_an_import(depth: int) -> None:
    with pytest.raises(NotJsonError, match="nested too deeply"):
        parse(nested(depth))


@pytest.mark.parametrize("depth", [990, 1_010, 100_000])
@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_to_the_client(depth: int, status: int) -> None:
    headers = {"Content-Type": "application/problem+json"}
    answer = httpx.Response(status, content=nested(depth), headers=headers)
    client = sync_client(Service([answer]), retries=ONCE)
    with client, pytest.raises(UnexpectedAnswerError):
        client.get("ins_a")


def test_nothing_else_waits_for_the_interpreter_to_give_up() -> None:
    """Catching RecursionError makes Python's limit ours; only the client may, for answers."""
    folders = ("layers/core", "functions", "tools", "clients/python/src")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    catching = {file.name for file in files if "RecursionError" in file.read_text("utf-8")}
    assert catching == {"operations.py"}
