"""Rows that come into the real stack: by the queue, the function and a file (section 10)."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Final

import pytest

from installs.store import keys
from tests import rows
from tests.e2e.sender import Sender, as_of
from tests.e2e.system import tools

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.e2e.conftest import Stack

INSTALLS: Final = "/integration-installs"
HOME: Final = "wsp_ingest"
USER: Final = "usr_mia"


def put(stack: Stack, *lines: rows.Row) -> list[str]:
    """Send rows by the command; the result of each in a word."""
    done = tools(stack, "put", "-", given="".join(f"{json.dumps(line)}\n" for line in lines))
    assert done.returncode == 0, done
    return [line.split("\t")[1] for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def mia(stack: Stack) -> Iterator[httpx.Client]:
    """The admin of a workspace of this file's own, both of which are erased afterwards."""
    made = put(
        stack,
        rows.workspace(HOME, "ingest"),
        rows.user(USER),
        rows.role(USER, HOME, "admin"),
    )
    assert made == ["created"] * 3
    token = tools(stack, "token", USER).stdout.strip()
    with stack.client({"Authorization": f"Bearer {token}"}) as client:
        yield client
    # An operator erases the tenant, then the person; and the table agrees with itself.
    for kind, name in (("workspace", HOME), ("user", USER)):
        erased = tools(stack, "erase", kind, name, "--yes")
        assert erased.returncode == 0, erased
        assert f"1 {kind}" in erased.stdout
    assert stack.row(keys.workspace(HOME)) is None
    assert stack.row(keys.role(USER, HOME)) is None
    verified = tools(stack, "verify")
    assert verified.returncode == 0, verified
    assert "No disagreements." in verified.stdout


def listed(client: httpx.Client) -> set[str]:
    answer = client.get(INSTALLS, params={"workspace_id": HOME, "include_deleted": "true"})
    return {row["id"] for row in answer.json()["data"]}


def install(install_id: str, **fields: object) -> rows.Row:
    return rows.install(install_id, **{"workspaceId": HOME, "variables": {}, **fields})


def member(member_id: str, install_id: str, **fields: object) -> rows.Row:
    return rows.member(member_id, install_id, workspaceId=HOME, **fields)


def test_a_row_by_the_queue_is_in_the_list_a_moment_later(stack: Stack, mia: httpx.Client) -> None:
    Sender(stack).send(install("ins_queued"), HOME)

    assert stack.eventually(lambda: "ins_queued" in listed(mia))


def test_messages_come_twice_late_and_wrong(stack: Stack, mia: httpx.Client) -> None:
    sender = Sender(stack)
    row = install("ins_twice", authStateId="aut_new", asOf="2026-05-02T00:00:00Z")
    ghost = install("ins_ghost", workspaceId="wsp_nobody")
    # when a row comes twice, an older one after it, and with them rows that cannot be
    sender.send({"rows": [row, row, ghost]}, HOME)
    sender.send(row | {"authStateId": "aut_old", "asOf": "2026-05-01T00:00:00Z"}, HOME)
    sender.send("nonsense", HOME)
    sender.send(install("ins_last"), HOME)
    # then each that can be is applied, in order, and no other holds it up
    assert stack.eventually(lambda: {"ins_twice", "ins_last"} <= listed(mia))
    assert mia.get(f"{INSTALLS}/ins_twice").json()["authStateId"] == "aut_new"
    assert stack.eventually(lambda: sender.dead_letters() == 2)
    # and the others wait with their reasons, and are sent again by one command
    assert put(stack, rows.workspace("wsp_nobody", "nobody")) == ["created"]
    again = tools(stack, "redrive-rows")
    assert again.returncode == 0, again
    assert "2 messages were sent again." in again.stdout
    assert "unknown_workspace" in again.stdout
    assert "invalid_json" in again.stdout
    assert stack.eventually(lambda: stack.row(keys.install("ins_ghost")) is not None)
    # what is still wrong waits once more
    assert stack.eventually(lambda: sender.dead_letters() == 1)
    assert [reason["code"] for reason in sender.take_dead_letters()] == ["invalid_json"]
    assert "No rows wait." in tools(stack, "redrive-rows").stdout
    assert tools(stack, "erase", "workspace", "wsp_nobody", "--yes").returncode == 0


def test_a_direct_call_answers_for_each_row(stack: Stack, mia: httpx.Client) -> None:
    row = install("ins_direct", asOf="2026-05-02T00:00:00Z")
    late = {"type": "install", "id": "ins_direct", "merge": True, "asOf": "2026-05-01T00:00:00Z"}
    results = Sender(stack).invoke(
        row, row, late, member("mem_direct", "ins_direct"), member("mem_lost", "ins_nowhere"), 7
    )

    assert results is not None
    words = [result.get("code") or result["result"] for result in results]
    assert words == [
        "created", "unchanged", "stale", "created", "unknown_install", "invalid_json",
    ]  # fmt: skip
    assert mia.get(f"{INSTALLS}/ins_direct").status_code == 200


def test_an_import_of_gzip_is_stopped_and_run_again(
    stack: Stack, mia: httpx.Client, tmp_path: Path
) -> None:
    # given a file of installs, and an import that is interrupted at work on it
    lines = [install(f"ins_bulk_{number:02}") for number in range(40)]
    file = tmp_path / "rows.gz"
    file.write_bytes(gzip.compress("".join(f"{json.dumps(line)}\n" for line in lines).encode()))
    began = tools(stack, "import", file, module="tests.e2e.interrupted")
    # then it ends at once, and says so
    assert began.returncode == 130, began
    assert "Import the file again to go on." in began.stderr
    # and once more it goes on: every row is there, whole
    again = tools(stack, "import", file)
    assert again.returncode == 0, again
    assert again.stderr.startswith("40 rows: ")
    assert "created" in again.stderr
    assert tools(stack, "import", file).stderr == "40 rows: 40 unchanged\n"
    total = mia.get(INSTALLS, params={"workspace_id": HOME, "limit": 1}).json()["pageInfo"]["total"]
    assert total >= 40


def test_a_role_that_is_taken_away_lets_nobody_change_anything(
    stack: Stack, mia: httpx.Client
) -> None:
    assert put(stack, install("ins_mias")) == ["created"]
    role = rows.role(USER, HOME, "admin")
    removal = {"type": "workspaceMember", "id": role["id"], "delete": True, "asOf": as_of()}

    assert put(stack, removal) == ["changed"]

    assert mia.delete(f"{INSTALLS}/ins_mias").status_code == 404
    # a message that was sent before and comes late does not bring it back
    assert put(stack, role | {"asOf": "2026-05-01T00:00:00Z"}) == ["stale"]
    assert put(stack, role | {"asOf": as_of()}) == ["created"]
    assert stack.eventually(lambda: mia.delete(f"{INSTALLS}/ins_mias").status_code == 200)
