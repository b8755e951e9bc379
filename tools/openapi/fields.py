"""Texts of the document: the fields and relations of each entity, and the values of its enums.

A field of a row and the property of a filter on it have the same text
(tests/unit/query/language/test_schema_elsewhere.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from installs.model import MemberPolicy, RetentionTier, TrustTier, Visibility
from installs.principals import UserRole

if TYPE_CHECKING:
    from enum import StrEnum

_DELETED_AT: Final = "The time of its deletion; null while it is live."
_RETENTION_TIER: Final = (
    "Its retention in the trash; null while it is live. A deleted row without one is kept."
)

FIELDS: Final[dict[str, dict[str, str]]] = {
    "Install": {
        "id": "The id of the install.",
        "integrationId": "The integration that is installed.",
        "integrationVersionId": "The installed version of the integration.",
        "workspaceId": "The workspace that it is installed in.",
        "variables": "The install's settings; any JSON object.",
        "authStateId": "Its authorization state, if it needs one.",
        "memberPolicy": "The policy by which its entities become members.",
        "parentInstallId": "The install that this add-on extends, if it is one.",
        "solutionId": "The solution that groups its entities, if there is one.",
        "installedBy": "The user who installed it.",
        "installedAt": "The time of the installation.",
        "lastUpgradedAt": "The time of the last change of version, if any.",
        "deletedAt": "The time of the uninstall; null while it is live.",
        "retentionTier": _RETENTION_TIER,
    },
    "IntegrationMember": {
        "id": "The id of the member.",
        "integrationInstallId": "The install that brought it in.",
        "workspaceId": "The workspace that it is in.",
        "entityId": "The entity that the install materialised.",
        "entityVersionId": "The version of the entity, if it has versions.",
        "sourceMemberSlug": "The slug of the member in the integration that it comes from.",
        "isClone": "True if the entity is a copy of the integration's own.",
        "sourceVersionId": "The version of the integration that it was copied from, if any.",
        "detached": "True if upgrades of the integration no longer change it.",
        "enabled": "True if it is in use. An uninstall sets it to false, a restore back.",
        "permissions": "The permissions of the member; any JSON object.",
        "addedBy": "The user who added it.",
        "addedAt": "The time at which it was added.",
        "deletedAt": _DELETED_AT,
        "retentionTier": _RETENTION_TIER,
    },
    "Solution": {
        "id": "The id of the solution.",
        "workspaceId": "The workspace that it is in.",
        "name": "The name of the solution.",
        "description": "Its description, if it has one.",
        "createdBy": "The user who created it.",
        "createdAt": "The time of its creation.",
        "updatedAt": "The time of its last change.",
        "deletedAt": _DELETED_AT,
        "retentionTier": _RETENTION_TIER,
    },
    "Integration": {
        "id": "The id of the integration.",
        "workspaceId": "The workspace in which it was authored.",
        "slug": "Its short name, as in an address.",
        "name": "The name of the integration.",
        "description": "Its description, if it has one.",
        "publisher": "The name of its publisher.",
        "trustTier": "The trust in its publisher.",
        "currentVersion": "The text of its current version, such as 3.0.0, if it has one.",
        "visibility": "The workspaces that may see it.",
        "createdAt": "The time of its creation.",
        "updatedAt": "The time of its last change.",
        "deletedAt": _DELETED_AT,
    },
    "IntegrationVersion": {
        "id": "The id of the version.",
        "integrationId": "The integration that it is a version of.",
        "version": "The text of the version, such as 3.0.0.",
        "changelog": "Its changes, if they are written down.",
        "publishedBy": "The user who published it.",
        "publishedAt": "The time of its publication.",
    },
    "Workspace": {
        "id": "The id of the workspace.",
        "organizationId": "The organization that it belongs to, if any.",
        "name": "The name of the workspace.",
        "handle": "Its short name, as in an address.",
        "ownerId": "The user who owns it.",
        "defaultRetentionTier": "The tier of what is uninstalled in it; null for the stack's.",
        "createdAt": "The time of its creation.",
        "updatedAt": "The time of its last change.",
        "deletedAt": _DELETED_AT,
    },
    "User": {
        "id": "The id of the user.",
        "name": "The name of the user.",
        "email": "The email address of the user.",
        "handle": "Its short name, as in an address.",
        "role": "The role in the whole platform; an admin sees every workspace.",
        "createdAt": "The time of its creation.",
    },
}
"""The text of each field, by entity, in the order of the schema."""

RELATIONS: Final = {
    "integration": "The integration that is installed.",
    "integrationVersion": "The installed version.",
    "workspace": "The workspace that it is installed in.",
    "solution": "The solution that groups its entities.",
    "parentInstall": "The install that this add-on extends.",
    "installer": "The user of installedBy.",
    "members": "The entities that the install materialised.",
    "addOns": "The installs whose parent this is.",
}
"""The text of each relation of an install."""

ENUMS: Final[dict[type[StrEnum], str]] = {
    MemberPolicy: """\
The policy by which entities of the integration become members of the install. `auto_all`: all of
them. `auto_defaults`: those that the integration marks as defaults. `manual`: those that a person
adds. The platform applies it.""",
    RetentionTier: """\
The time that a deleted row stays in the trash before it is deleted for good. `short`: 7 days.
`medium`: 30 days. `long`: 90 days. `none`: for ever. Rows sort in this order.""",
    TrustTier: "The trust in the publisher of an integration, the most trusted first.",
    UserRole: "The role of a user in the whole platform; `admin` sees every workspace.",
    Visibility: """\
The workspaces that may see an integration. `private`: those where it was authored or is installed.
`unlisted` and `public`: all.""",
}
"""The text of each enum of the model."""

DIRECTIONS: Final = """\
A direction of a sort. Plain `asc` puts nulls last and plain `desc` puts them first, as PostgreSQL
does; the other four say where nulls go."""

QUANTIFIERS: Final = {
    "some": "True if at least one row matches the filter.",
    "every": "True if all rows match the filter; true if there are no rows.",
    "none": "True if no row matches the filter.",
}
"""The text of each quantifier of a relation to many."""
