"""The command ``history`` on the demo's service (docs/cli.md)."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.commands import run
from tools.outcome import Exit

if TYPE_CHECKING:
    from tests.integration.demo_service import DemoService


def test_it_prints_what_happened_by_whom(demo: DemoService) -> None:
    state = demo.state.path
    # given an install that somebody has uninstalled
    assert run("uninstall ins_crm", state).code == Exit.DONE
    # when its history is asked for, by a program
    lines = run("history ins_crm --json", state).out.splitlines()
    entries = [json.loads(line) for line in lines]
    # then it says who did what
    assert [entry["kind"] for entry in entries][:1] == ["created"]
    (uninstalled,) = (entry for entry in entries if entry["kind"] == "uninstalled")
    assert uninstalled["actor"]["kind"] == "user"
    assert uninstalled["cause"] == "request"
    assert uninstalled["fields"] == ["deletedAt", "retentionTier"]
    revisions = [entry["revision"] for entry in entries]
    assert revisions == sorted(revisions)
    # and so it does in columns, for a terminal and for a pipe
    plain = run("history ins_crm", state).out.splitlines()
    assert len(plain) == len(entries)
    by = f"user {uninstalled['actor']['id']}"
    assert f"uninstalled\t{by}\trequest\tdeletedAt, retentionTier\t" in "\n".join(plain)
    shown = run("history ins_crm", state, terminal=160).out
    assert shown.split()[:4] == ["TIME", "CHANGE", "BY", "CAUSE"]
    assert by in shown


def test_the_demo_names_who_uninstalled_what(demo: DemoService) -> None:
    lines = [
        json.loads(line)
        for install_id in ("ins_helpdesk", "ins_surveys", "ins_calendar")
        for line in run(["history", install_id, "--json"], demo.state.path).out.splitlines()
    ]

    changes = [(entry["installId"], entry["kind"], entry["actor"]["id"]) for entry in lines]
    assert [change for change in changes if change[1] != "settled"] == [
        ("ins_helpdesk", "created", "import"),
        ("ins_helpdesk", "uninstalled", "usr_ed"),
        ("ins_surveys", "created", "import"),
        ("ins_surveys", "uninstalled", "usr_ed"),
        ("ins_calendar", "created", "import"),
        ("ins_calendar", "uninstalled", "usr_ed"),
        ("ins_calendar", "restored", "usr_ada"),
    ]
    for before, after in pairwise(lines):
        assert (
            before["installId"] != after["installId"] or before["occurredAt"] <= after["occurredAt"]
        )


def test_what_has_no_history_is_told(demo: DemoService) -> None:
    state = demo.state.path
    nothing = run("history ins_nobody", state)
    assert (nothing.code, nothing.out) == (Exit.REFUSED, "")
    assert "no history of ins_nobody" in nothing.err
    assert run(["history", "ins nobody"], state).code == Exit.USAGE
