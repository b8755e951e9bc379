"""Rows and pages of the API (CONTRACT.md sections 1 and 2).

Values and fields that a newer service adds break nothing: enums are plain strings, and ``raw``
holds the row as it was sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

MemberPolicy = Literal["auto_all", "auto_defaults", "manual"]
RetentionTier = Literal["short", "medium", "long", "none"]
TrustTier = Literal[
    "first_party", "vendor_official", "verified_partner", "verified_publisher", "community"
]
Visibility = Literal["private", "unlisted", "public"]
UserRole = Literal["admin", "user", "service"]


@dataclass(frozen=True, slots=True)
class Install:
    """One integration installed in one workspace. Times are aware, in UTC."""

    id: str
    integration_id: str
    integration_version_id: str
    workspace_id: str
    variables: Mapping[str, Any] = field(hash=False)
    auth_state_id: str | None
    member_policy: str
    """A ``MemberPolicy``, or a value of a newer service."""
    parent_install_id: str | None
    solution_id: str | None
    installed_by: str
    installed_at: datetime
    last_upgraded_at: datetime | None
    deleted_at: datetime | None
    retention_tier: str | None
    """A ``RetentionTier``, or a value of a newer service; None on a live install."""
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    """The row as it was sent, by the API's names."""

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """Read a row; raise ``ValueError``, ``TypeError`` or ``KeyError`` if it is malformed."""
        return cls(
            id=_text(row["id"]),
            integration_id=_text(row["integrationId"]),
            integration_version_id=_text(row["integrationVersionId"]),
            workspace_id=_text(row["workspaceId"]),
            variables=_object(row["variables"]),
            auth_state_id=_text_or_none(row["authStateId"]),
            member_policy=_text(row["memberPolicy"]),
            parent_install_id=_text_or_none(row["parentInstallId"]),
            solution_id=_text_or_none(row["solutionId"]),
            installed_by=_text(row["installedBy"]),
            installed_at=datetime.fromisoformat(row["installedAt"]),
            last_upgraded_at=_time_or_none(row["lastUpgradedAt"]),
            deleted_at=_time_or_none(row["deletedAt"]),
            retention_tier=_text_or_none(row["retentionTier"]),
            raw=row,
        )


@dataclass(frozen=True, slots=True)
class PageInfo:
    """The place of a page in its list; all of it is exact."""

    total: int
    """Rows that match, whatever the page."""
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    """Cursor of the first row, for ``before``; None on an empty page."""
    end_cursor: str | None
    """Cursor of the last row, for ``after``; None on an empty page."""

    @classmethod
    def read(cls, info: Mapping[str, Any]) -> Self:
        """Read a ``pageInfo``; raises as ``Install.read`` does."""
        return cls(
            total=int(info["total"]),
            has_next_page=bool(info["hasNextPage"]),
            has_previous_page=bool(info["hasPreviousPage"]),
            start_cursor=_text_or_none(info["startCursor"]),
            end_cursor=_text_or_none(info["endCursor"]),
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, in its order."""

    rows: tuple[Install, ...]
    info: PageInfo

    @classmethod
    def read(cls, page: Mapping[str, Any]) -> Self:
        """Read the answer of a list; raises as ``Install.read`` does."""
        return cls(
            tuple(Install.read(row) for row in page["data"]), PageInfo.read(page["pageInfo"])
        )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a string")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _time_or_none(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value
