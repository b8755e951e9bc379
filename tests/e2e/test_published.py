"""Changes of installs on the whole local stack: in, out, and told on the bus (section 11)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests import rows
from tests.commands import run
from tools.local.deploy import Emulator
from tools.local.state import StateDirectory

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Stack

FAMILY = {"ins_told", "ins_told_addon", "ins_told_addon_addon"}


def published(stack: Stack) -> list[dict[str, Any]]:
    """All that came over the bus, as a rule's target gets it."""
    text = StateDirectory(stack.state).events.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def kinds(stack: Stack, install_id: str) -> list[str]:
    """The types of an install's events in order, each event once, without the settled ones."""
    found = {
        event["detail"]["eventId"]: event["detail-type"].removeprefix("Install ")
        for event in published(stack)
        if event["detail"]["installId"] == install_id
    }
    return [kind for kind in found.values() if kind != "Settled"]


def copy_of(stack: Stack) -> dict[str, Any]:
    """A consumer's copy: of each install the row of the greatest revision."""
    newest: dict[str, dict[str, Any]] = {}
    for event in published(stack):
        detail = event["detail"]
        known = newest.get(detail["installId"])
        if event["detail-type"] != "Install Settled" and (
            known is None or known["detail"]["revision"] < detail["revision"]
        ):
            newest[detail["installId"]] = event
    return {
        install_id: event["detail"]["install"]
        for install_id, event in newest.items()
        if event["detail-type"] != "Install Purged"
    }


def exported(stack: Stack, directory: Path) -> dict[str, Any]:
    path = directory / "export.ndjson"
    assert run(f"export {path}", stack.state).code == 0
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    fields = rows.install("x").keys() - {"type"}
    return {
        line["id"]: {name: line[name] for name in fields}
        for line in lines
        if line["type"] == "install"
    }


def test_a_life_is_told_in_order_and_a_consumers_copy_is_the_export(
    stack: Stack, tmp_path: Path
) -> None:
    # given a family that comes in by the function
    functions = Emulator(stack.running.aws_endpoint).functions()
    payload = json.dumps({"rows": rows.family("told")}).encode()
    answer = functions.invoke(FunctionName=stack.running.ingest_function, Payload=payload)
    results = json.loads(answer["Payload"].read())["results"]
    assert {result["result"] for result in results} == {"created"}
    # when callers uninstall, restore, uninstall and purge it
    with stack.as_user("usr_ada") as ada:
        path = "/integration-installs/ins_told"
        for method, address in (
            ("DELETE", path), ("POST", f"{path}/restore"), ("DELETE", path),
            ("DELETE", f"{path}/purge"),
        ):  # fmt: skip
            assert ada.request(method, address).is_success
    # then each change is told, in order, and the purge reaches the add-ons
    life = ["Created", "Uninstalled", "Restored", "Uninstalled", "Purged"]
    assert stack.eventually(lambda: kinds(stack, "ins_told") == life), kinds(stack, "ins_told")
    assert stack.eventually(lambda: all(kinds(stack, one)[-1:] == ["Purged"] for one in FAMILY)), {
        one: kinds(stack, one) for one in FAMILY
    }
    # and a consumer that began with the stack has what an export has
    assert stack.eventually(lambda: copy_of(stack) == exported(stack, tmp_path))
