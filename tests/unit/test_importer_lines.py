from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from installs.ingest.models import MODELS
from installs.store import items, keys
from tools.importer.errors import SHOWN, ImportRefusedError
from tools.importer.reading import LONGEST_LINE, Rows, read_rows

if TYPE_CHECKING:
    from pathlib import Path

    from installs import model

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
ROLE: dict[str, Any] = {
    "type": "workspaceMember",
    "id": "wsm_1",
    "workspaceId": "wsp_1",
    "userId": "usr_1",
    "role": "viewer",
    "createdAt": "2026-01-02T03:04:05.678Z",
}


def read(tmp_path: Path, *lines: str | bytes | dict[str, Any]) -> Rows:
    path = tmp_path / "rows.ndjson"
    path.write_bytes(b"\n".join(_bytes(line) for line in lines))
    return read_rows(path)


def _bytes(line: str | bytes | dict[str, Any]) -> bytes:
    text = json.dumps(line) if isinstance(line, dict) else line
    return text.encode() if isinstance(text, str) else text


def refused(tmp_path: Path, *lines: str | bytes | dict[str, Any]) -> list[str]:
    with pytest.raises(ImportRefusedError) as caught:
        read(tmp_path, *lines)
    return [str(problem) for problem in caught.value.problems]


def the_install(rows: Rows) -> model.Install:
    (row,) = rows.installs.values()
    return row


@pytest.mark.parametrize("name", MODELS)
def test_a_line_has_the_fields_of_its_row(name: str) -> None:
    line_type = MODELS[name]
    fields = {field: info.alias for field, info in line_type.model_fields.items()}
    assert fields == dict(items.FIELD_NAMES[line_type.row_type])


def test_every_row_has_its_line() -> None:
    assert {line.row_type for line in MODELS.values()} == set(items.FIELD_NAMES)


def test_null_is_the_same_as_absent(tmp_path: Path) -> None:
    absent = the_install(read(tmp_path, INSTALL))
    assert the_install(read(tmp_path, INSTALL | {"solutionId": None})) == absent
    assert absent.solution_id is None
    assert absent.member_policy == "manual"


def test_blank_lines_and_line_ends_of_windows_are_no_rows(tmp_path: Path) -> None:
    rows = read(tmp_path, "", "  \r", json.dumps(INSTALL) + "\r", "")
    assert set(rows.by_key) == {keys.install("ins_1")}


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
def test_timestamps_become_fixed_width_utc(tmp_path: Path, written: str, kept: str) -> None:
    assert the_install(read(tmp_path, INSTALL | {"installedAt": written})).installed_at == kept


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
def test_no_other_timestamp_is_taken(tmp_path: Path, written: object) -> None:
    (problem,) = refused(tmp_path, INSTALL | {"installedAt": written})
    assert problem.startswith("line 1, installedAt: must be a")


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"b":1,"a":[1.10,-0.0,1e21,12345678901234567890123,true,null,""]}',
        '{"ü":"🙂 \\" \\\\ \\n","":{"":{}}}',
    ],
)
def test_objects_are_kept_as_they_were_written(tmp_path: Path, text: str) -> None:
    line = json.dumps(INSTALL).replace('"variables": {}', f'"variables": {text}')
    assert the_install(read(tmp_path, line)).variables == text


def test_objects_lose_their_spaces_alone(tmp_path: Path) -> None:
    line = json.dumps(INSTALL).replace("{}", '{ "a" : [ 1.0 , { } ] }', 1)
    assert the_install(read(tmp_path, line)).variables == '{"a":[1.0,{}]}'


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"type": "instal"}, "line 1, type: must be one of install, "),
        ({"type": ["install"]}, "line 1, type: must be one of install, "),
        ({"surprise": 1}, "line 1, surprise: is not a field of this type of row"),
        ({"installed_by": "x"}, "line 1, installed_by: is not a field of this type of row"),
        ({"integrationId": None}, "line 1, integrationId: must be a string"),
        ({"integrationId": 5}, "line 1, integrationId: must be a string"),
        ({"integrationId": "a b"}, "line 1, integrationId: must match ^[A-Za-z0-9_-]{1,128}$"),
        ({"integrationId": "a\n"}, "line 1, integrationId: must match ^[A-Za-z0-9_-]{1,128}$"),
        ({"id": "i" * 129}, "line 1, id: must match ^[A-Za-z0-9_-]{1,128}$"),
        ({"id": ""}, "line 1, id: must match ^[A-Za-z0-9_-]{1,128}$"),
        ({"memberPolicy": "all"}, "line 1, memberPolicy: must be 'auto_all', "),
        ({"memberPolicy": 1}, "line 1, memberPolicy: must be 'auto_all', "),
        ({"variables": []}, "line 1, variables: must be a JSON object"),
        ({"variables": "{}"}, "line 1, variables: must be a JSON object"),
        ({"variables": None}, "line 1, variables: must be a JSON object"),
        ({"retentionTier": "short"}, "line 1: has a retentionTier, but no deletedAt"),
        ({"parentInstallId": "ins_1"}, "line 1, parentInstallId: makes ins_1 its own ancestor"),
    ],
)
def test_a_bad_field_is_named_with_its_reason(
    tmp_path: Path, change: dict[str, Any], problem: str
) -> None:
    (found,) = refused(tmp_path, INSTALL | change)
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "line 1: is not JSON: "),
        ("[]", "line 1: must be a JSON object"),
        ("null", "line 1: must be a JSON object"),
        ("{} {}", "line 1: is not JSON: Extra data (column 4)"),
        ('{"a":NaN}', "line 1: is not JSON: NaN is no JSON value"),
        ('{"a":1e999}', "line 1: has a number that is too large for a double"),
        ('{"a":' + "9" * 5000 + "}", "line 1: has a number that is too large for a double"),
        ('{"a":1,"a":2}', 'line 1: has the key "a" twice in one object'),
        ('{"a":' + "[" * 100_000, "line 1: is nested too deeply"),
        (b'\xef\xbb\xbf{"type":"install"}', "line 1: begins with a byte order mark"),
        ('{"type":"install"}'.encode("utf-16"), "line 1: begins with a byte order mark"),
        (b'{"type":"\xff"}', "line 1: is not UTF-8 (byte 10)"),
        (b"{" + b" " * LONGEST_LINE + b"}", f"line 1: is longer than {LONGEST_LINE} bytes"),
    ],
    ids=range(13),
)
def test_a_bad_line_is_named_with_its_reason(
    tmp_path: Path, line: str | bytes, problem: str
) -> None:
    (found,) = refused(tmp_path, line)
    assert found.startswith(problem)


def test_half_a_surrogate_pair_is_no_text(tmp_path: Path) -> None:
    expected = "line 1: has half of a surrogate pair, which is no text"
    for change in ({"variables": {"a": ["\udc00"]}}, {"\ud83d": 1}, {"id": "\ud83d"}):
        assert refused(tmp_path, INSTALL | change) == [expected]
    whole = the_install(read(tmp_path, INSTALL | {"variables": {"a": "\U0001f642"}}))
    assert whole.variables == '{"a":"🙂"}'


def test_objects_nest_a_hundred_deep_at_most(tmp_path: Path) -> None:
    deep: dict[str, Any] = {}
    for _ in range(101):
        deep = {"a": deep}
    expected = "line 1, variables: is nested more than 100 deep"
    assert refused(tmp_path, INSTALL | {"variables": deep}) == [expected]
    assert len(read(tmp_path, INSTALL | {"variables": deep["a"]}).by_key) == 1


def test_a_row_beyond_what_dynamodb_holds_is_refused(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, INSTALL | {"variables": {"a": "ü" * 210_000}})
    assert problem.startswith("line 1: is too large: 42")


def test_every_missing_field_of_every_line_is_named_in_order(tmp_path: Path) -> None:
    problems = refused(tmp_path, {"type": "user"}, INSTALL, {"type": "workspaceMember", "id": "?"})
    assert problems[0] == "line 1, id: is missing"
    assert [problem.partition(",")[0] for problem in problems] == ["line 1"] * 6 + ["line 3"] * 5


def test_the_first_fifty_problems_are_shown(tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError) as caught:
        read(tmp_path, *["{"] * 70)
    assert caught.value.count == 70
    assert len(caught.value.problems) == SHOWN
    assert str(caught.value).startswith("rows.ndjson was refused, and nothing was written;")
    assert "\n  line 50: is not JSON: " in str(caught.value)
    assert str(caught.value).endswith("\n  ... and 20 more")


def test_an_id_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    bad = INSTALL | {"id": "ins_2", "installedBy": "?"}
    problems = refused(tmp_path, INSTALL, INSTALL, INSTALL | {"id": "ins_2"}, bad)
    assert problems[0] == "line 2, id: the id is that of line 1 already"
    assert problems[2] == "line 4, id: the id is that of line 3 already"


def test_the_same_id_of_two_types_is_fine(tmp_path: Path) -> None:
    assert len(read(tmp_path, INSTALL, ROLE | {"id": "ins_1"}).by_key) == 2


def test_a_role_twice_is_named(tmp_path: Path) -> None:
    problems = refused(tmp_path, ROLE, ROLE | {"id": "wsm_2", "role": "admin"})
    assert problems == ["line 2: what the row is known by is that of line 1 already"]


def test_a_secret_twice_is_named(tmp_path: Path) -> None:
    problems = refused(tmp_path, KEY, KEY | {"id": "key_2"})
    assert problems == ["line 2, secretSha256: the secret is that of line 1 already"]


@pytest.mark.parametrize(
    "change",
    [{"userId": "usr_1"}, {"workspaceId": None}, {"kind": "tok"}, {"kind": "tok", "userId": "u"}],
)
def test_a_key_belongs_to_a_workspace_or_a_user_by_its_kind(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    (problem,) = refused(tmp_path, KEY | change)
    assert problem.startswith("line 1: must have a ")


def test_a_ring_of_add_ons_is_refused(tmp_path: Path) -> None:
    ring = [INSTALL | {"id": f"i{n}", "parentInstallId": f"i{(n + 1) % 3}"} for n in range(3)]
    outside = INSTALL | {"id": "i9", "parentInstallId": "i1"}
    assert refused(tmp_path, outside, *ring) == [
        "line 3, parentInstallId: makes i1 its own ancestor"
    ]


def test_rows_need_not_refer_to_rows_of_the_file(tmp_path: Path) -> None:
    assert len(read(tmp_path, INSTALL | {"parentInstallId": "ins_elsewhere"}).by_key) == 1


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match="the file: cannot be read: No such file"):
        read_rows(tmp_path / "none")


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path).by_key == {}
