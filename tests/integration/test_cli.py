"""The commands that call the API: whom they call, what they print where, and how they end."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from installs_client import Client
from tests import rows
from tests.commands import Done, run
from tools.api import changes
from tools.demo.workspaces import DEMO_SECRETS
from tools.outcome import Exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.demo_service import DemoService

    Command = Callable[..., Done]


@pytest.fixture
def command(demo: DemoService, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command on the demo; no attempt waits for the next."""
    monkeypatch.setattr("time.sleep", lambda _: None)

    def command(text: str | list[str], **given: Any) -> Done:  # noqa: ANN401 - those of run
        return run(text, demo.state.path, **given)

    return command


def test_into_a_pipe_there_are_lines_of_fields(command: Command) -> None:
    done = command("list --workspace-id wsp_acme --all")

    lines = [line.split("\t") for line in done.out.splitlines()]
    assert done.code == Exit.DONE
    assert {len(line) for line in lines} == {12}
    assert {line[3] for line in lines} == {"wsp_acme"}
    assert done.err == f"{len(lines)} of {len(lines)}\n"
    assert "\x1b" not in done.both


def test_with_json_there_are_rows_as_the_api_has_them(command: Command, demo: DemoService) -> None:
    done = command("list --id ins_crm --id ins_crm_mail --order id --json")

    with Client(demo.running.base_url, demo.running.tokens["usr_ada"]) as client:
        shown = [client.get(one).raw for one in ("ins_crm", "ins_crm_mail")]
    assert [json.loads(line) for line in done.out.splitlines()] == shown


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 200])
def test_a_table_shows_no_id_cut_however_narrow(command: Command, width: int) -> None:
    done = command("list --workspace-id wsp_acme --include-deleted true", terminal=width)

    shown = done.out.splitlines()
    assert shown[0].startswith("ID")
    assert max(map(len, shown)) <= max(width, 27)
    assert "…" not in done.out
    assert ("UPGRADED" in shown[0]) == (width >= 200)


def test_pages_go_on_by_cursor(command: Command) -> None:
    everything = command("list --workspace-id wsp_acme --all").out.splitlines()
    first = command("list --workspace-id wsp_acme --limit 4")
    cursor = first.err.split("--after ")[1].split()[0]
    second = command(f"list --workspace-id wsp_acme --limit 4 --after {cursor}")

    assert first.out.splitlines() + second.out.splitlines() == everything[:8]


def test_a_filter_comes_from_a_file_or_standard_input(command: Command, tmp_path: Path) -> None:
    text = '{"id": "ins_crm"}'
    file = tmp_path / "filter.json"
    file.write_text(text)

    for given, answers in ((text, None), (f"@{file}", None), ("@-", text), ("-", text)):
        done = command(["list", "--filter", given], answers=answers)
        assert (done.code, done.out.split("\t")[0]) == (Exit.DONE, "ins_crm")
    assert command(["list", "--filter", f"@{tmp_path}/none"]).code == Exit.USAGE


def test_the_trash_says_when_each_is_purged(command: Command) -> None:
    done = command("trash --all")

    lines = [line.split("\t") for line in done.out.splitlines()]
    ever = {line[11]: bool(line[12]) for line in lines}
    assert ever["none"] is False
    assert all(ever[tier] for tier in ("short", "medium", "long"))
    assert [line[10] for line in lines] == sorted((line[10] for line in lines), reverse=True)
    assert len(command("trash --all --json").out.splitlines()) == len(lines)


def test_an_install_is_shown_as_fields(command: Command) -> None:
    plain = dict(line.split("\t") for line in command("get ins_crm").out.splitlines())
    assert plain["id"] == "ins_crm"
    assert json.loads(plain["variables"])["region"] == "eu"
    assert plain["deletedAt"] == ""


def test_what_is_refused_keeps_no_other_from_being_done(command: Command) -> None:
    done = command("uninstall ins_never ins_acme_00 ins_acme_00")
    assert (done.code, done.out) == (Exit.REFUSED, "ins_acme_00 is in the trash\n")
    assert done.err == "ins_never: There is no such install. (404 not_found, request req_local)\n"

    assert command("restore ins_acme_00").out == "ins_acme_00 is restored\n"
    assert command("uninstall ins_acme_00 --as usr_vi").code == Exit.REFUSED


def test_ids_come_from_standard_input_as_a_list_prints_them(command: Command) -> None:
    listed = command("list --id ins_acme_03 --id ins_acme_04 --order id").out
    done = command("uninstall - ins_acme_03", answers=f"{listed}\n")
    assert (done.code, done.out) == (
        Exit.DONE,
        "ins_acme_03 is in the trash\nins_acme_04 is in the trash\n",
    )
    assert command("restore -", answers=listed).out.count("is restored") == 2
    assert command("restore -", answers="").both == ""
    assert "pass --yes" in command("purge -", answers=listed).err


def test_keys_are_a_table_on_a_terminal_and_lines_in_a_pipe(command: Command) -> None:
    made = command(["keys", "create", "sec", "wsp_acme", "--label", "Zoë's\x1b[1m billing"])
    key_id = made.err.split()[0]

    header, *shown = command("keys list", terminal=200).out.splitlines()
    assert header.split() == ["KEY", "KIND", "OWNER", "ROLE", "VALIDITY", "CREATED", "LABEL"]
    (line,) = (line for line in shown if line.startswith(key_id))
    assert line.rstrip().endswith("Zoë's\\x1b[1m billing")
    piped = [line.split("\t") for line in command("keys list").out.splitlines()]
    assert {len(cells) for cells in piped} == {7}
    (cells,) = (cells for cells in piped if cells[0] == key_id)
    assert cells[5].endswith("Z")
    assert command(f"keys revoke {key_id}").code == Exit.DONE
    for label in ("''", "x" * 201):
        assert command(f"keys create sec wsp_acme --label {label}").code == Exit.REFUSED


def test_a_purge_asks_first(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command("uninstall ins_acme_07")
    assert command("purge ins_acme_07").code == Exit.USAGE
    monkeypatch.setattr(changes, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))

    no = command("purge ins_acme_07", answers="n\n")
    assert (no.code, no.out.strip()) == (Exit.REFUSED, "n")
    assert "ins_acme_07?" in no.err
    assert command("get ins_acme_07").code == Exit.DONE
    yes = command("purge ins_acme_07", answers="y\n")
    assert (yes.code, yes.out.strip()) == (Exit.DONE, "y\nins_acme_07 is deleted for good")
    assert command("get ins_acme_07").code == Exit.REFUSED


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("get 'a b'", "is not a valid id"),
        ("list --order instaledAt", "did you mean installedAt?"),
        ("list --order variables", "is not a sort field; there are"),
        ("list --order id:up", "'up' is not a direction"),
        ("list --order id --order id:desc", "twice"),
        ("list --limit 0", "greater than or equal to 1"),
        ("list --member-policy automatic", "auto_all"),
        ("list --workspace-id ''", "workspace_id is empty"),
        ("list --as 'usr ada'", "not a valid user id"),
        ("list --as usr_nobody", "the local service has no user usr_nobody; there are usr_ada"),
        ("token 'usr ada'", "not a valid user id"),
        ("run --port 99999", "65534"),
        ("run --data /nowhere", "does not exist"),
        ("bench-latency --read-p50 5 --read-p99 1", "0 < p50 <= p99"),
        ("run --origin localhost:5173", "such as http://localhost:5173"),
        ("list --base-url http://127.0.0.1:1", "A token is needed"),
        ("list --base-url http://127.0.0.1:1 --as usr_ada", "--as is for the local service"),
        ("list --token-file /nowhere", "/nowhere cannot be read"),
        ("import /nowhere", "does not exist"),
    ],
)
def test_what_can_never_be_answered_is_not_sent(command: Command, text: str, told: str) -> None:
    done = command(text, terminal=200)
    assert (done.code, done.out) == (Exit.USAGE, "")
    assert told in done.err


def test_what_the_service_refuses_is_told_with_its_place(command: Command) -> None:
    done = command(["list", "--filter", '{"memberPolicy":{"eqq":1},"x":1}'])
    assert (done.code, done.out) == (Exit.REFUSED, "")
    first, second, known = done.err.splitlines()
    assert first.startswith("filter /memberPolicy/eqq: 'eqq' is not an operator")
    assert second.startswith("filter /x: 'x' is not a field")
    assert known == "(400 invalid_filter, request req_local)"


def test_another_service_by_its_url_and_a_token(
    command: Command, demo: DemoService, tmp_path: Path
) -> None:
    token, bad = demo.key.token("usr_vi"), "nobody-at-all"
    file = tmp_path / "token"
    file.write_text(f"{token}\n")
    url = f"get ins_crm --base-url {demo.running.base_url}"
    ways = [
        command(f"{url} --token-file {file}"),
        command(url, INSTALLS_TOKEN=token),
        command("get ins_crm", INSTALLS_TOKEN=token, INSTALLS_BASE_URL=demo.running.base_url),
        command("get ins_crm", INSTALLS_TOKEN=DEMO_SECRETS["key_acme_secret"]),
        command("get ins_crm --as usr_ada", INSTALLS_TOKEN=bad),
    ]
    assert [done.code for done in ways] == [Exit.DONE] * 5

    refused = command(url, INSTALLS_TOKEN=bad)
    assert refused.code == Exit.REFUSED
    assert "401 unauthorized" in refused.err
    assert bad not in refused.both
    broken = command(url, INSTALLS_TOKEN=f"{bad} {bad}")
    assert broken.code == Exit.USAGE
    assert bad not in broken.both


def test_where_nothing_answers(command: Command, tmp_path: Path, demo: DemoService) -> None:
    lost = command("list --base-url http://127.0.0.1:1", INSTALLS_TOKEN=demo.key.token("usr_vi"))
    assert (lost.code, lost.out) == (Exit.UNREACHABLE, "")
    assert "No answer from 127.0.0.1 after 4 attempts" in lost.err

    none = run("list", tmp_path)
    assert (none.code, none.out) == (Exit.UNREACHABLE, "")
    assert "make run" in none.err

    gone = json.loads(demo.running.as_json()) | {"baseUrl": "http://127.0.0.1:1"}
    (tmp_path / "stack.json").write_text(json.dumps(gone))
    assert "Is 'make run' still running?" in run("list", tmp_path).err


def test_where_something_else_answers(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    page = httpx.Response(200, text="<html>")
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda *_: page)
    done = command("list")
    assert (done.code, done.out) == (Exit.UNREACHABLE, "")
    assert "is the base URL that of its stage?" in done.err


def test_an_import_that_is_stopped_says_that_it_is_not_done(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tools.importer.run.apply", interrupted)
    file = rows.write(tmp_path / "rows.ndjson", rows.base())
    done = command(f"import {file}")
    assert (done.code, done.out) == (130, "")
    assert "Import the file again" in done.err


def test_ctrl_c_ends_it_quietly(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", interrupted)
    for text in ("list", f"export-installs {tmp_path}/rows.ndjson"):
        done = command(text)
        assert (done.code, done.both.strip()) == (130, "")
    assert list(tmp_path.iterdir()) == []
