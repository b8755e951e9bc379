"""The events that a consumer of the local bus has been told, and the rows that there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests import rows
from tests.commands import run
from tools.local.state import StateDirectory

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Stack

Event = dict[str, Any]


def published(stack: Stack, install_id: str | None = None) -> list[Event]:
    """All that came over the bus, or what came of one install, as a rule's target gets it."""
    text = StateDirectory(stack.state).events.read_text(encoding="utf-8")
    lines = (line for line in text.splitlines(keepends=True) if line.endswith("\n"))
    events = [json.loads(line) for line in lines]
    return [one for one in events if install_id in (None, one["detail"]["installId"])]


def kinds(stack: Stack, install_id: str) -> list[str]:
    """The types of an install's events in order, each event once, without the settled ones."""
    found = {
        event["detail"]["eventId"]: event["detail-type"].removeprefix("Install ")
        for event in published(stack, install_id)
    }
    return [kind for kind in found.values() if kind != "Settled"]


def copy_of(stack: Stack, workspace_id: str | None = None) -> dict[str, Any]:
    """A consumer's copy: of each install, or each of a workspace, the row of the last revision."""
    newest: dict[str, Event] = {}
    for event in published(stack):
        detail = event["detail"]
        known = newest.get(detail["installId"])
        if (
            event["detail-type"] != "Install Settled"
            and workspace_id in (None, detail["workspaceId"])
            and (known is None or known["detail"]["revision"] < detail["revision"])
        ):
            newest[detail["installId"]] = event
    return {
        install_id: event["detail"]["install"]
        for install_id, event in newest.items()
        if event["detail-type"] != "Install Purged"
    }


def exported(stack: Stack, directory: Path, workspace_id: str | None = None) -> dict[str, Any]:
    """The installs, or those of a workspace, as ``export`` writes them."""
    path = directory / "export.ndjson"
    assert run(f"export {path} --force", stack.state).code == 0
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    fields = rows.install("x").keys() - {"type"}
    return {
        line["id"]: {name: line[name] for name in fields}
        for line in lines
        if line["type"] == "install" and workspace_id in (None, line["workspaceId"])
    }


def history(stack: Stack, install_id: str) -> list[dict[str, Any]]:
    """The entries that ``history`` prints."""
    done = run(f"history {install_id} --json", stack.state)
    return [json.loads(line) for line in done.out.splitlines()]
