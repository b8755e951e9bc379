"""JSON Schemas of the details of events, one for each detail type, from the service's own code.

They are open: a consumer must ignore what it does not know, so that a member may be added.
"""

from __future__ import annotations

import json
from typing import Any, Final

from installs.events.details import DETAIL_TYPES, SCHEMA_VERSION, VARIABLES
from installs.origin import ActorKind, Cause
from installs.query.language.schema import INSTALL
from installs.store.history import ChangeKind
from tools.local.paths import ROOT
from tools.openapi.filters import DATE, ID
from tools.openapi.rows import inline_fields

Schema = dict[str, Any]

FOLDER: Final = ROOT / "events" / "schemas"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

ABOUT: Final = {
    "Install Created": "An install came into being: live, or in the trash of its parent.",
    "Install Changed": "Fields of an install changed; `fields` names them.",
    "Install Uninstalled": "An install went into the trash, by a request or with its parent.",
    "Install Restored": "An install came back from the trash.",
    "Install Purged": "An install is gone for good, by a request or at the end of its retention.",
    "Install Settled": "All that a change of an install entails is done.",
}
"""The detail types, in the order of an install's life."""

_FIELDS: Final = {
    "schemaVersion": "The version of this schema. It grows only if a consumer could break.",
    "eventId": "The same for the same change, however often it is sent.",
    "revision": "Grows with each change of the install. Settled has that of the change it ends.",
    "occurredAt": "The time of the change.",
    "installId": "The install.",
    "workspaceId": "Its workspace.",
    "install": "The install after the change; before a purge. In a replayed event as it is now, "
    "`null` if it is gone. In Settled always `null`.",
    "omitted": "Fields of `install` that are `null` because the event was too large for the bus.",
    "fields": "Names of the fields that changed.",
    "deletionId": "Everything that one uninstall deletes has its id.",
    "cause": "`null`: written by a version of the service that kept no history.",
    "actor": "The actor; `null` as `cause`. `id` is `null` where nobody acts.",
    "requestId": "The request that began it.",
    "traceId": "The trace of that request.",
    "replayed": "True if it was sent again from history.",
    "counts": "Numbers of dependents, without those of add-ons, which have events of their own.",
}


def schema_of(detail_type: str) -> Schema:
    """Return the schema of a type's detail."""
    settled = detail_type == DETAIL_TYPES[ChangeKind.SETTLED]
    properties: Schema = {
        "schemaVersion": {"const": SCHEMA_VERSION},
        "eventId": {"type": "string", "format": "uuid"},
        "revision": {"type": "integer", "minimum": 1},
        "occurredAt": DATE,
        "installId": ID,
        "workspaceId": ID,
        "install": {"type": "null"} if settled else _install(),
        "omitted": {"type": "array", "items": {"enum": [VARIABLES]}},
        "fields": {"type": "array", "items": {"type": "string"}},
        "deletionId": _or_null({"type": "string"}),
        "cause": {"enum": [*map(str, Cause), None]},
        "actor": _or_null(
            _object({"id": _or_null({"type": "string"}), "kind": {"enum": [*map(str, ActorKind)]}})
        ),
        "requestId": _or_null({"type": "string"}),
        "traceId": _or_null({"type": "string"}),
        "replayed": {"type": "boolean"},
    }
    if settled:
        count = {"type": "integer", "minimum": 0}
        properties["counts"] = _object({"deleted": count, "restored": count, "purged": count})
    described = {
        name: {"description": _FIELDS[name], **value} for name, value in properties.items()
    }
    return {"title": detail_type, "description": ABOUT[detail_type], **_object(described)}


def files() -> dict[str, str]:
    """Return the text of each file of ``events/schemas`` by its name."""
    return {
        f"{name_of(detail_type)}.json": json.dumps(
            {"$schema": DIALECT, **schema_of(detail_type)}, indent=2
        )
        + "\n"
        for detail_type in ABOUT
    }


def name_of(detail_type: str) -> str:
    """Return the name of a type's file: ``install-created``."""
    return detail_type.lower().replace(" ", "-")


def _install() -> Schema:
    fields = inline_fields(INSTALL)
    variables = {**fields[VARIABLES], "type": ["object", "null"]}
    return _or_null(_object({**fields, VARIABLES: variables}))


def _object(properties: Schema) -> Schema:
    """Return the schema of an object that has all of the members, and maybe others."""
    return {"type": "object", "required": list(properties), "properties": properties}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}
