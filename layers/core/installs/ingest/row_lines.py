"""Lines of all rows but installs: found by their id, checked, and written where they belong."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from installs import model
from installs.ingest import dependent_lines
from installs.ingest.decisions import (
    TOMBSTONE_DAYS,
    Decision,
    RejectedError,
    TakenError,
    Write,
    is_stale,
    latest,
    result,
)
from installs.ingest.dependent_lines import Terms
from installs.ingest.results import Outcome
from installs.store import items, keys, rows
from installs.store.api_keys import KEY_ID
from installs.store.expressions import Check, Delete, Equals, Exists, Missing, Update
from installs.store.rows import Stored

if TYPE_CHECKING:
    from installs.ingest.decisions import Options
    from installs.ingest.lines import Line
    from installs.ingest.snapshot import Snapshot
    from installs.store.expressions import Action
    from installs.store.items import Fields
    from installs.store.keys import Key


class KnownRow(NamedTuple):
    """The row of an id as it was read, the key in its locator, and the time of its removal."""

    before: Stored | None
    locator: Key | None
    removed: str | None

    @property
    def last(self) -> str | None:
        """The time of the last change that was applied."""
        return self.removed if self.before is None else self.before.as_of


def decide(line: Line, snapshot: Snapshot, options: Options) -> Decision:
    """Decide one line.

    Raises
    ------
    RejectedError, DeferredError, InvalidLineError
        It cannot be applied.
    UnreadError
        Items have to be read first.
    """
    found = _find(line, snapshot)
    if is_stale(line, found.last):
        return Decision(result(line, Outcome.STALE))
    if line.delete:
        return _remove(line, found, snapshot)
    before = found.before
    if before is None and line.patch is not None:
        raise RejectedError("unknown_row", "is a merge, and there is no such row", "/id")
    row = line.row if before is None or line.patch is None else line.applied_to(before.row)
    assert row is not None  # noqa: S101 - a line is a row, a patch or a removal
    terms = _terms(line, row, before, snapshot, options)
    kept = _kept(line, row, terms.values)
    as_of = latest(line, found.last)
    if (
        before is not None
        and before.key == rows.key_of(row)
        and _equal_facts(before.values, terms.values)
    ):
        noted = _noted(before, found.locator, as_of)
        return Decision(result(line, Outcome.UNCHANGED, kept=kept), noted)
    values = _facts(terms.values) | ({} if as_of is None else {items.AS_OF: as_of})
    actions = [*rows.put(row, before, values, found.locator, terms.replaced), *terms.guards]
    if before is None and line.as_of is not None:
        actions.append(rows.clear_tombstone(line.type_name, line.id, found.removed))
    outcome = Outcome.CREATED if before is None else Outcome.CHANGED
    if before is None and getattr(row, "deleted_at", None) is None:
        kept = False  # a new row comes in with its owner's deletion
    return Decision(
        result(line, outcome, kept=kept),
        Write(actions=tuple(actions), solutions=terms.solutions, size=_size(values)),
    )


def _find(line: Line, snapshot: Snapshot) -> KnownRow:
    tombstone = keys.tombstone(line.type_name, line.id)
    locator_key = rows.locator_key(line.row_type, line.id)
    if locator_key is None:
        key: Key | None = rows.BY_ID[line.row_type](line.id)
        locator = None
    else:
        snapshot.need(tombstone, locator_key)
        locator = rows.located(snapshot.get(locator_key))
        # A row of an older version has no locator, and is found where the line says it is.
        key = locator or (None if line.row is None else rows.key_of(line.row))
    if key is not None:
        snapshot.need(tombstone, key)
    values = None if key is None else snapshot.get(key)
    before = None
    if key is not None and values is not None and values["id"] == line.id:
        before = Stored.of(key, values, line.row_type)
    removal = snapshot.get(tombstone)
    return KnownRow(before, locator, None if removal is None else removal[items.AS_OF])


def _terms(
    line: Line, row: model.Row, before: Stored | None, snapshot: Snapshot, options: Options
) -> Terms:
    """Return the terms of each type of row."""
    match row:
        case model.IntegrationMember():
            return dependent_lines.member(line, row, before, snapshot, options)
        case model.Solution():
            terms = dependent_lines.solution(line, row, before, options)
            return terms._replace(guards=(_workspace(row.workspace_id, snapshot),))
        case model.SolutionMember():
            return dependent_lines.solution_member(line, row, before, options)
        case model.WorkspaceMember():
            return _role(row, snapshot)
        case model.ApiKey():
            return _api_key(row, before, snapshot, options)
        case _:
            return Terms(rows.values_of(row))


def _role(row: model.WorkspaceMember, snapshot: Snapshot) -> Terms:
    key = keys.role(row.user_id, row.workspace_id)
    snapshot.need(keys.workspace(row.workspace_id), key)
    present = snapshot.get(key)
    if present is not None and present["id"] not in {row.id, *snapshot.leaving}:
        detail = f"has a role in the workspace already, by the row {present['id']}"
        raise TakenError("place_taken", detail, "/userId", present["id"])
    replaced = None if present is None else Stored.of(key, present, model.WorkspaceMember)
    guards = (_workspace(row.workspace_id, snapshot),)
    return Terms(rows.values_of(row), guards, replaced=replaced)


def _api_key(
    row: model.ApiKey, before: Stored | None, snapshot: Snapshot, options: Options
) -> Terms:
    """Point the secret to its key; a revoked key stays revoked, unless a backup is restored."""
    pointer = keys.secret(row.secret_sha256)
    snapshot.need(
        pointer, *([] if row.workspace_id is None else [keys.workspace(row.workspace_id)])
    )
    values = rows.values_of(row)
    guards: list[Action] = []
    if row.workspace_id is not None:
        guards.append(_workspace(row.workspace_id, snapshot))
    revoked = None if before is None else before.values.get("deletedAt")
    if revoked is not None and row.deleted_at is None and not options.lifecycle_from_file:
        values["deletedAt"] = revoked
    present = snapshot.get(pointer)
    if present is None:
        guards.append(Update(pointer, [Missing()], set={KEY_ID: row.id}))
    elif present[KEY_ID] in snapshot.leaving - {row.id}:
        guards.append(Update(pointer, [Equals(KEY_ID, present[KEY_ID])], set={KEY_ID: row.id}))
    elif present[KEY_ID] != row.id:
        detail = "is the secret of another key"
        raise TakenError("secret_taken", detail, "/secretSha256", present[KEY_ID])
    old = None if before is None else before.values["secretSha256"]
    if old is not None and old != row.secret_sha256:
        guards.append(Delete(keys.secret(old), [Equals(KEY_ID, row.id)]))
    return Terms(values, tuple(guards))


def _workspace(workspace_id: str, snapshot: Snapshot) -> Action:
    key = keys.workspace(workspace_id)
    if snapshot.get(key) is None:
        raise RejectedError("unknown_workspace", "is not a workspace", "/workspaceId")
    return Check(key, [Exists()])


def _remove(line: Line, found: KnownRow, snapshot: Snapshot) -> Decision:
    """Remove a row; where a change of it had an ``asOf``, leave a tombstone for late lines."""
    before = found.before
    as_of = latest(line, found.last)
    terms = Terms({})
    actions: list[Action] = []
    if before is not None:
        if line.row_type is model.IntegrationMember:
            terms = dependent_lines.removed_member(before, snapshot)
        actions += [*rows.remove(line.row_type, before), *terms.guards]
        if line.row_type is model.ApiKey:
            pointer = keys.secret(before.values["secretSha256"])
            present = snapshot.get(pointer)
            if present is not None and present[KEY_ID] == line.id:
                actions.append(Delete(pointer, [Equals(KEY_ID, line.id)]))
    elif line.as_of is not None:
        key = rows.locator_key(line.row_type, line.id) or rows.BY_ID[line.row_type](line.id)
        if found.locator is None:
            actions.append(Check(key, [Missing()]))
    if as_of is not None and as_of != found.removed:
        purge_at = int((snapshot.now + timedelta(days=TOMBSTONE_DAYS)).timestamp())
        actions.append(rows.tombstone(line.type_name, line.id, found.removed, as_of, purge_at))
    outcome = Outcome.UNCHANGED if before is None else Outcome.CHANGED
    write = Write(actions=tuple(actions), solutions=terms.solutions) if actions else None
    return Decision(result(line, outcome), write)


def _noted(before: Stored, locator: Key | None, as_of: str | None) -> Write | None:
    """Return the write of the time of a change that changes nothing, and of a missing locator."""
    actions: list[Action] = []
    if as_of is not None and as_of != before.as_of:
        actions += rows.touch(before, as_of)
    own_locator = rows.locator_key(type(before.row), before.row.id)
    if own_locator is not None and locator != before.key:
        actions = actions or [Check(before.key, before.as_read())]
        actions.append(rows.locate(own_locator, before.key, locator))
    return Write(actions=tuple(actions)) if actions else None


def _kept(line: Line, row: model.Row, values: Fields) -> bool:
    """Return True if the lifecycle in a line differs from that of its row after it."""
    if not line.says_lifecycle:
        return False
    line_lifecycle = getattr(row, "deleted_at", None), getattr(row, "retention_tier", None)
    return line_lifecycle != (values.get("deletedAt"), values.get("retentionTier"))


def _facts(values: Fields) -> dict[str, Any]:
    """Return the attributes of a row but its keys, its revision and the time of its change."""
    apart = {keys.PK, keys.SK, items.REVISION, items.AS_OF}
    return {name: value for name, value in values.items() if name not in apart}


def _equal_facts(before: Fields, after: Fields) -> bool:
    return _facts(before) == _facts(after)


def _size(values: Fields) -> int:
    return 1024 + sum(
        2 * len(value.encode()) for value in values.values() if isinstance(value, str)
    )
