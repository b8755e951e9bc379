"""The catalogue: integrations of every trust tier and visibility, and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from installs.model import Integration, IntegrationVersion, TrustTier, Visibility
from tools.demo.world import day

if TYPE_CHECKING:
    from tools.demo.world import World

_PRIVATE, _UNLISTED, _PUBLIC = Visibility
INTEGRATIONS: Final = (
    # id, workspace, name, publisher, trust, visibility, versions
    ("itg_crm", "wsp_acme", "CRM", "Acme", TrustTier.FIRST_PARTY, _PUBLIC, 3),
    ("itg_mail", "wsp_acme", "Mail", "Acme", TrustTier.FIRST_PARTY, _PUBLIC, 2),
    ("itg_sign", "wsp_acme", "Signatures ✍️", "Acme", TrustTier.FIRST_PARTY, _UNLISTED, 2),
    ("itg_chat", "wsp_globex", "Chat 聊天", "Globex", TrustTier.VENDOR_OFFICIAL, _PUBLIC, 4),
    ("itg_ledger", "wsp_globex", "Hauptbuch für Büros", "Globex", "verified_partner", _PUBLIC, 2),
    ("itg_secret", "wsp_globex", "Globex internal", "Globex", "verified_partner", _PRIVATE, 1),
    ("itg_forms", "wsp_solo", "Forms 'n' \"Fields\"", "Sol", "verified_publisher", _UNLISTED, 2),
    ("itg_labs", "wsp_acme_labs", "Labs %_\\", "Acme Labs", TrustTier.COMMUNITY, _PRIVATE, 2),
    ("itg_wiki", "wsp_solo", "WIKI", "Sol", TrustTier.COMMUNITY, _PUBLIC, 1),
)
VERSIONS: Final = {id_: count for id_, *_, count in INTEGRATIONS}
"""Number of versions of each integration."""


def add_catalogue(world: World) -> None:
    """Add integrations and versions."""
    for number, (id_, home, name, publisher, trust, visibility, count) in enumerate(INTEGRATIONS):
        about = f"{name}, for everybody" if number % 2 == 0 else None
        current = f"{count}.0.0" if number % 4 else None
        slug, created = id_.removeprefix("itg_"), day(10 + number)
        world.add(
            Integration(
                id_, home, slug, name, about, publisher, trust, current, visibility, created,
                day(60 + number), None,
            ),
            *(version_row(id_, version) for version in range(1, count + 1)),
        )  # fmt: skip
    gone = world.removal(20, None).at
    world.add(
        Integration(
            "itg_fax", "wsp_acme", "fax", "Fax", None, "Acme", TrustTier.FIRST_PARTY, "1.0.0",
            _PUBLIC, day(9), day(9), gone,
        ),
        version_row("itg_fax", 1),
    )  # fmt: skip


def version_id(integration_id: str, version: int) -> str:
    """Return the id of an integration's version."""
    return f"itv_{integration_id.removeprefix('itg_')}_{version}"


def version_row(integration_id: str, version: int) -> IntegrationVersion:
    """Return a version of an integration."""
    changes = None if version == 1 else f"What is new in {version}.0.0: näher, schneller, 更好 🎉"
    return IntegrationVersion(
        version_id(integration_id, version),
        integration_id,
        f"{version}.0.0",
        changes,
        "usr_ada",
        day(20 + 10 * version),
    )
