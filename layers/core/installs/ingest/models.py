"""A pydantic model for each type of row that comes in (CONTRACT.md sections 1 and 10).

The one module of the core that needs pydantic, beside ``values``: its import takes longer than the
whole start of a function that answers requests.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from installs import model
from installs.api_keys import MAX_LABEL
from installs.ingest.values import (  # noqa: TC001 - pydantic reads them
    Id,
    Instant,
    JsonObject,
    Sha256,
    Timestamp,
)
from installs.model import MemberPolicy, RetentionTier, TrustTier, Visibility
from installs.principals import KeyKind, UserRole, WorkspaceRole
from installs.store import items

# An enum comes as its string, which pydantic takes in lax mode alone; nothing else passes for one.
_LAX: Final = Field(strict=False)
Tier = Annotated[RetentionTier, _LAX]


STRICT: Final = ConfigDict(
    strict=True,
    extra="forbid",
    frozen=True,
    alias_generator=items.camel_case,
    use_enum_values=True,
)
"""Nothing is converted, and nothing passes that the contract does not name."""


class Envelope(BaseModel):
    """The members of a line that say what to do with its row."""

    model_config = STRICT

    merge: bool = False
    delete: bool = False
    as_of: Instant | None = None


class RowModel(BaseModel):
    """A row, by the contract's field names; a field that may be null may also be absent."""

    model_config = STRICT
    row_type: ClassVar[type[model.Row]]

    id: Id

    def row(self) -> model.Row:
        """The record."""
        return self.row_type(*[getattr(self, name) for name, _ in items.FIELD_NAMES[self.row_type]])


class Deletable(RowModel):
    """A row that a trash keeps for a time: the tier is set only with the deletion."""

    deleted_at: Timestamp | None = None
    retention_tier: Tier | None = None

    @model_validator(mode="after")
    def _tier_of_a_deletion(self) -> Self:
        if self.retention_tier is not None and self.deleted_at is None:
            raise PydanticCustomError("tier", "has a retentionTier, but no deletedAt")
        return self


class InstallModel(Deletable):
    """An install."""

    row_type = model.Install
    integration_id: Id
    integration_version_id: Id
    workspace_id: Id
    variables: JsonObject
    auth_state_id: Id | None = None
    member_policy: Annotated[MemberPolicy, _LAX]
    parent_install_id: Id | None = None
    solution_id: Id | None = None
    installed_by: Id
    installed_at: Timestamp
    last_upgraded_at: Timestamp | None = None


class IntegrationMemberModel(Deletable):
    """A member of an install."""

    row_type = model.IntegrationMember
    integration_install_id: Id
    workspace_id: Id
    entity_id: Id
    entity_version_id: Id | None = None
    source_member_slug: str
    is_clone: bool
    source_version_id: Id | None = None
    detached: bool
    enabled: bool
    permissions: JsonObject
    added_by: Id
    added_at: Timestamp


class SolutionModel(Deletable):
    """A solution."""

    row_type = model.Solution
    workspace_id: Id
    name: str
    description: str | None = None
    created_by: Id
    created_at: Timestamp
    updated_at: Timestamp


class SolutionMemberModel(Deletable):
    """A member of a solution."""

    row_type = model.SolutionMember
    solution_id: Id
    entity_id: Id
    added_by: Id
    added_at: Timestamp


class IntegrationModel(RowModel):
    """An integration."""

    row_type = model.Integration
    workspace_id: Id
    slug: str
    name: str
    description: str | None = None
    publisher: str
    trust_tier: Annotated[TrustTier, _LAX]
    current_version: str | None = None
    visibility: Annotated[Visibility, _LAX]
    created_at: Timestamp
    updated_at: Timestamp
    deleted_at: Timestamp | None = None


class IntegrationVersionModel(RowModel):
    """A version of an integration."""

    row_type = model.IntegrationVersion
    integration_id: Id
    version: str
    changelog: str | None = None
    published_by: Id
    published_at: Timestamp


class WorkspaceModel(RowModel):
    """A workspace."""

    row_type = model.Workspace
    organization_id: Id | None = None
    name: str
    handle: str
    owner_id: Id
    default_retention_tier: Tier | None = None
    created_at: Timestamp
    updated_at: Timestamp
    deleted_at: Timestamp | None = None


class UserModel(RowModel):
    """A user."""

    row_type = model.User
    name: str
    email: str
    handle: str
    role: Annotated[UserRole, _LAX]
    created_at: Timestamp


class WorkspaceMemberModel(RowModel):
    """A user's role in a workspace."""

    row_type = model.WorkspaceMember
    workspace_id: Id
    user_id: Id
    role: Annotated[WorkspaceRole, _LAX]
    created_at: Timestamp


class ApiKeyModel(RowModel):
    """An API key: a user's (``tok``), or a workspace's (``sec``, ``pub``)."""

    row_type = model.ApiKey
    kind: Annotated[KeyKind, _LAX]
    workspace_id: Id | None = None
    user_id: Id | None = None
    role: Annotated[WorkspaceRole, _LAX]
    secret_sha256: Sha256
    expires_at: Timestamp | None = None
    deleted_at: Timestamp | None = None
    label: Annotated[str, Field(min_length=1, max_length=MAX_LABEL)] | None = None
    created_at: Timestamp | None = None

    @model_validator(mode="after")
    def _one_owner(self) -> Self:
        owned = (self.workspace_id is not None, self.user_id is not None)
        if owned != ((False, True) if self.kind == KeyKind.TOKEN else (True, False)):
            owner = "a userId and no workspaceId"
            if self.kind != KeyKind.TOKEN:
                owner = "a workspaceId and no userId"
            raise PydanticCustomError("owner", f"must have {owner}, being of kind {self.kind}")
        return self


MODELS: Final[dict[str, type[RowModel]]] = {
    "install": InstallModel,
    "integrationMember": IntegrationMemberModel,
    "solution": SolutionModel,
    "solutionMember": SolutionMemberModel,
    "integration": IntegrationModel,
    "integrationVersion": IntegrationVersionModel,
    "workspace": WorkspaceModel,
    "user": UserModel,
    "workspaceMember": WorkspaceMemberModel,
    "apiKey": ApiKeyModel,
}
"""The models by the ``type`` of a line."""
