"""The rows: enums and frozen records, nothing else (CONTRACT.md section 1).

Every field is always present; ``None`` where the contract says ``null``. Timestamps are RFC 3339
UTC with milliseconds and fixed width (``2026-11-23T10:00:00.000Z``), so that the order of the
strings is the order of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MemberPolicy(StrEnum):
    """The members of an integration that an install materialises."""

    AUTO_ALL = "auto_all"
    AUTO_DEFAULTS = "auto_defaults"
    MANUAL = "manual"


class RetentionTier(StrEnum):
    """The time for which a deleted row stays in the trash."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"
    NONE = "none"


class TrustTier(StrEnum):
    """The publisher's level of trust."""

    FIRST_PARTY = "first_party"
    VENDOR_OFFICIAL = "vendor_official"
    VERIFIED_PARTNER = "verified_partner"
    VERIFIED_PUBLISHER = "verified_publisher"
    COMMUNITY = "community"


class Visibility(StrEnum):
    """The visibility of an integration to others."""

    PRIVATE = "private"
    UNLISTED = "unlisted"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Install:
    """One integration installed in one workspace."""

    id: str
    integration_id: str
    integration_version_id: str
    workspace_id: str
    variables: str
    """The install's settings: a JSON object, as its text."""
    auth_state_id: str | None
    member_policy: str
    parent_install_id: str | None
    solution_id: str | None
    installed_by: str
    installed_at: str
    last_upgraded_at: str | None
    deleted_at: str | None
    retention_tier: str | None


@dataclass(frozen=True, slots=True)
class IntegrationMember:
    """An entity that an install brought into its workspace."""

    id: str
    integration_install_id: str
    workspace_id: str
    entity_id: str
    entity_version_id: str | None
    source_member_slug: str
    is_clone: bool
    source_version_id: str | None
    detached: bool
    enabled: bool
    permissions: str
    """A JSON object, as its text."""
    added_by: str
    added_at: str
    deleted_at: str | None
    retention_tier: str | None


@dataclass(frozen=True, slots=True)
class Solution:
    """A group of what installs brought in."""

    id: str
    workspace_id: str
    name: str
    description: str | None
    created_by: str
    created_at: str
    updated_at: str
    deleted_at: str | None
    retention_tier: str | None


@dataclass(frozen=True, slots=True)
class SolutionMember:
    """One entity in a solution."""

    id: str
    solution_id: str
    entity_id: str
    added_by: str
    added_at: str
    deleted_at: str | None
    retention_tier: str | None


@dataclass(frozen=True, slots=True)
class Integration:
    """Something that can be installed."""

    id: str
    workspace_id: str
    slug: str
    name: str
    description: str | None
    publisher: str
    trust_tier: str
    current_version: str | None
    visibility: str
    created_at: str
    updated_at: str
    deleted_at: str | None


@dataclass(frozen=True, slots=True)
class IntegrationVersion:
    """A published version of an integration."""

    id: str
    integration_id: str
    version: str
    changelog: str | None
    published_by: str
    published_at: str


@dataclass(frozen=True, slots=True)
class Workspace:
    """A tenant: every install belongs to one."""

    id: str
    organization_id: str | None
    name: str
    handle: str
    owner_id: str
    default_retention_tier: str | None
    created_at: str
    updated_at: str
    deleted_at: str | None


@dataclass(frozen=True, slots=True)
class User:
    """A person or a service that calls the API."""

    id: str
    name: str
    email: str
    handle: str
    role: str
    created_at: str


@dataclass(frozen=True, slots=True)
class WorkspaceMember:
    """A user's role in a workspace."""

    id: str
    workspace_id: str
    user_id: str
    role: str
    created_at: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that calls the API without a JSON Web Token; only its hash is kept."""

    id: str
    kind: str
    workspace_id: str | None
    user_id: str | None
    role: str
    secret_sha256: str
    expires_at: str | None
    deleted_at: str | None
    label: str | None
    created_at: str | None


Row = (
    Install
    | IntegrationMember
    | Solution
    | SolutionMember
    | Integration
    | IntegrationVersion
    | Workspace
    | User
    | WorkspaceMember
    | ApiKey
)
