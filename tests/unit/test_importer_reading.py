"""A file of lines: checked whole, kept by when its lines may be applied."""

from __future__ import annotations

import gzip
import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from installs.ingest.lines import LONGEST_LINE
from installs.ingest.models import MODELS
from tools.importer.errors import MAX_LISTED, ImportRefusedError
from tools.importer.reading import _PASSES, checked, numbered

if TYPE_CHECKING:
    from pathlib import Path

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
ROLE: dict[str, Any] = {
    "type": "workspaceMember",
    "id": "wsm_1",
    "workspaceId": "wsp_1",
    "userId": "usr_1",
    "role": "viewer",
    "createdAt": "2026-01-02T03:04:05.678Z",
}
GONE: dict[str, Any] = {"type": "user", "id": "usr_1", "delete": True}
MEMBER: dict[str, Any] = {"type": "integrationMember", "id": "mem_1", "delete": True}


def text(*lines: str | bytes | dict[str, Any]) -> bytes:
    return b"\n".join(
        line if isinstance(line, bytes) else
        (line if isinstance(line, str) else json.dumps(line)).encode()
        for line in lines
    )  # fmt: skip


def read(path: Path | None) -> list[list[tuple[int, str]]]:
    """The numbers and the ids of the lines of each pass."""
    with checked(path) as spools:
        return [[(one.number, one.line.id) for one in numbered(spool)] for spool in spools]


def read_bytes(tmp_path: Path, content: bytes) -> list[list[tuple[int, str]]]:
    path = tmp_path / "rows.ndjson"
    path.write_bytes(content)
    return read(path)


def refused(tmp_path: Path, content: bytes) -> list[str]:
    with pytest.raises(ImportRefusedError) as caught:
        read_bytes(tmp_path, content)
    return [line.strip() for line in caught.value.problems.lines()]


def test_lines_come_after_what_they_may_refer_to(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, text(MEMBER, INSTALL, GONE, ROLE))

    assert found == [[(3, "usr_1")], [(2, "ins_1"), (4, "wsm_1")], [(1, "mem_1")]]


def test_every_type_has_its_pass() -> None:
    assert _PASSES.keys() == MODELS.keys()


def test_blank_lines_and_line_ends_of_windows_are_no_rows(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, text("", "  \r", json.dumps(INSTALL) + "\r", ""))

    assert found == [[], [(3, "ins_1")], []]


def test_a_file_may_be_compressed(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, gzip.compress(text(INSTALL)) + gzip.compress(b"\n" + text(ROLE)))

    assert found == [[], [(1, "ins_1"), (2, "wsm_1")], []]


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(text(INSTALL))[:-9],
        gzip.compress(text(INSTALL))[:20] + b"\0" * 40,
        b"\x1f\x8b",
        gzip.compress(text(INSTALL)) + b"more",
    ],
    ids=range(4),
)
def test_half_a_compressed_file_is_refused(tmp_path: Path, content: bytes) -> None:
    problems = refused(tmp_path, content)

    assert problems[-1].startswith("the file: is not a whole gzip file") or problems[0].startswith(
        "the file: is not a whole gzip file"
    )


def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text(GONE, INSTALL))))

    assert read(None) == [[(1, "usr_1")], [(2, "ins_1")], []]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "line 1: is not JSON: "),
        (b"[]", "line 1: must be a JSON object"),
        (b'\xef\xbb\xbf{"type":"install"}', "line 1: begins with a byte order mark"),
        (b'{"type":"\xff"}', "line 1: is not UTF-8 (byte 10)"),
        (b"{" + b" " * LONGEST_LINE + b"}", f"line 1: is longer than {LONGEST_LINE} bytes"),
        (b'{"type":"instal"}', "line 1, /type: must be one of "),
        (b'{"type":"user","id":"a b","delete":true}', "line 1, /id: must match "),
        (
            b'{"type":"user","id":"u","delete":true,"merge":true}',
            "line 1, /delete: is not allowed beside merge",
        ),
    ],
    ids=range(8),
)
def test_a_bad_line_is_named_with_its_reason(tmp_path: Path, content: bytes, problem: str) -> None:
    (found,) = refused(tmp_path, content)

    assert found.startswith(problem)


def test_a_line_that_is_too_long_is_one_line(tmp_path: Path) -> None:
    problems = refused(tmp_path, b"{" + b" " * (3 * LONGEST_LINE) + b"}\n{")

    assert [problem.partition(":")[0] for problem in problems] == ["line 1", "line 2"]


def test_the_first_fifty_problems_are_shown(tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError) as caught:
        read_bytes(tmp_path, text(*["{"] * 70))

    assert caught.value.problems.count == 70
    assert len(caught.value.problems.first) == MAX_LISTED
    assert str(caught.value).startswith("rows.ndjson was refused, and nothing was written;")
    assert "\n  line 50: is not JSON: " in str(caught.value)
    assert str(caught.value).endswith("\n  ... and 20 more")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match="the file: cannot be read: No such file"):
        read(tmp_path / "none")


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, b"") == [[], [], []]
