"""Cursors made and refused (CONTRACT.md section 2, Cursors)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest

from installs.errors import InvalidCursorError
from installs.query.language.cursor import decode, encode
from installs.query.language.literals import MAX_STRING
from installs.query.language.order import DEFAULT_ORDER, MAX_SORT_FIELDS, SORTABLE_FIELDS
from installs.query.language.order_by import parse_order_by
from installs.query.language.schema import INSTALL, Field, Kind

ORDER = parse_order_by('[{"retentionTier": "asc"}, {"deletedAt": "desc"}]')
VALUES = ("long", None, "ins_1")
CURSOR = encode(ORDER, VALUES, "all")


def forged(change: object, at: int | None = None) -> str:
    payload = json.loads(urlsafe_b64decode(CURSOR + "=="))
    if at is None:
        payload = change
    else:
        payload[at] = change
    return urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")


def refusal(text: str, canonical_query: str = "all") -> str:
    with pytest.raises(InvalidCursorError) as refused:
        decode(text, ORDER, canonical_query, parameter="before")
    (issue,) = refused.value.issues
    assert issue.parameter == "before"
    return issue.code


def test_a_cursor_gives_back_the_values_of_its_row() -> None:
    assert decode(CURSOR, ORDER, "all") == VALUES


def test_a_cursor_fits_in_a_url_as_it_is() -> None:
    assert CURSOR.replace("-", "").replace("_", "").isalnum()
    assert CURSOR.isascii()


def test_the_longest_cursor_is_accepted() -> None:
    order = parse_order_by(
        json.dumps(
            [{f: "asc"} for f in ("integrationId", "workspaceId", "solutionId", "installedBy")]
        )
    )
    values = ("x" * 128,) * 5

    assert decode(encode(order, values, "b"), order, "b") == values


def longest(field: Field) -> str:
    """The longest value that a row can have in a sortable field."""
    return {
        Kind.ID: "x" * 128,
        Kind.DATE: "2026-01-01T00:00:00.000Z",
        Kind.ENUM: max(field.values, key=len, default=""),
        Kind.STRING: "\U0001f600" * MAX_STRING,
    }[field.kind]


@pytest.mark.parametrize("name", SORTABLE_FIELDS)
def test_a_cursor_holds_any_value_of_a_sortable_field(name: str) -> None:
    order = parse_order_by(json.dumps([{name: "asc"}]))
    values = tuple(longest(SORTABLE_FIELDS[field]) for field in order.fields)

    assert decode(encode(order, values, "b"), order, "b") == values


def test_a_cursor_holds_the_longest_values_of_an_order() -> None:
    # given the sort fields that take the most room; a failure here names a limit that is too small
    by_length = sorted(SORTABLE_FIELDS, key=lambda name: -len(longest(SORTABLE_FIELDS[name])))
    order = parse_order_by(json.dumps([{name: "asc"} for name in by_length[:MAX_SORT_FIELDS]]))
    values = tuple(longest(SORTABLE_FIELDS[field]) for field in order.fields)

    assert decode(encode(order, values, "b"), order, "b") == values


@pytest.mark.parametrize("character", ["\x01", "\U0001f600", '"'])
def test_a_cursor_holds_five_strings_of_related_rows(character: str) -> None:
    # given strings whose characters take the most bytes, in UTF-8 and in JSON
    fields = [("solution", "name"), ("solution", "description"), ("installer", "name"),
              ("integration", "description"), ("integrationVersion", "changelog")]  # fmt: skip
    order = parse_order_by(json.dumps([{relation: {name: "asc"}} for relation, name in fields]))
    row: dict[str, Any] = {"id": "x" * 128}
    for relation, name in fields:
        row.setdefault(relation, {})[name] = character * 100_000

    text = encode(order, order.values(row), "b")
    assert decode(text, order, "b") == order.values(row)


@pytest.mark.parametrize("value", [None, "2026-01-01T00:00:00.000Z", "2026-01-01", 1, ["x"]])
def test_a_cursor_holds_a_date_of_a_related_row_or_none(value: object) -> None:
    order = parse_order_by('[{"solution": {"createdAt": "asc"}}]')
    text = encode(order, (value, "ins_1"), "b")  # type: ignore[arg-type]
    if value in (None, "2026-01-01T00:00:00.000Z"):
        assert decode(text, order, "b") == (value, "ins_1")
    else:
        with pytest.raises(InvalidCursorError):
            decode(text, order, "b")


@pytest.mark.parametrize(
    "value", ["x" * 300, "", "a#b", "\u00e9\u4e2d\n", "\U0001f600" * MAX_STRING]
)
def test_a_cursor_holds_any_string(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    # given a field of free text, which installs have none of today
    label = Field("label", Kind.STRING, nullable=True)
    for table in (INSTALL.fields, SORTABLE_FIELDS):
        monkeypatch.setitem(table, "label", label)
    order = parse_order_by('[{"label": "asc"}]')

    assert decode(encode(order, (value, "ins_1"), "b"), order, "b") == (value, "ins_1")


def test_a_cursor_of_another_query_says_so() -> None:
    assert refusal(CURSOR, "another filter") == "cursor_of_another_query"
    assert refusal(encode(DEFAULT_ORDER, ("2026-01-01T00:00:00.000Z", "a"), "all")) == (
        "cursor_of_another_query"
    )


def test_a_cursor_of_other_places_for_nulls_says_so() -> None:
    """The same values lie elsewhere in such an order."""
    other = parse_order_by('[{"retentionTier": "asc_nulls_first"}, {"deletedAt": "desc"}]')
    assert refusal(encode(other, VALUES, "all")) == "cursor_of_another_query"


def test_a_cursor_whose_last_bits_were_changed_is_malformed() -> None:
    """Base64 has several spellings of a text whose length is no multiple of three."""
    cursor = encode(ORDER, ("long", None, "ins_123"), "all")
    respelt = cursor[:-1] + chr(ord(cursor[-1]) + 1)
    assert urlsafe_b64decode(respelt + "==") == urlsafe_b64decode(cursor + "==")
    assert refusal(respelt) == "malformed_cursor"


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "=", CURSOR + "=", CURSOR + "A", CURSOR[:-1], " " + CURSOR, CURSOR + "\n",
        "é", "A" * 2049, "A" * 10_000_000, forged("[" * 700),
        urlsafe_b64encode(b"[" * 1500).decode(), urlsafe_b64encode(b"\xff" * 30).decode(),
        forged(None), forged({}), forged([]), forged([1, "x"]),
        forged(2, 0), forged(True, 0), forged("1", 0), forged(1, 1), forged({}, 2),
        forged([], 2), forged(["long", None], 2), forged(["long", None, None], 2),
        forged(["long", None, "a", "b"], 2), forged(["longer", None, "a"], 2),
        forged(["long", "yesterday", "a"], 2), forged(["long", None, ""], 2),
        forged(["long", None, "x" * 129], 2), forged(["long", None, "a#b"], 2),
        forged(["long", None, 1], 2), forged([["long"], None, "a"], 2),
        forged([True, None, "a"], 2), forged(["long", None, "a\n"], 2),
    ],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_what_is_no_cursor_is_malformed(text: str) -> None:
    assert refusal(text) == "malformed_cursor"


def test_a_forged_position_is_a_position() -> None:
    assert decode(forged([None, "2026-01-01T00:00:00.000Z", "zz"], 2), ORDER, "all") == (
        None,
        "2026-01-01T00:00:00.000Z",
        "zz",
    )
