"""Changes of installs on the whole local stack: in, out, and told on the bus (section 11)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tests import rows
from tests.e2e.sender import Sender
from tests.e2e.system import tools
from tests.e2e.told import copy_of, exported, history, kinds, published
from tools.systems import System

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Stack

INSTALLS: Final = "/integration-installs"
FAMILY: Final = {"ins_told", "ins_told_addon", "ins_told_addon_addon"}
LIFE: Final = ["Created", "Uninstalled", "Restored", "Uninstalled", "Purged"]


def come_in(stack: Stack, family: str) -> None:
    results = Sender(stack).invoke(*rows.family(family))
    assert results is not None
    assert {result["result"] for result in results} == {"created"}


def unpublished(stack: Stack) -> list[str]:
    """The keys of the publisher's dead letters."""
    running = stack.running
    objects = System.local(running).objects()
    found = objects.list_objects_v2(Bucket=running.unpublished_bucket).get("Contents", [])
    return [one["Key"] for one in found]


def test_a_life_is_told_in_order_and_a_consumers_copy_is_the_export(
    stack: Stack, tmp_path: Path
) -> None:
    began = datetime.now(UTC).isoformat()
    # given a family that comes in by the function
    come_in(stack, "told")
    # when callers uninstall, restore, uninstall and purge it
    with stack.as_user("usr_ada") as ada:
        path = f"{INSTALLS}/ins_told"
        for method, address in (
            ("DELETE", path), ("POST", f"{path}/restore"), ("DELETE", path),
            ("DELETE", f"{path}/purge"),
        ):  # fmt: skip
            assert ada.request(method, address).is_success
    # then each change is told, in order, and the purge reaches the add-ons
    assert stack.eventually(lambda: kinds(stack, "ins_told") == LIFE), kinds(stack, "ins_told")
    assert stack.eventually(lambda: all(kinds(stack, one)[-1:] == ["Purged"] for one in FAMILY)), {
        one: kinds(stack, one) for one in FAMILY
    }
    # and a consumer that began with the stack has what an export has
    assert stack.eventually(lambda: copy_of(stack) == exported(stack, tmp_path))
    # and a replay tells one install's life again, for as long as history is kept
    entries = len(history(stack, "ins_told"))
    told = {event["detail"]["eventId"] for event in published(stack, "ins_told")}
    again = tools(stack, "replay", "--since", began, "--install", "ins_told")
    assert (again.returncode, again.stdout) == (0, f"{entries} events were sent again.\n"), again

    def replayed() -> list[dict[str, object]]:
        details = [event["detail"] for event in published(stack, "ins_told")]
        return [detail for detail in details if detail["replayed"]]

    assert stack.eventually(lambda: len(replayed()) == entries)
    assert {detail["eventId"] for detail in replayed()} == told
    assert {json.dumps(detail["install"]) for detail in replayed()} == {"null"}
    assert copy_of(stack) == exported(stack, tmp_path)


def test_what_the_bus_refuses_for_good_is_sent_by_redrive(stack: Stack) -> None:
    # given no dead letters of other tests, and a bus that takes no event of one install
    tools(stack, "redrive")
    assert unpublished(stack) == []
    come_in(stack, "held")
    came_in = {"Install Created", "Install Settled"}
    assert stack.eventually(
        lambda: {one["detail-type"] for one in published(stack, "ins_held")} == came_in
    )
    stack.bus.poison.add("ins_held")
    with stack.as_user("usr_ada") as ada:
        assert ada.delete(f"{INSTALLS}/ins_held").is_success
    # when it is uninstalled, the events of its add-ons come, and its own become dead letters
    deep = "ins_held_addon_addon"
    assert stack.eventually(lambda: kinds(stack, deep) == ["Created", "Uninstalled"])
    # the change, and its end
    assert stack.eventually(lambda: len(unpublished(stack)) == 2), unpublished(stack)
    assert kinds(stack, "ins_held") == ["Created"]
    # then they stay for as long as that is so, and are sent by one command after it
    refused = tools(stack, "redrive")
    assert (refused.returncode, refused.stdout.count("dead-lettered again:")) == (1, 2), refused
    stack.bus.poison.clear()
    sent = tools(stack, "redrive")
    assert (sent.returncode, sent.stdout) == (0, "2 done\n"), sent
    assert unpublished(stack) == []
    assert stack.eventually(lambda: kinds(stack, "ins_held") == ["Created", "Uninstalled"])
    last = published(stack, "ins_held")[-1]
    assert last["detail-type"] == "Install Settled"
    assert last["detail"]["counts"] == {"deleted": 6, "restored": 0, "purged": 0}
