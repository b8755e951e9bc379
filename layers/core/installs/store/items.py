"""Conversion of rows to items of the table, and back.

A row's fields are attributes of the same (camelCase) names. A null is an absent attribute:
DynamoDB's NULL type is never written. The JSON objects ``variables`` and ``permissions`` are stored
as text, so that they are returned exactly as they were received.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, get_args

from installs import model
from installs.lifecycle import Deletion, InstallState
from installs.store import keys
from installs.store.keys import Key, State

if TYPE_CHECKING:
    from installs.model import Row

Item = dict[str, dict[str, Any]]
"""An item of DynamoDB's low-level API: ``{"name": {"S": "value"}}``."""

Fields = Mapping[str, Any]
"""A row by its contract's field names; a null is absent."""

DELETION_ID: Final = "deletionId"
CASCADED: Final = "cascaded"
PURGE_AT: Final = "purgeAt"
ENABLED_BEFORE: Final = "enabledBefore"
LIVE: Final = "live"
CHANGES: Final = "changes"
REVISION: Final = "revision"
AS_OF: Final = "asOf"
ORPHAN_OF: Final = "orphanOf"
SOLUTION_VERSION: Final = "epoch"


def camel_case(name: str) -> str:
    """Return the contract's spelling of a name: ``workspaceId`` for ``workspace_id``."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


FIELD_NAMES: Final[Mapping[type, tuple[tuple[str, str], ...]]] = {
    row_type: tuple((field.name, camel_case(field.name)) for field in fields(row_type))
    for row_type in get_args(model.Row)
}
"""The fields of each type of row, in order: the record's name and the contract's."""


def encode(value: str | bool | int) -> dict[str, Any]:
    """Encode one value as a typed attribute."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    return {"S": str(value)}


def decode(item: Item) -> dict[str, Any]:
    """Return all attributes of an item as plain values, by name."""
    return {name: _decoded(typed) for name, typed in item.items()}


def decode_fields(item: Item, wanted: Iterable[str]) -> dict[str, Any]:
    """Return some attributes as plain values; absent ones are left out."""
    values: dict[str, Any] = {}
    for name in wanted:
        typed = item.get(name)
        if typed is not None:
            # Most are strings; checked first, since lists decode many.
            values[name] = typed["S"] if "S" in typed else _decoded(typed)
    return values


_NULL: Final[Mapping[str, None]] = {"S": None}
"""The value of an absent attribute, in place of a string."""


def string_fields(item: Item, row_type: type) -> dict[str, str | None]:
    """Return all fields of a type of row that has only string fields; ``None`` if absent."""
    return {name: item.get(name, _NULL)["S"] for _, name in FIELD_NAMES[row_type]}


def _decoded(typed: dict[str, Any]) -> Any:  # noqa: ANN401 - a string, a number or a boolean
    ((tag, value),) = typed.items()
    return int(value) if tag == "N" else value


def encode_key(key: Key) -> Item:
    """Encode a primary key."""
    return {keys.PK: {"S": key.pk}, keys.SK: {"S": key.sk}}


def row_to_item(key: Key, row: Row, **marks: str | bool | int | None) -> Item:
    """Encode a row: its key, its fields, and marks such as ``purgeAt``; nulls are left out."""
    item = encode_key(key)
    for name, attribute in FIELD_NAMES[type(row)]:
        value = getattr(row, name)
        if value is not None:
            item[attribute] = encode(value)
    item.update({name: encode(value) for name, value in marks.items() if value is not None})
    return item


def install_to_item(state: InstallState) -> Item:
    """Encode an install, with its index keys and its deletion."""
    row = state.row
    marks: dict[str, str | bool | int | None] = {
        **index_keys(row),
        REVISION: state.revision or None,
        AS_OF: state.as_of,
        ORPHAN_OF: state.orphan_of,
    }
    if state.deletion is not None:
        marks[DELETION_ID] = state.deletion.id
        marks[PURGE_AT] = state.deletion.purge_at
        marks[CASCADED] = state.cascaded or None
    return row_to_item(keys.install(row.id), row, **marks)


def item_to_install(item: Item) -> InstallState:
    """Decode an install."""
    return fields_to_install(decode(item))


def fields_to_install(values: Fields) -> InstallState:
    """Return an install from the plain values of its item."""
    fields: list[Any] = [values.get(attribute) for _, attribute in FIELD_NAMES[model.Install]]
    row = model.Install(*fields)
    deletion = None
    if row.deleted_at is not None:
        deletion = Deletion(
            values[DELETION_ID], row.deleted_at, row.retention_tier, values.get(PURGE_AT)
        )
    return InstallState(
        row,
        deletion,
        values.get(CASCADED, False),
        revision=values.get(REVISION, 0),
        as_of=values.get(AS_OF),
        orphan_of=values.get(ORPHAN_OF),
    )


def index_keys(row: model.Install) -> dict[str, str]:
    """Return the key attributes of an install in the indexes; live and deleted ones differ."""
    state = State.LIVE if row.deleted_at is None else State.DELETED
    attributes = {
        keys.BY_WORKSPACE.partition: keys.partition(row.workspace_id, state),
        keys.BY_INTEGRATION.partition: keys.partition(row.integration_id, state),
        keys.BY_SHARD.partition: keys.partition(keys.shard(row.id), state),
        keys.BY_WORKSPACE.sort: keys.installed(row.installed_at, row.id),
        keys.BY_LATEST.sort: keys.latest(row.deleted_at or row.last_upgraded_at, row.id),
        keys.BY_INTEGRATION.sort: keys.workspace_installed(
            row.workspace_id, row.installed_at, row.id
        ),
    }
    if row.parent_install_id is not None:
        attributes[keys.BY_PARENT.partition] = keys.partition(row.parent_install_id, state)
    if row.solution_id is not None:
        attributes[keys.BY_SOLUTION.partition] = keys.partition(row.solution_id, state)
    return attributes
