"""The rows that the console's tests see: two workspaces of their own, named as a reader would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from installs.clock import timestamp
from tests import rows

if TYPE_CHECKING:
    from tests.rows import Row

HARBOR: Final = "wsp_harbor"
DOCK: Final = "wsp_dock"
ROLES: Final = {"usr_cora": "admin", "usr_eddy": "editor", "usr_vic": "viewer"}
NOBODY: Final = "usr_nora"
"""A user without a role."""
TO_PAGE: Final = 30
NAMES: Final = {
    "itg_books": "Ledger Books",
    "itg_mailer": "Mailer",
    "itg_chat": "Chatter",
    "itg_forms": "Formular 表",
    "itg_markup": rows.MARKUP,
}


def lines(now: datetime | None = None) -> list[Row]:
    """The rows: an install with dependents for each test that changes one, and thirty to page."""
    yesterday = timestamp((now or datetime.now(UTC)) - timedelta(days=1))
    return [
        rows.workspace(HARBOR, "harbor", defaultRetentionTier="short"),
        rows.workspace(DOCK, "dock"),
        *(rows.user(user_id) for user_id in (*ROLES, NOBODY)),
        *(rows.role(user, place, role) for user, role in ROLES.items() for place in (HARBOR, DOCK)),
        *(rows.integration(id_, workspaceId=HARBOR, name=name) for id_, name in NAMES.items()),
        rows.integration_version("itv_one", "itg_books", version="1.4.0"),
        *_family("books"),
        *_family("undone"),
        *_family("old", deletedAt=yesterday, retentionTier="short"),
        _install("ins_stays", "itg_forms", solutionId="sol_books"),
        _install("ins_markup", "itg_markup", variables={rows.MARKUP: rows.MARKUP}),
        *(_install(f"ins_bulk_{number}", "itg_chat") for number in range(3)),
        *(_install(f"ins_purge_{number}", "itg_chat", **_gone(yesterday)) for number in range(2)),
        *(
            _install(
                f"ins_dock_{day:02}",
                "itg_forms",
                workspaceId=DOCK,
                installedAt=f"2026-03-{day:02}T00:00:00.000Z",
            )
            for day in range(1, TO_PAGE + 1)
        ),
    ]


def _gone(at: str) -> dict[str, object]:
    return {"deletedAt": at, "retentionTier": "short"}


def _install(install_id: str, integration_id: str, **fields: object) -> Row:
    return rows.install(
        install_id,
        **{
            "workspaceId": HARBOR,
            "integrationId": integration_id,
            "integrationVersionId": "itv_one",
            "installedBy": "usr_cora",
            **fields,
        },
    )


def _family(name: str, **fields: object) -> list[Row]:
    """An install with three members, a solution, an add-on, and an add-on of that."""
    root = f"ins_{name}"
    member = {"workspaceId": HARBOR, "addedBy": "usr_cora", **fields}
    state = {**member, "enabled": False} if fields else member
    return [
        rows.solution(f"sol_{name}", workspaceId=HARBOR, name=f"Office of {name}", **fields),
        _install(root, "itg_books", solutionId=f"sol_{name}", **fields),
        rows.member(f"mem_{name}_on", root, **state),
        rows.member(f"mem_{name}_off", root, **{**member, "enabled": False}),
        rows.member(f"mem_{name}_own", root, **{**state, "detached": True}),
        _install(f"{root}_mail", "itg_mailer", parentInstallId=root, **fields),
        rows.member(f"mem_{name}_mail", f"{root}_mail", **state),
        _install(f"{root}_mail_chat", "itg_chat", parentInstallId=f"{root}_mail", **fields),
    ]
