"""Rows as the API answers with them: the schemas of their fields, and of objects in general."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.openapi.fields import FIELDS
from tools.openapi.filters import inline_value, value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from installs.query.language.schema import Entity

Json = dict[str, Any]


def row_fields(entity: Entity) -> Json:
    """The schemas of the fields of an entity's rows, by name."""
    return {
        field.name: {
            "description": FIELDS[entity.name][field.name],
            **(or_null(value(field)) if field.nullable else value(field)),
        }
        for field in entity.fields.values()
    }


def inline_fields(entity: Entity) -> Json:
    """The same without references, for another document."""
    return {
        field.name: {
            "description": FIELDS[entity.name][field.name],
            **(or_null(inline_value(field)) if field.nullable else inline_value(field)),
        }
        for field in entity.fields.values()
    }


def or_null(schema: Json) -> Json:
    """The schema of a value that may be null."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    nullable = {**schema, "type": [schema["type"], "null"]}
    return {**nullable, "enum": [*schema["enum"], None]} if "enum" in schema else nullable


def answer(description: str, properties: Json, *, optional: Iterable[str] = ()) -> Json:
    """An object that has each of the members but the optional; a later version may add others."""
    absent = set(optional)
    required = [name for name in properties if name not in absent]
    return {
        "type": "object",
        "description": description,
        **({"required": required} if required else {}),
        "properties": properties,
    }
