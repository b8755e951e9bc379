"""The schema: entities, their fields and their relations (CONTRACT.md sections 1 and 2).

It is the one table of fields and relations: the parser, the order, the cursor, the joins and the
OpenAPI document follow it. tests/unit/query/language/test_schema.py compares everything else with
it. An install's ``solutionId`` and the relation of which it is the foreign key::

    _id("solutionId", nullable=True)
    Relation("solution", "Solution", foreign_key="solutionId")

Rows are mappings from field names to values, in which a null is an absent key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from installs.model import MemberPolicy, RetentionTier, TrustTier, Visibility
from installs.principals import UserRole

Row = Mapping[str, Any]
"""A row: camelCase field to its value; a null is absent; a JSON object is its text."""


class Kind(StrEnum):
    """The kind of a field's values, which decides its operators."""

    ID = "id"
    ENUM = "enum"
    DATE = "date"
    STRING = "string"
    BOOLEAN = "boolean"
    JSON = "object"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity."""

    name: str
    kind: Kind
    nullable: bool = False
    values: tuple[str, ...] = ()
    """The values of an enum, in their declared order."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation from an entity to rows of another, or of itself."""

    name: str
    target: str
    """The name of the related entity."""
    foreign_key: str
    """The field with the id: the row's own if to-one, of the related rows if to-many."""
    many: bool = False
    scoped: bool = True
    """True if the related row is seen only by those who see its workspace."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A type of row."""

    name: str
    fields: Mapping[str, Field]
    relations: Mapping[str, Relation]


def _id(name: str, *, nullable: bool = False) -> Field:
    return Field(name, Kind.ID, nullable)


def _date(name: str, *, nullable: bool = False) -> Field:
    return Field(name, Kind.DATE, nullable)


def _string(name: str, *, nullable: bool = False) -> Field:
    return Field(name, Kind.STRING, nullable)


def _enum(name: str, values: type[StrEnum], *, nullable: bool = False) -> Field:
    return Field(name, Kind.ENUM, nullable, tuple(str(value) for value in values))


def _boolean(name: str) -> Field:
    return Field(name, Kind.BOOLEAN)


def _json(name: str) -> Field:
    return Field(name, Kind.JSON)


def _entity(name: str, *parts: Field | Relation) -> Entity:
    return Entity(
        name,
        {part.name: part for part in parts if isinstance(part, Field)},
        {part.name: part for part in parts if isinstance(part, Relation)},
    )


INSTALL: Final = _entity(
    "Install",
    _id("id"),
    _id("integrationId"),
    _id("integrationVersionId"),
    _id("workspaceId"),
    _json("variables"),
    _id("authStateId", nullable=True),
    _enum("memberPolicy", MemberPolicy),
    _id("parentInstallId", nullable=True),
    _id("solutionId", nullable=True),
    _id("installedBy"),
    _date("installedAt"),
    _date("lastUpgradedAt", nullable=True),
    _date("deletedAt", nullable=True),
    _enum("retentionTier", RetentionTier, nullable=True),
    Relation("integration", "Integration", "integrationId", scoped=False),
    Relation("integrationVersion", "IntegrationVersion", "integrationVersionId", scoped=False),
    Relation("workspace", "Workspace", "workspaceId", scoped=False),
    Relation("solution", "Solution", "solutionId"),
    Relation("parentInstall", "Install", "parentInstallId"),
    Relation("installer", "User", "installedBy", scoped=False),
    Relation("members", "IntegrationMember", "integrationInstallId", many=True),
    Relation("addOns", "Install", "parentInstallId", many=True),
)

INTEGRATION_MEMBER: Final = _entity(
    "IntegrationMember",
    _id("id"),
    _id("integrationInstallId"),
    _id("workspaceId"),
    _id("entityId"),
    _id("entityVersionId", nullable=True),
    _string("sourceMemberSlug"),
    _boolean("isClone"),
    _id("sourceVersionId", nullable=True),
    _boolean("detached"),
    _boolean("enabled"),
    _json("permissions"),
    _id("addedBy"),
    _date("addedAt"),
    _date("deletedAt", nullable=True),
    _enum("retentionTier", RetentionTier, nullable=True),
)

SOLUTION: Final = _entity(
    "Solution",
    _id("id"),
    _id("workspaceId"),
    _string("name"),
    _string("description", nullable=True),
    _id("createdBy"),
    _date("createdAt"),
    _date("updatedAt"),
    _date("deletedAt", nullable=True),
    _enum("retentionTier", RetentionTier, nullable=True),
)

INTEGRATION: Final = _entity(
    "Integration",
    _id("id"),
    _id("workspaceId"),
    _string("slug"),
    _string("name"),
    _string("description", nullable=True),
    _string("publisher"),
    _enum("trustTier", TrustTier),
    _string("currentVersion", nullable=True),
    _enum("visibility", Visibility),
    _date("createdAt"),
    _date("updatedAt"),
    _date("deletedAt", nullable=True),
)

INTEGRATION_VERSION: Final = _entity(
    "IntegrationVersion",
    _id("id"),
    _id("integrationId"),
    _string("version"),
    _string("changelog", nullable=True),
    _id("publishedBy"),
    _date("publishedAt"),
)

WORKSPACE: Final = _entity(
    "Workspace",
    _id("id"),
    _id("organizationId", nullable=True),
    _string("name"),
    _string("handle"),
    _id("ownerId"),
    _enum("defaultRetentionTier", RetentionTier, nullable=True),
    _date("createdAt"),
    _date("updatedAt"),
    _date("deletedAt", nullable=True),
)

USER: Final = _entity(
    "User",
    _id("id"),
    _string("name"),
    _string("email"),
    _string("handle"),
    _enum("role", UserRole),
    _date("createdAt"),
)

Entities = Mapping[str, Entity]
"""The entities that a caller knows, by name."""

ENTITIES: Final[Entities] = {
    entity.name: entity
    for entity in (
        INSTALL,
        INTEGRATION_MEMBER,
        SOLUTION,
        INTEGRATION,
        INTEGRATION_VERSION,
        WORKSPACE,
        USER,
    )
}

_PUBLIC_FIELDS: Final = ("id", "name", "handle", "createdAt")

PUBLIC_ENTITIES: Final[Entities] = {
    **ENTITIES,
    "User": _entity("User", *(USER.fields[name] for name in _PUBLIC_FIELDS)),
}
"""The entities as a public key knows them: of people no more than a page shows to strangers."""


def target(relation: Relation, entities: Entities = ENTITIES) -> Entity:
    """Return the related entity of a relation."""
    return entities[relation.target]
