"""Everything that can be asked about: ``where.install.member_policy.eq("manual")``.

Filters are of installs, ``where.install``; the others stand inside relations::

    where.install.solution(where.solution.name.starts_withi("crm"))
    where.install.members.some(where.member.enabled.eq(True))
"""

from __future__ import annotations

from typing import Final, get_args

from installs_client.fields import (
    Boolean,
    Date,
    Enum,
    Id,
    Json,
    NullableEnum,
    NullableId,
    String,
    ToMany,
    ToOne,
)
from installs_client.filters import Entity, Filter, all_of, any_of
from installs_client.rows import MemberPolicy, RetentionTier, TrustTier, UserRole, Visibility

_POLICIES: Final = get_args(MemberPolicy)
_TIERS: Final = get_args(RetentionTier)
_TRUST: Final = get_args(TrustTier)
_VISIBILITIES: Final = get_args(Visibility)
_ROLES: Final = get_args(UserRole)


class MemberFields(Entity):
    """An entity that an install brought into its workspace."""

    id = Id["MemberFields"]()
    integration_install_id = Id["MemberFields"]()
    workspace_id = Id["MemberFields"]()
    entity_id = Id["MemberFields"]()
    entity_version_id = NullableId["MemberFields"]()
    source_member_slug = String["MemberFields"]()
    is_clone = Boolean["MemberFields"]()
    source_version_id = NullableId["MemberFields"]()
    detached = Boolean["MemberFields"]()
    enabled = Boolean["MemberFields"]()
    permissions = Json["MemberFields"]()
    added_by = Id["MemberFields"]()
    added_at = Date["MemberFields"]()
    deleted_at = Date["MemberFields"]()
    retention_tier = NullableEnum["MemberFields", RetentionTier](_TIERS)


class SolutionFields(Entity):
    """The solution of an install; absent where it is in none, so that any field may be null."""

    id = NullableId["SolutionFields"]()
    workspace_id = NullableId["SolutionFields"]()
    name = String["SolutionFields"]()
    description = String["SolutionFields"]()
    created_by = NullableId["SolutionFields"]()
    created_at = Date["SolutionFields"]()
    updated_at = Date["SolutionFields"]()
    deleted_at = Date["SolutionFields"]()
    retention_tier = NullableEnum["SolutionFields", RetentionTier](_TIERS)


class IntegrationFields(Entity):
    """The integration of an install; absent where the caller does not see it."""

    id = NullableId["IntegrationFields"]()
    workspace_id = NullableId["IntegrationFields"]()
    slug = String["IntegrationFields"]()
    name = String["IntegrationFields"]()
    description = String["IntegrationFields"]()
    publisher = String["IntegrationFields"]()
    trust_tier = NullableEnum["IntegrationFields", TrustTier](_TRUST)
    current_version = String["IntegrationFields"]()
    visibility = NullableEnum["IntegrationFields", Visibility](_VISIBILITIES)
    created_at = Date["IntegrationFields"]()
    updated_at = Date["IntegrationFields"]()
    deleted_at = Date["IntegrationFields"]()


class VersionFields(Entity):
    """The version of its integration that is installed; absent where the caller does not see it."""

    id = NullableId["VersionFields"]()
    integration_id = NullableId["VersionFields"]()
    version = String["VersionFields"]()
    changelog = String["VersionFields"]()
    published_by = NullableId["VersionFields"]()
    published_at = Date["VersionFields"]()


class WorkspaceFields(Entity):
    """The workspace of an install."""

    id = NullableId["WorkspaceFields"]()
    organization_id = NullableId["WorkspaceFields"]()
    name = String["WorkspaceFields"]()
    handle = String["WorkspaceFields"]()
    owner_id = NullableId["WorkspaceFields"]()
    default_retention_tier = NullableEnum["WorkspaceFields", RetentionTier](_TIERS)
    created_at = Date["WorkspaceFields"]()
    updated_at = Date["WorkspaceFields"]()
    deleted_at = Date["WorkspaceFields"]()


class UserFields(Entity):
    """The user who installed."""

    id = NullableId["UserFields"]()
    name = String["UserFields"]()
    email = String["UserFields"]()
    handle = String["UserFields"]()
    role = NullableEnum["UserFields", UserRole](_ROLES)
    created_at = Date["UserFields"]()


class InstallFields(Entity):
    """An install."""

    sortable = True

    id = Id["InstallFields"]()
    integration_id = Id["InstallFields"]()
    integration_version_id = Id["InstallFields"]()
    workspace_id = Id["InstallFields"]()
    variables = Json["InstallFields"]()
    auth_state_id = NullableId["InstallFields"]()
    member_policy = Enum["InstallFields", MemberPolicy](_POLICIES)
    parent_install_id = NullableId["InstallFields"]()
    solution_id = NullableId["InstallFields"]()
    installed_by = Id["InstallFields"]()
    installed_at = Date["InstallFields"]()
    last_upgraded_at = Date["InstallFields"]()
    deleted_at = Date["InstallFields"]()
    retention_tier = NullableEnum["InstallFields", RetentionTier](_TIERS)

    integration = ToOne["InstallFields", IntegrationFields](lambda: IntegrationFields)
    integration_version = ToOne["InstallFields", VersionFields](lambda: VersionFields)
    workspace = ToOne["InstallFields", WorkspaceFields](lambda: WorkspaceFields)
    solution = ToOne["InstallFields", SolutionFields](lambda: SolutionFields)
    parent_install = ToOne["InstallFields", "ParentFields"](lambda: ParentFields)
    installer = ToOne["InstallFields", UserFields](lambda: UserFields)
    members = ToMany["InstallFields", MemberFields](lambda: MemberFields)
    add_ons = ToMany["InstallFields", "InstallFields"](lambda: InstallFields)


class ParentFields(InstallFields):
    """The install that an add-on extends: it may be absent, so that any field may be null."""

    sortable = False

    # Of these the install's own are never null. A filter of an install holds for a parent, too; a
    # field of a parent is no field of an install, and mypy would have it be one.
    id = NullableId["ParentFields"]()  # type: ignore[assignment]
    integration_id = NullableId["ParentFields"]()  # type: ignore[assignment]
    integration_version_id = NullableId["ParentFields"]()  # type: ignore[assignment]
    workspace_id = NullableId["ParentFields"]()  # type: ignore[assignment]
    member_policy = NullableEnum["ParentFields", MemberPolicy](_POLICIES)  # type: ignore[assignment]
    installed_by = NullableId["ParentFields"]()  # type: ignore[assignment]


install: Final = InstallFields
parent_install: Final = ParentFields
member: Final = MemberFields
solution: Final = SolutionFields
integration: Final = IntegrationFields
integration_version: Final = VersionFields
workspace: Final = WorkspaceFields
user: Final = UserFields

InstallFilter = Filter[InstallFields]

__all__ = [
    "InstallFilter",
    "all_of",
    "any_of",
    "install",
    "integration",
    "integration_version",
    "member",
    "parent_install",
    "solution",
    "user",
    "workspace",
]
