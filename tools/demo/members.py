"""Members of an install, and their rows in its solution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installs.model import IntegrationMember, SolutionMember
from tools.demo.world import ALIVE, Removal, as_text

if TYPE_CHECKING:
    from installs.model import Install
    from tools.demo.world import World


def add_members(world: World, install: Install, slugs: tuple[str, ...]) -> None:
    """Add a member for each slug, deleted with the install if that is deleted.

    The second is detached from its source, the third disabled, the fourth deleted on its own.
    """
    name = install.id.removeprefix("ins_")
    cascaded = Removal(install.deleted_at, install.retention_tier) if install.deleted_at else ALIVE
    alone = world.removal(4.5, "long") if install.deleted_at is None else world.removal(310, "none")
    for number, slug in enumerate(slugs, start=1):
        # Deleted on its own: at another time than the install.
        removal = alone if number == 4 else cascaded
        entity, live = f"ent_{name}_{slug}", removal.at is None
        version = f"env_{name}_{slug}_1" if number % 2 else None
        member = IntegrationMember(
            id=f"mem_{name}_{slug}",
            integration_install_id=install.id,
            workspace_id=install.workspace_id,
            entity_id=entity,
            entity_version_id=version,
            source_member_slug=slug,
            is_clone=number % 3 == 0,
            source_version_id=install.integration_version_id if number % 3 else None,
            detached=number == 2,
            enabled=live and number != 3,
            permissions=as_text(_permissions(number)),
            added_by=install.installed_by,
            added_at=install.installed_at,
            deleted_at=removal.at,
            retention_tier=removal.tier,
        )
        world.add(member)
        if install.solution_id is not None:
            id_ = f"som_{name}_{slug}"
            world.add(
                SolutionMember(
                    id_, install.solution_id, entity, install.installed_by, install.installed_at,
                    removal.at, removal.tier,
                )
            )  # fmt: skip


def _permissions(number: int) -> dict[str, object]:
    shapes: tuple[dict[str, object], ...] = (
        {},
        {"read": True, "write": False},
        {"scopes": ["contacts:read", "contacts:write"], "rows": {"limit": 100}},
        {"größe": "groß", "用途": None, "🔑": [1, 2.5, -0.0, 1e3]},
    )
    return shapes[number % len(shapes)]
