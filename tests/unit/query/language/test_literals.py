"""Values to compare with (CONTRACT.md sections 1 and 2)."""

from __future__ import annotations

import pytest

from installs.query.language.literals import LiteralError, date_time, json_scalar, literal
from installs.query.language.schema import INSTALL


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00.000Z"),
        ("2026-11-23t10:00:00.5z", "2026-11-23T10:00:00.500Z"),
        ("2026-11-23T10:00:00.123+02:00", "2026-11-23T08:00:00.123Z"),
        ("2026-11-23T10:00:00-10:30", "2026-11-23T20:30:00.000Z"),
        ("2026-01-01T00:00:00+00:01", "2025-12-31T23:59:00.000Z"),
        ("2024-02-29T00:00:00-00:00", "2024-02-29T00:00:00.000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        ("2026-11-23T10:00:00.123456Z", "2026-11-23T10:00:00.123Z456"),
        ("2026-11-23T12:00:00.1230+02:00", "2026-11-23T10:00:00.123Z"),
        ("2026-11-23T10:00:00.00000000010Z", "2026-11-23T10:00:00.000Z0000001"),
    ],
)
def test_a_time_of_any_offset_is_brought_to_utc(written: str, meant: str) -> None:
    assert date_time(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "", "2026-11-23", "2026-11-23T10:00Z", "2026-11-23T10:00:00", "2026-11-23 10:00:00Z",
        "2026-11-23T10:00:00.Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2026-11-23T24:00:00Z", "2026-11-23T10:00:60Z", "2026-11-23T10:00:00+24:00",
        "2026-11-23T10:00:00+01:60", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01", "٢٠٢٦-11-23T10:00:00Z", "2026-11-23T10:00:00Z\n", "now",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(LiteralError) as refused:
        date_time(written)

    assert refused.value.code == "invalid_date"


def test_a_plus_that_was_lost_in_the_url_is_explained() -> None:
    with pytest.raises(LiteralError, match="%2B"):
        date_time("2026-11-23T10:00:00 02:00")


def test_an_id_that_no_row_can_have_is_a_value_all_the_same() -> None:
    assert literal(INSTALL.fields["id"], "no such id!") == "no such id!"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("id", 3, "wrong_type"),
        ("id", True, "wrong_type"),
        ("id", None, "null_value"),
        ("id", "\ud800", "invalid_string"),
        ("id", "half \udfff", "invalid_string"),
        ("id", "x" * 1025, "too_long"),
        ("memberPolicy", "automatic", "unknown_value"),
        ("installedAt", 1700000000, "wrong_type"),
    ],
)
def test_a_value_of_another_kind_is_refused(field: str, value: object, code: str) -> None:
    with pytest.raises(LiteralError) as refused:
        literal(INSTALL.fields[field], value)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("2026-11-23T10:00:00 01:00", "(in a URL, + is written %2B)"),
        ("2026-11-23", "such as 2026-11-23T10:00:00.000Z"),
    ],
)
def test_what_is_nearly_a_time_is_refused_with_a_hint(value: str, hint: str) -> None:
    with pytest.raises(LiteralError) as refused:
        date_time(value)

    assert refused.value.detail.endswith(hint)


def test_a_string_may_have_any_character_that_rows_have() -> None:
    assert literal(INSTALL.fields["id"], "a\0") == json_scalar("a\0") == "a\0"


def test_the_longest_string_is_counted_in_characters() -> None:
    assert literal(INSTALL.fields["id"], "😀" * 1024) == "😀" * 1024


def test_whole_numbers_are_one_value_however_written() -> None:
    assert type(json_scalar(3.0)) is int
    assert json_scalar(True) is True
    assert json_scalar(1.5) == 1.5
