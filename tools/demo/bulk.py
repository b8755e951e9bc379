"""Bulk data: about 200 installs of every kind, for lists, filters, pages and the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from installs.model import Install, MemberPolicy, RetentionTier, Solution
from tools.demo.catalogue import VERSIONS, version_id
from tools.demo.members import add_members
from tools.demo.world import ALIVE, Removal, as_text, day

if TYPE_CHECKING:
    from tools.demo.world import World

_SIZES: Final = {
    "wsp_acme": 48,
    "wsp_acme_labs": 25,
    "wsp_acme_sales": 19,
    "wsp_acme_archive": 9,
    "wsp_globex": 22,
    "wsp_solo": 6,
}
"""Number of top installs of each workspace, without add-ons."""

_PRIVATE_TO: Final = {"itg_secret": "wsp_globex", "itg_labs": "wsp_acme_labs"}
LATEST: Final = 3
"""Days since the latest of these deletions: later ones are of ``tools.demo.recent``."""

_DAYS_AGO: Final = {"short": 5, "medium": 20, "long": 60, "none": 300, None: 300}
"""Days since the oldest deletion of each tier: at least a day before its purge."""

_VARIABLES: Final[tuple[dict[str, object], ...]] = (
    {},
    {"region": "eu", "retries": 3},
    {"region": "us", "debug": True, "note": None},
    {"limits": {"daily": 1000, "burst": {"size": 2.5}}, "tags": ["a", "b", "ß"]},
    {"title": 'Ünïcödé "quoted" \\ back\nslash', "🙂": "smile", "名前": "太郎"},
    {"deep": {"a": {"b": {"c": {"d": [[], {}, [0, -1, 1e21]]}}}}},
    {"empty": "", "zero": 0, "false": False, "list": [], "object": {}},
    {"region": 7, "mixed": ["x", 1, None, True]},
)


def add_bulk(world: World) -> None:
    """Add the installs of every workspace, and their dependents."""
    for workspace_id, size in _SIZES.items():
        shared = _add_solution(world, workspace_id, "shared", ALIVE)
        catalogue = [id_ for id_ in VERSIONS if _PRIVATE_TO.get(id_, workspace_id) == workspace_id]
        for number in range(size):
            removal = _removal(world, number)
            solution = shared if number % 5 == 1 else None
            if number % 5 == 2:
                solution = _add_solution(world, workspace_id, f"{number:02}", removal)
            integration = catalogue[number % len(catalogue)]
            top = _install(world, workspace_id, f"{number:02}", integration, solution, removal)
            slugs = ("main", "aside", "pause", "old")[: number % 5]
            world.add(top)
            add_members(world, top, slugs)
            if number % 6 == 0:
                _add_add_ons(world, top, removal, deep=number % 12 == 0)


def _removal(world: World, number: int) -> Removal:
    """Delete every fourth install: each tier in turn, and sometimes none."""
    if number % 4 != 2:
        return ALIVE
    tier = (*RetentionTier, None)[number // 4 % 5]
    days_ago = world.chance.randint(1, _DAYS_AGO[tier])
    return world.removal(max(days_ago, LATEST), tier)


def _add_solution(world: World, workspace_id: str, name: str, removal: Removal) -> str:
    suffix = workspace_id.removeprefix("wsp_")
    id_ = f"sol_{suffix}_{name}"
    about = "What several installs share" if name == "shared" else None
    world.add(
        Solution(
            id_, workspace_id, f"Lösung {suffix} {name}", about, "usr_ada", day(90), day(91),
            removal.at, removal.tier,
        )
    )  # fmt: skip
    return id_


def _install(
    world: World,
    workspace_id: str,
    name: str,
    integration_id: str,
    solution_id: str | None,
    removal: Removal,
    parent_id: str | None = None,
) -> Install:
    chance = world.chance
    version = chance.randint(1, VERSIONS[integration_id])
    at = chance.randint(120, 330)
    id_ = f"ins_{workspace_id.removeprefix('wsp_')}_{name}"
    return Install(
        id=id_,
        integration_id=integration_id,
        integration_version_id=version_id(integration_id, version),
        workspace_id=workspace_id,
        variables=as_text(chance.choice(_VARIABLES)),
        auth_state_id=f"aus_{id_[4:]}" if chance.random() < 0.5 else None,
        member_policy=chance.choice(list(MemberPolicy)),
        parent_install_id=parent_id,
        solution_id=solution_id,
        installed_by=chance.choice(("usr_ada", "usr_ed", "svc_deploy", "usr_gone")),
        # Several installs were made in the same millisecond: only the id tells their order.
        installed_at=day(at // 7 * 7),
        last_upgraded_at=day(at + 30) if chance.random() < 0.4 else None,
        deleted_at=removal.at,
        retention_tier=removal.tier,
    )


def _add_add_ons(world: World, top: Install, removal: Removal, *, deep: bool) -> None:
    """Add an add-on in its parent's state, sometimes one below it, and one deleted earlier."""
    workspace_id = top.workspace_id
    name = top.id.removeprefix(f"ins_{workspace_id.removeprefix('wsp_')}_")
    mail = _install(world, workspace_id, f"{name}_mail", "itg_mail", None, removal, top.id)
    early = world.removal(320, "none")
    chat = _install(world, workspace_id, f"{name}_chat", "itg_chat", None, early, top.id)
    world.add(mail, chat)
    add_members(world, mail, ("main", "aside"))
    add_members(world, chat, ("main",))
    if deep or removal.at is not None:
        sign = _install(
            world, workspace_id, f"{name}_mail_sign", "itg_sign", None, removal, mail.id
        )
        world.add(sign)
        add_members(world, sign, ("main",))
