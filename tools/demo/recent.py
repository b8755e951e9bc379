"""The last two days of the demo: what its people did, by the service's own commands and cascade.

A file of rows names nobody who uninstalled one: only the service writes history. So the local
system imports the demo as it was two days ago, and makes each later change at its own time.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from unittest import mock

from installs import cascade, clock, commands
from installs.access import Principal
from installs.model import Install, Integration, MemberPolicy, Solution, TrustTier, Visibility
from installs.store import dependents, installs
from tools.demo.catalogue import version_id, version_row
from tools.demo.members import add_members
from tools.demo.world import ALIVE, as_text, day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from installs.store.table import Table
    from tools.demo.world import Removal, World

IMPORTED: Final = timedelta(days=2, hours=1)
"""Time since the demo was imported: after the deletions in its file, before all changes here."""

_CASCADE: Final = timedelta(seconds=1)
"""Time from a change to the end of its cascade."""

_CHANGES: Final = (
    # time ago, user, change, install
    (timedelta(days=2), "usr_ada", "uninstall", "ins_newsletter"),
    (timedelta(days=1, minutes=6), "usr_ed", "uninstall", "ins_calendar"),
    (timedelta(days=1, minutes=2), "usr_ada", "restore", "ins_calendar"),
    (timedelta(days=1), "usr_ed", "uninstall", "ins_helpdesk"),
)
_STACK_TIER: Final = "medium"
"""The default of the template's ``DefaultRetentionTier``."""

_NAMES: Final = {
    "calendar": "Calendar",
    "rooms": "Room Booking",
    "helpdesk": "Helpdesk",
    "surveys": "Surveys",
    "newsletter": "Newsletter",
}


def add_recent(world: World, *, before_changes: bool) -> None:
    """Add integrations that are installed once, as ``make_changes`` leaves or finds them."""
    for name, title in _NAMES.items():
        id_ = f"itg_{name}"
        world.add(
            Integration(
                id_, "wsp_acme", name, title, None, "Acme", TrustTier.FIRST_PARTY, "1.0.0",
                Visibility.PUBLIC, day(40), day(40), None,
            ),
            version_row(id_, 1),
        )  # fmt: skip
    office = Solution(
        "sol_office", "wsp_acme", "Office", "Meetings and rooms", "usr_ada", day(199), day(199),
        None, None,
    )  # fmt: skip
    world.add(office)
    gone = {
        "wsp_acme": ALIVE if before_changes else world.removal(1, "medium"),
        "wsp_acme_labs": ALIVE if before_changes else world.removal(2, "short"),
    }
    calendar = _install("calendar", "wsp_acme", ALIVE, solution_id=office.id)
    helpdesk = _install("helpdesk", "wsp_acme", gone["wsp_acme"])
    for install, slugs in (
        (calendar, ("events", "invitations")),
        (_install("rooms", "wsp_acme", ALIVE, parent_id=calendar.id), ("bookings",)),
        (helpdesk, ("tickets", "answers")),
        (_install("surveys", "wsp_acme", gone["wsp_acme"], parent_id=helpdesk.id), ("forms",)),
        (_install("newsletter", "wsp_acme_labs", gone["wsp_acme_labs"]), ("issues",)),
    ):
        world.add(install)
        add_members(world, install, slugs)


def make_changes(table: Table, now: datetime) -> None:
    """Uninstall and restore as the demo's people did before ``now``."""
    for ago, user_id, change, install_id in _CHANGES:
        with clock_at(now - ago):
            caller = Principal(user_id)
            if change == "uninstall":
                commands.uninstall(table, caller, install_id, stack_tier=_STACK_TIER)
            else:
                commands.restore(table, caller, install_id)
        with clock_at(now - ago + _CASCADE):
            _reconcile(table, install_id)


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """Let the service's clock of this process stand at a moment."""
    with mock.patch.object(clock, "now", return_value=moment):
        yield


def _reconcile(table: Table, install_id: str) -> None:
    """Do what the stream's consumer does after a change of an install."""
    state = installs.get(table, install_id)
    if state is not None:
        cascade.reconcile(cascade.Work(table), state.owner_refs)
        for add_on_id in dependents.add_on_ids(table, install_id):
            _reconcile(table, add_on_id)


def _install(
    name: str,
    workspace_id: str,
    removal: Removal,
    *,
    parent_id: str | None = None,
    solution_id: str | None = None,
) -> Install:
    return Install(
        id=f"ins_{name}",
        integration_id=f"itg_{name}",
        integration_version_id=version_id(f"itg_{name}", 1),
        workspace_id=workspace_id,
        variables=as_text({}),
        auth_state_id=None,
        member_policy=MemberPolicy.AUTO_ALL,
        parent_install_id=parent_id,
        solution_id=solution_id,
        installed_by="usr_ed",
        installed_at=day(200),
        last_upgraded_at=None,
        deleted_at=removal.at,
        retention_tier=removal.tier,
    )
