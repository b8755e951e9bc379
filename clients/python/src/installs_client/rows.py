"""Rows and pages of the API (CONTRACT.md sections 1 and 2).

Values and fields that a newer service adds break nothing: enums are plain strings, and ``raw``
holds the row as it was sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, Self, TypeVar

from installs_client.related import (
    History,
    Integration,
    IntegrationMember,
    IntegrationVersion,
    Solution,
    User,
    Workspace,
)
from installs_client.values import field_values, json_object, text_or_none

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

T = TypeVar("T")

MemberPolicy = Literal["auto_all", "auto_defaults", "manual"]
RetentionTier = Literal["short", "medium", "long", "none"]
TrustTier = Literal[
    "first_party", "vendor_official", "verified_partner", "verified_publisher", "community"
]
Visibility = Literal["private", "unlisted", "public"]
UserRole = Literal["admin", "user", "service"]


@dataclass(frozen=True, slots=True)
class Related(Generic[T]):
    """The rows of a relation to many: their number, and the first of them."""

    total: int
    rows: tuple[T, ...]

    @classmethod
    def read(cls, related: Mapping[str, Any], read_row: Callable[[Mapping[str, Any]], T]) -> Self:
        """Read the rows; raises as ``Install.read`` does."""
        return cls(int(related["total"]), tuple(map(read_row, related["data"])))


@dataclass(frozen=True, slots=True)
class Included:
    """The related rows that ``include`` asked for, by id; what was not asked for is empty."""

    integrations: Mapping[str, Integration]
    integration_versions: Mapping[str, IntegrationVersion]
    workspaces: Mapping[str, Workspace]
    solutions: Mapping[str, Solution]
    parent_installs: Mapping[str, Install]
    users: Mapping[str, User]
    """The installers, by the ids of ``installed_by``, and the actors of the history."""
    members: Related[IntegrationMember] | None
    """Live members; None if they were not asked for."""
    add_ons: Related[Install] | None
    """Live add-ons; None if they were not asked for."""
    history: History | None
    """The newest changes; None if they were not asked for."""
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    """The rows as they were sent, by the API's names."""

    @classmethod
    def read(cls, included: Mapping[str, Any]) -> Self:
        """Read what an answer includes; raises as ``Install.read`` does."""

        def by_id(member: str, read_row: Callable[[Mapping[str, Any]], T]) -> Mapping[str, T]:
            rows = json_object(json_object(included).get(member, {}))
            return {row_id: read_row(row) for row_id, row in rows.items()}

        def related(member: str, read_row: Callable[[Mapping[str, Any]], T]) -> Related[T] | None:
            return Related.read(included[member], read_row) if member in included else None

        return cls(
            integrations=by_id("integrations", Integration.read),
            integration_versions=by_id("integrationVersions", IntegrationVersion.read),
            workspaces=by_id("workspaces", Workspace.read),
            solutions=by_id("solutions", Solution.read),
            parent_installs=by_id("parentInstalls", Install.read),
            users=by_id("users", User.read),
            members=related("members", IntegrationMember.read),
            add_ons=related("addOns", Install.read),
            history=History.read(included["history"]) if "history" in included else None,
            raw=included,
        )


NOTHING: Final = Included({}, {}, {}, {}, {}, {}, None, None, None, {})


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
    included: Included = field(default=NOTHING, repr=False, compare=False)
    """The related rows of its answer; of a list, those of the whole page."""

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """Read a row; raise ``ValueError``, ``TypeError`` or ``KeyError`` if it is malformed."""
        return cls._read(row, NOTHING)

    @classmethod
    def read_answer(cls, answer: Mapping[str, Any]) -> Self:
        """Read the answer of one install, with what it includes; raises as ``read`` does."""
        row = {name: value for name, value in json_object(answer).items() if name != "included"}
        return cls._read(row, Included.read(answer.get("included", {})))

    @classmethod
    def _read(cls, row: Mapping[str, Any], included: Included) -> Self:
        return cls(**field_values(cls, row), raw=row, included=included)


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
            start_cursor=text_or_none(info["startCursor"]),
            end_cursor=text_or_none(info["endCursor"]),
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, in its order."""

    rows: tuple[Install, ...]
    info: PageInfo
    included: Included = field(default=NOTHING, repr=False, compare=False)
    """The related rows of all of them."""

    @classmethod
    def read(cls, page: Mapping[str, Any]) -> Self:
        """Read the answer of a list; raises as ``Install.read`` does."""
        included = Included.read(page["included"]) if "included" in page else NOTHING
        rows = tuple(Install._read(row, included) for row in page["data"])
        return cls(rows, PageInfo.read(page["pageInfo"]), included)
