"""Fixtures: ``ins_crm`` in ``wsp_acme``, with members, a solution, and add-ons two deep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installs.model import Install, MemberPolicy, Solution
from tools.demo.catalogue import version_id
from tools.demo.members import add_members
from tools.demo.world import as_text, day

if TYPE_CHECKING:
    from tools.demo.world import World


def add_fixtures(world: World) -> None:
    """Add Acme's CRM, whose uninstall shows the cascade."""
    world.add(
        Solution(
            "sol_sales", "wsp_acme", "Sales", "Everything that sells 📈", "usr_ada",
            day(100), day(101), None, None,
        )
    )  # fmt: skip
    crm = Install(
        id="ins_crm",
        integration_id="itg_crm",
        integration_version_id=version_id("itg_crm", 3),
        workspace_id="wsp_acme",
        variables=as_text({"region": "eu", "pipeline": {"stages": ["lead", "deal", "won"]}}),
        auth_state_id="aus_crm",
        member_policy=MemberPolicy.AUTO_ALL,
        parent_install_id=None,
        solution_id="sol_sales",
        installed_by="usr_ada",
        installed_at=day(100),
        last_upgraded_at=day(200),
        deleted_at=None,
        retention_tier=None,
    )
    mail = _add_on(crm, "mail", {"from": "sales@example.com", "daily": 500})
    sign = _add_on(mail, "sign", {"signature": "Grüße, Ada"})
    world.add(crm, mail, sign)
    add_members(world, crm, ("contacts", "deals", "inbox", "drafts", "reports"))
    add_members(world, mail, ("templates", "outbox"))
    add_members(world, sign, ("signatures",))


def _add_on(parent: Install, name: str, variables: dict[str, object]) -> Install:
    return Install(
        id=f"{parent.id}_{name}",
        integration_id=f"itg_{name}",
        integration_version_id=version_id(f"itg_{name}", 2),
        workspace_id=parent.workspace_id,
        variables=as_text(variables),
        auth_state_id=None,
        member_policy=MemberPolicy.AUTO_DEFAULTS,
        parent_install_id=parent.id,
        solution_id=None,
        installed_by="usr_ed",
        installed_at=day(110),
        last_upgraded_at=None,
        deleted_at=None,
        retention_tier=None,
    )
