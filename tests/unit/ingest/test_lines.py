"""Lines by themselves (CONTRACT.md section 10): accepted, or refused with code and pointer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from installs import model
from installs.ingest.lines import (
    LARGEST_ITEM,
    LONGEST_LINE,
    InvalidLineError,
    Line,
    document,
    read_line,
    take_line,
)
from installs.ingest.models import MODELS
from installs.store import items
from tests import rows

if TYPE_CHECKING:
    from installs.model import Row

INSTALL: dict[str, Any] = {
    "type": "install",
    "id": "ins_1",
    "integrationId": "itg_1",
    "integrationVersionId": "itv_1",
    "workspaceId": "wsp_1",
    "variables": {},
    "memberPolicy": "manual",
    "installedBy": "usr_1",
    "installedAt": "2026-01-02T03:04:05.678Z",
}
KEY: dict[str, Any] = {
    "type": "apiKey",
    "id": "key_1",
    "kind": "sec",
    "workspaceId": "wsp_1",
    "role": "editor",
    "secretSha256": "0" * 64,
}


def row_of(line: dict[str, Any]) -> Any:  # noqa: ANN401 - any type of row
    return take_line(line).row


def refused(line: object) -> list[tuple[str, str | None, str]]:
    with pytest.raises(InvalidLineError) as caught:
        read_line(line) if isinstance(line, str | bytes) else take_line(line)
    return [(issue.code, issue.pointer, issue.detail) for issue in caught.value.issues]


@pytest.mark.parametrize("name", MODELS)
def test_a_line_has_the_fields_of_its_row(name: str) -> None:
    row_model = MODELS[name]
    fields = {field: info.alias for field, info in row_model.model_fields.items()}
    assert fields == dict(items.FIELD_NAMES[row_model.row_type])


def test_every_row_has_its_model() -> None:
    assert {one.row_type for one in MODELS.values()} == set(items.FIELD_NAMES)


def test_null_is_the_same_as_absent() -> None:
    assert row_of(INSTALL | {"solutionId": None}) == row_of(INSTALL)
    assert row_of(INSTALL).solution_id is None


def test_text_and_value_give_the_same_line() -> None:
    line = INSTALL | {"variables": {"a": [1, "ü"]}, "asOf": "2026-01-02T03:04:05Z"}
    assert read_line(json.dumps(line)) == read_line(json.dumps(line).encode()) == take_line(line)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02t03:04:05.6z", "2026-01-02T03:04:05.600Z"),
        ("2026-01-02 03:04:05.6789999Z", "2026-01-02T03:04:05.678Z"),
        ("2026-01-02T00:30:00+01:00", "2026-01-01T23:30:00.000Z"),
        ("2026-01-02T00:30:00-00:00", "2026-01-02T00:30:00.000Z"),
        ("0999-01-02T00:30:00Z", "0999-01-02T00:30:00.000Z"),
    ],
)
def test_timestamps_become_fixed_width_utc(written: str, kept: str) -> None:
    assert row_of(INSTALL | {"installedAt": written}).installed_at == kept


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-02",
        "2026-01-02T03:04:05",
        "2026-02-30T03:04:05Z",
        "2026-01-02T24:00:00Z",
        "2026-01-02T03:04:60Z",
        "20260102T030405Z",
        "2026-01-02T03:04:05,5Z",
        "2026-01-02T03:04:05+24:00",
        "0001-01-01T00:00:00+01:00",
        "0000-01-01T00:00:00Z",
        "٢٠٢٦-01-02T03:04:05Z",
        " 2026-01-02T03:04:05Z",
        "",
        1767323045,
        True,
    ],
)
@pytest.mark.parametrize("field", ["installedAt", "asOf"])
def test_no_other_timestamp_is_taken(field: str, written: object) -> None:
    ((code, pointer, detail),) = refused(INSTALL | {field: written})
    assert (code, pointer) == ("invalid_value", f"/{field}")
    assert detail.startswith("must be a")


def test_as_of_keeps_nine_digits_so_that_texts_order_as_times_do() -> None:
    written = [
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.1Z",
        "2026-01-02T04:04:05.10000002+01:00",
    ]
    kept = [take_line(INSTALL | {"asOf": one}).as_of for one in written]
    assert kept == [
        "2026-01-02T03:04:05.000000000Z",
        "2026-01-02T03:04:05.100000000Z",
        "2026-01-02T03:04:05.100000020Z",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"b":1,"a":[1.10,-0.0,1e21,12345678901234567890123,true,null,""]}',
        '{"ü":"🙂 \\" \\\\ \\n","":{"":{}}}',
    ],
)
def test_objects_in_texts_are_kept_as_they_were_written(text: str) -> None:
    line = json.dumps(INSTALL).replace('"variables": {}', f'"variables": {text}')
    row: Any = read_line(line).row
    assert row.variables == text


def test_objects_lose_their_spaces_alone() -> None:
    row: Any = read_line(json.dumps(INSTALL).replace("{}", '{ "a" : [ 1.0 , { } ] }', 1)).row
    assert row.variables == '{"a":[1.0,{}]}'


@pytest.mark.parametrize(
    ("change", "code", "pointer", "detail"),
    [
        ({"type": "instal"}, "unknown_type", "/type", "must be one of install, "),
        ({"type": ["install"]}, "unknown_type", "/type", "must be one of install, "),
        ({"surprise/~": 1}, "unknown_field", "/surprise~1~0", "is not a field of this type of row"),
        ({"installed_by": "x"}, "unknown_field", "/installed_by", "is not a field"),
        ({"integrationId": None}, "invalid_value", "/integrationId", "must be a string"),
        ({"integrationId": 5}, "invalid_value", "/integrationId", "must be a string"),
        ({"integrationId": "a b"}, "invalid_value", "/integrationId", "must match ^[A-Za-z0-9_-]"),
        ({"integrationId": "a\n"}, "invalid_value", "/integrationId", "must match ^[A-Za-z0-9_-]"),
        ({"id": "i" * 129}, "invalid_value", "/id", "must match ^[A-Za-z0-9_-]{1,128}$"),
        ({"id": ""}, "invalid_value", "/id", "must match ^[A-Za-z0-9_-]{1,128}$"),
        ({"memberPolicy": "all"}, "invalid_value", "/memberPolicy", "must be 'auto_all', "),
        ({"memberPolicy": 1}, "invalid_value", "/memberPolicy", "must be 'auto_all', "),
        ({"variables": []}, "invalid_value", "/variables", "must be a JSON object"),
        ({"variables": "{}"}, "invalid_value", "/variables", "must be a JSON object"),
        ({"variables": {"a": float("nan")}}, "invalid_value", "/variables", "has a number that "),
        ({"retentionTier": "short"}, "invalid_value", "", "has a retentionTier, but no deletedAt"),
        ({"merge": "yes"}, "invalid_value", "/merge", "must be true or false"),
        ({"delete": 1}, "invalid_value", "/delete", "must be true or false"),
        ({"delete": True}, "not_deletable", "/delete", "is not for installs"),
        ({"delete": True, "merge": True}, "invalid_value", "/delete", "is not allowed"),
        ({"merge": True, "id": None}, "invalid_value", "/id", "must be a string"),
        ({"merge": True, "variables": 1}, "invalid_value", "/variables", "must be a JSON object"),
        ({"merge": True, "memberPolicy": "x"}, "invalid_value", "/memberPolicy", "must be 'auto"),
        ({"merge": True, "surprise": 1}, "unknown_field", "/surprise", "is not a field"),
    ],
)
def test_a_bad_field_is_named_with_a_code_a_pointer_and_words(
    change: dict[str, Any], code: str, pointer: str, detail: str
) -> None:
    (found,) = refused(INSTALL | change)
    assert found[:2] == (code, pointer)
    assert found[2].startswith(detail)


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("{", "is not JSON: "),
        ("", "is not JSON: "),
        ("[]", "must be a JSON object"),
        ("null", "must be a JSON object"),
        ("{} {}", "is not JSON: Extra data (column 4)"),
        ('{"a":NaN}', "is not JSON: NaN is no JSON value"),
        ('{"a":1e999}', "has a number that is too large for a double"),
        ('{"a":' + "9" * 5000 + "}", "has a number that is too large for a double"),
        ('{"a":1,"a":2}', 'has the key "a" twice in one object'),
        ('{"a":' + "[" * 100_000, "is nested too deeply"),
        (b'\xef\xbb\xbf{"type":"install"}', "begins with a byte order mark"),
        ('{"type":"install"}'.encode("utf-16"), "begins with a byte order mark"),
        (b'{"type":"\xff"}', "is not UTF-8 (byte 10)"),
        (b"{" + b" " * LONGEST_LINE + b"}", f"is longer than {LONGEST_LINE} bytes"),
        ([INSTALL], "must be a JSON object"),
        (INSTALL | {"variables": {"a": ["\udc00"]}}, "has half of a surrogate pair"),
        (INSTALL | {"\ud83d": 1}, "has half of a surrogate pair"),
        (json.dumps(INSTALL | {"id": "\ud83d"}, ensure_ascii=False), "has half of a surrogate"),
        (INSTALL | {"variables": {"a": [10**400]}}, "has a number that is too large"),
        (json.dumps(INSTALL | {"id": "\ud83d"}), "has half of a surrogate pair"),
    ],
    ids=range(20),
)
def test_what_is_no_json_object_is_refused(line: object, detail: str) -> None:
    ((code, pointer, said),) = refused(line)
    assert (code, pointer) == ("invalid_json", "")
    assert said.startswith(detail)


def test_a_value_that_is_nested_beyond_the_stack_is_refused() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = [deep]
    ((code, _, detail),) = refused(INSTALL | {"variables": {"a": deep}})
    assert (code, detail) == ("invalid_json", "is nested too deeply")


def test_objects_nest_a_hundred_deep_at_most() -> None:
    deep: dict[str, Any] = {}
    for _ in range(101):
        deep = {"a": deep}
    ((code, pointer, _),) = refused(INSTALL | {"variables": deep})
    assert (code, pointer) == ("invalid_value", "/variables")
    assert row_of(INSTALL | {"variables": deep["a"]})


def test_a_row_beyond_what_dynamodb_holds_is_refused() -> None:
    ((code, pointer, detail),) = refused(INSTALL | {"variables": {"a": "ü" * 210_000}})
    assert (code, pointer) == ("too_large", "")
    assert detail.endswith(f"and DynamoDB holds {LARGEST_ITEM} in a row")


def test_the_largest_row_that_is_taken_fits_into_an_item_with_everything_beside_it() -> None:
    long = "i" * 128
    names = ("id", "integrationId", "workspaceId", "parentInstallId", "solutionId")
    ids = dict.fromkeys(names, long)
    empty = row_of(INSTALL | ids)
    room = LARGEST_ITEM - 4096 - len(json.dumps(INSTALL | ids)) - 200
    row = row_of(INSTALL | ids | {"variables": {"a": "x" * room}})
    marks = sum(len(k) + len(v) for k, v in items.index_keys(empty).items())
    assert marks + len(items.DELETION_ID) + 32 + 200 < 4096
    assert len(row.variables) > 390_000


def test_every_missing_field_is_named() -> None:
    found = refused({"type": "user"})
    names = ["id", "name", "email", "handle", "role", "createdAt"]
    assert found == [("missing_field", f"/{name}", "is missing") for name in names]


@pytest.mark.parametrize(
    "change",
    [{"userId": "usr_1"}, {"workspaceId": None}, {"kind": "tok"}, {"kind": "tok", "userId": "u"}],
)
def test_a_key_belongs_to_a_workspace_or_a_user_by_its_kind(change: dict[str, Any]) -> None:
    ((code, _, detail),) = refused(KEY | change)
    assert code == "invalid_value"
    assert detail.startswith("must have a ")


def test_a_removal_has_a_type_and_an_id_and_nothing_else() -> None:
    line = {
        "type": "workspaceMember",
        "id": "wsm_1",
        "delete": True,
        "asOf": "2026-01-01T00:00:00Z",
    }
    assert take_line(line) == Line(
        "workspaceMember", "wsm_1", as_of="2026-01-01T00:00:00.000000000Z", delete=True
    )
    assert refused(line | {"role": "viewer"}) == [
        ("unknown_field", "/role", "is not allowed beside delete")
    ]
    assert refused({"type": "user", "delete": True}) == [("missing_field", "/id", "is missing")]


def test_false_is_the_same_as_absent() -> None:
    assert take_line(INSTALL | {"merge": False, "delete": False}) == take_line(INSTALL)


# merge: RFC 7396 on the row


def merged(row: dict[str, Any], patch: dict[str, Any]) -> Row:
    envelope = {"type": row["type"], "id": row["id"], "merge": True}
    return take_line(envelope | patch).applied_to(row_of(row))


def test_a_patch_changes_only_the_fields_that_it_has() -> None:
    row = INSTALL | {"variables": {"a": 1, "b": {"c": 2, "d": 3}}, "solutionId": "sol_1"}
    patch = {"variables": {"a": None, "b": {"c": [4]}}, "solutionId": None, "authStateId": "aut_1"}
    expected = (
        row
        | {"variables": {"b": {"c": [4], "d": 3}}, "solutionId": None}
        | {"authStateId": "aut_1"}
    )
    assert merged(row, patch) == row_of(expected)
    assert merged(row, {}) == row_of(row)


def test_numbers_outside_a_patch_stay_as_they_were_written() -> None:
    text = json.dumps(INSTALL).replace("{}", '{"a":1.10,"b":1}', 1)
    patch = take_line({"type": "install", "id": "ins_1", "merge": True, "variables": {"b": 2}})
    row: Any = patch.applied_to(read_line(text).row)  # type: ignore[arg-type]
    assert row.variables == '{"a":1.10,"b":2}'


def test_a_patch_that_empties_a_field_that_must_be_there_is_refused() -> None:
    with pytest.raises(InvalidLineError) as caught:
        merged(INSTALL, {"integrationId": None})
    assert [(one.code, one.pointer) for one in caught.value.issues] == [
        ("missing_field", "/integrationId")
    ]


def test_a_patch_that_makes_a_row_too_large_is_refused() -> None:
    row = INSTALL | {"variables": {"a": "x" * 250_000}}
    with pytest.raises(InvalidLineError, match="too large"):
        merged(row, {"variables": {"b": "x" * 250_000}})


def test_a_patch_speaks_of_the_lifecycle_only_by_its_fields() -> None:
    deleted = INSTALL | {"deletedAt": "2026-02-01T00:00:00Z", "retentionTier": "short"}
    assert merged(deleted, {"authStateId": "aut_1"}) == row_of(deleted | {"authStateId": "aut_1"})
    assert merged(deleted, {"deletedAt": None}) == row_of(INSTALL)
    says = {
        "whole": take_line(INSTALL),
        "patch": take_line({"type": "install", "id": "i", "merge": True, "authStateId": "a"}),
        "deletes": take_line({"type": "install", "id": "i", "merge": True, "deletedAt": None}),
    }
    assert {name: line.says_lifecycle for name, line in says.items()} == {
        "whole": True, "patch": False, "deletes": True,
    }  # fmt: skip


@pytest.mark.parametrize("line", [*rows.base(), *rows.family("x"), KEY], ids=lambda one: one["id"])
def test_a_rows_document_is_its_line(line: dict[str, Any]) -> None:
    row = row_of(line)
    assert isinstance(row, model.Row)
    again = json.loads(json.dumps(document(row), default=lambda number: json.loads(number.text)))
    assert row_of({"type": line["type"], **again}) == row
