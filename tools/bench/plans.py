"""Worlds and calls whose time and cost are computed: plans of the list, and commands.

Each call is a Lambda handler with an event of API Gateway, or of the table's stream.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from installs import access, model
from installs.clock import timestamp
from installs.store import items, keys
from tools.bench import world
from tools.bench.compared.events import request

if TYPE_CHECKING:
    from collections.abc import Callable

    from installs.store.table import Table

    Handler = Callable[[dict[str, Any], Any], Any]

SIZES: Final = {"wsp_1k": 1_000, "wsp_10k": 10_000}
LARGE: Final = {"wsp_100k": 100_000}
MANY: Final = world.zipf(4_000)
MANY_WORKSPACES: Final = {f"wsp_c{n:04}": 8 for n in range(1_000)}
"""A thousand small workspaces, each with a live install of ``itg_0``."""
TENTH: Final = dict(list(MANY_WORKSPACES.items())[:100])
EDITOR: Final = "usr_big"
ROOT: Final = "usr_root"
MEMBERS: Final = 10
CHANGED: Final = tuple(f"ins_10k_{5 * n + 1:06}" for n in range(10))
"""The installs that the commands change; none is in a solution."""
PLATFORM: Final = 10_000_000
EVERYWHERE: Final = 100_000
"""Counters of the platform and of ``itg_0``; the planner relies on them."""
AT: Final = timestamp(world.START)


@dataclass(frozen=True, slots=True)
class Plan:
    """One call, and the function that answers it."""

    name: str
    function: str
    """Its logical id in the template."""
    event: dict[str, Any]
    cold: bool = False
    """True if the function has not cached the caller's roles."""


def write(table: Table, *, large: bool) -> None:
    """Write the worlds and their users."""
    sizes = SIZES | (LARGE if large else {})
    world.write(table, sizes, EDITOR, "admin")
    world.write(table, MANY, "usr_many")
    world.write(table, MANY_WORKSPACES, "usr_crowd")
    world.admit(table, "usr_tenth", TENTH, "admin")
    root = model.User(ROOT, "Root", "root@example.org", "root", "admin", AT)
    world.put(table, [items.row_to_item(keys.user(ROOT), root)])
    counts = {
        keys.platform_live_count(0): PLATFORM,
        keys.integration_live_count("itg_0", 0): EVERYWHERE,
    }
    world.put(
        table,
        (
            items.encode_key(key) | {items.LIVE: items.encode(count)}
            for key, count in counts.items()
        ),
    )
    for install_id in CHANGED:
        world.put(table, (_member(install_id, number) for number in range(MEMBERS)))


def lists(*, large: bool) -> list[Plan]:
    """Every plan of the list."""
    planned = []
    for workspace, size in (SIZES | (LARGE if large else {})).items():
        of_size = f"{size:,} installs"
        planned.append(listing(f"first page of 100, {of_size}", EDITOR, workspace_id=workspace))
        planned.append(
            listing(f"later page of 100, {of_size}", EDITOR, workspace_id=workspace, after="")
        )
    ten = {"workspace_id": "wsp_10k"}
    manual = '{"memberPolicy":"manual"}'
    planned += [
        listing("by lastUpgradedAt, page of 100", EDITOR,
              **ten, orderBy='[{"lastUpgradedAt":"desc_nulls_last"}]'),
        listing("page of 25, 20 workspaces", "usr_many", limit="25"),
        listing("page of 100, 100 workspaces", "usr_tenth"),
        listing("page of 100, 1,000 workspaces", "usr_crowd"),
        replace(listing("the same, roles not known yet", "usr_crowd"), cold=True),
        listing("one integration in a workspace, page of 100", EDITOR,
              **ten, integration_id="itg_3"),
        listing("one integration in 100 workspaces", "usr_tenth", integration_id="itg_0"),
        listing("one integration in 1,000 workspaces", "usr_crowd", integration_id="itg_0"),
        listing("everything, a platform admin", ROOT),
        listing("one integration everywhere, a platform admin", ROOT, integration_id="itg_0"),
        listing("filter pushed down, 1,000 installs", EDITOR,
              workspace_id="wsp_1k", filter=manual),
        listing("filter pushed down, 10,000 installs", EDITOR, **ten, filter=manual),
        listing("order that nothing carries, 10,000 installs", EDITOR,
              **ten, orderBy='[{"memberPolicy":"asc"},{"id":"asc"}]'),
        listing("ids of 25", EDITOR, ids=",".join(f"ins_10k_{n:06}" for n in range(25))),
    ]  # fmt: skip
    return planned


def listing(name: str, user: str, **query: str) -> Plan:
    """A page of the list."""
    return Plan(name, "ListInstallsFunction", request("GET", user, **query))


def get(*, cold: bool = False) -> Plan:
    """Get of one install."""
    name = "get, roles not known yet" if cold else "get"
    return Plan(name, "GetInstallFunction", request("GET", EDITOR, CHANGED[0]), cold=cold)


def commands(install_id: str) -> dict[str, Plan]:
    """The commands on one install."""
    event = request("DELETE", EDITOR, install_id)
    functions = {
        "uninstall": "UninstallInstallFunction",
        "restore": "RestoreInstallFunction",
        "purge": "PurgeInstallFunction",
    }
    return {name: Plan(name, function, event) for name, function in functions.items()}


def cascade(table: Table, install_id: str) -> Plan:
    """The stream record of an install's last change."""
    key = keys.install(install_id)
    image = table.get(key)
    if image is None:
        raise ValueError(f"{key.pk} is not there")
    record = {
        "eventID": "bench",
        "eventName": "MODIFY",
        "dynamodb": {"Keys": items.encode_key(key), "NewImage": image, "SequenceNumber": "1"},
    }
    return Plan(f"cascade of {MEMBERS} members", "CascadeFunction", {"Records": [record]})


def invoke(plan: Plan, handler: Handler, context: object = None) -> Any:  # noqa: ANN401
    """Call a handler as Lambda does; return its answer.

    Raises
    ------
    RuntimeError
        The answer is an error.
    """
    if plan.cold:
        access._scopes.clear()
    answer = handler(plan.event, context)
    if answer.get("statusCode", 200) != 200 or answer.get("batchItemFailures"):
        raise RuntimeError(f"{plan.name}: {answer}")
    return answer


def _member(install_id: str, n: int) -> items.Item:
    row = model.IntegrationMember(
        f"mem_{n}", install_id, "wsp_10k", f"ent_{n}", None, f"slug-{n}", False, None, False,
        True, '{"scopes":["read","write"]}', EDITOR, AT, None, None,
    )  # fmt: skip
    return items.row_to_item(keys.member(install_id, row.id), row)
