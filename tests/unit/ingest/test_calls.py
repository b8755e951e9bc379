"""Calls with rows: an invocation's event, a message's body (CONTRACT.md section 10)."""

from __future__ import annotations

import json

import pytest

from installs.ingest.calls import (
    MAX_BYTES,
    InvalidCallError,
    read_call,
    read_event,
    read_message,
)
from installs.ingest.values import Number

USER = {"type": "user", "id": "usr_1", "delete": True}


def refusals(error: pytest.ExceptionInfo[InvalidCallError]) -> list[tuple[str, str | None]]:
    """The code and the place of each issue."""
    return [(issue.code, issue.pointer) for issue in error.value.issues]


def test_a_call_has_its_rows_and_its_option() -> None:
    call = read_event({"rows": [USER, 7], "recreatePurged": True})

    assert call.rows == (USER, 7)
    assert call.options.recreate_purged
    assert not call.options.lifecycle_from_file


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({}, [("missing_field", "/rows")]),
        ({"rows": {}}, [("invalid_value", "/rows")]),
        ({"rows": None}, [("invalid_value", "/rows")]),
        ({"rows": [USER] * 501}, [("too_many_rows", "/rows")]),
        ({"rows": [], "recreatePurged": "yes"}, [("invalid_value", "/recreatePurged")]),
        (
            {"rows": [], "lifecycle": "from-file", "a/b": 1},
            [("unknown_field", "/a~1b"), ("unknown_field", "/lifecycle")],
        ),
    ],
)
def test_a_call_that_cannot_be_read_is_told_where(
    document: dict[str, object], told: list[tuple[str, str]]
) -> None:
    with pytest.raises(InvalidCallError) as error:
        read_call(document)

    assert refusals(error) == told


def test_five_hundred_rows_are_taken() -> None:
    assert len(read_call({"rows": [USER] * 500}).rows) == 500


def test_a_call_beyond_five_megabytes_is_refused() -> None:
    with pytest.raises(InvalidCallError) as error:
        read_event({"rows": ["x" * MAX_BYTES]})

    assert refusals(error) == [("too_large", "")]


def test_the_size_of_a_call_is_counted_whatever_is_in_its_rows() -> None:
    deep: object = 0
    for _ in range(300):
        deep = [deep]
    rows = [{"type": "user", "id": "\ud800", "name": 2**64, "email": deep, "role": 10**400}]

    assert read_event({"rows": rows}).rows == tuple(rows)


@pytest.mark.parametrize("event", [None, [USER], "rows", 7])
def test_an_event_that_is_no_object_is_refused(event: object) -> None:
    with pytest.raises(InvalidCallError) as error:
        read_event(event)

    assert refusals(error) == [("invalid_json", "")]


def test_an_unknown_member_that_is_no_text_is_named_in_text() -> None:
    with pytest.raises(InvalidCallError) as error:
        read_event({"rows": [], "\ud800": 1})

    assert refusals(error) == [("unknown_field", "/?")]


def test_a_message_is_one_row_or_a_call() -> None:
    assert read_message(json.dumps(USER)).rows == (USER,)
    assert read_message(json.dumps({"rows": [USER, USER]})).rows == (USER, USER)


def test_a_message_that_is_no_row_is_looked_at_as_one() -> None:
    # It is rejected with the reasons of a row when it is applied.
    assert read_message("[1]").rows == ([Number("1")],)
    assert read_message('"ins_1"').rows == ("ins_1",)


@pytest.mark.parametrize("body", ["", "{", '{"a":1,"a":2}', "\ud800", "[" * 10_000])
def test_a_message_that_is_not_json_is_told_so(body: str) -> None:
    with pytest.raises(InvalidCallError) as error:
        read_message(body)

    assert refusals(error) == [("invalid_json", "")]


def test_numbers_stay_as_they_were_written() -> None:
    (row,) = read_message('{"variables":{"a":1.10}}').rows

    assert row == {"variables": {"a": Number("1.10")}}
