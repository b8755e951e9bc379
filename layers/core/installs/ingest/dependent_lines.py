"""Lines of members, solutions and their members, whose lifecycle follows installs (section 10).

A line never deletes or restores them; only a restored backup does (``lifecycle_from_file``). A
member that is cascade-deleted keeps, in ``enabledBefore``, the ``enabled`` of its restore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from installs import lifecycle
from installs.ingest.decisions import RejectedError
from installs.store import installs as stored_installs
from installs.store import items, keys, rows
from installs.store.expressions import Check, same

if TYPE_CHECKING:
    from installs import model
    from installs.ingest.decisions import Options
    from installs.ingest.lines import Line
    from installs.ingest.snapshot import Snapshot
    from installs.lifecycle import InstallState
    from installs.store.expressions import Action
    from installs.store.rows import Stored

_ENABLED: Final = "enabled"
_LIFECYCLE: Final = (
    "deletedAt", "retentionTier", items.DELETION_ID, items.ENABLED_BEFORE, items.PURGE_AT,
)  # fmt: skip
"""The attributes of a row's deletion."""


class Terms(NamedTuple):
    """The terms of a write: its attributes, its guards, and the solutions to reconcile after it.

    ``replaced``: the row that has the key, and leaves it in the same transaction.
    """

    values: dict[str, Any]
    guards: tuple[Action, ...] = ()
    solutions: frozenset[str] = frozenset()
    replaced: Stored | None = None


def member(
    line: Line,
    row: model.IntegrationMember,
    before: Stored | None,
    snapshot: Snapshot,
    options: Options,
) -> Terms:
    """Return the terms of an install's member."""
    owners = {row.integration_install_id, *_owner(before)}
    snapshot.need(*map(keys.install, owners))
    install = options.present(snapshot.install(row.integration_install_id), snapshot.now)
    if install is None:
        raise RejectedError("unknown_install", "is not an install", "/integrationInstallId")
    facts = _facts(rows.values_of(row)) | {_ENABLED: _enabled(line, row, before)}
    from_file = options.uses_lifecycle_of(line)
    if before is not None and facts == _facts_of(before) and not from_file:
        return Terms(dict(before.values))
    lifecycle_values = (
        _lifecycle_from_file(row.deleted_at, row.retention_tier, install)
        if from_file
        else _separate_lifecycle_of(before)
    )
    if lifecycle_values:
        values = facts | lifecycle_values
    elif install.deletion is None:
        values = facts
    else:
        values = facts | _cascade_deleted(install.deletion, enabled=facts[_ENABLED])
    guards = [_state_of(install)]
    moved = owners - {row.integration_install_id}
    for owner in moved:
        guards.append(_solution_of(owner, snapshot.install(owner)))
    states = (snapshot.install(owner) for owner in owners)
    solutions = {state.row.solution_id for state in states if state is not None} - {None}
    same_entity = (
        before is not None
        and not moved
        and before.values["entityId"] == row.entity_id
        and not from_file
    )
    return Terms(
        values,
        tuple(guards),
        frozenset() if same_entity else frozenset(solutions),  # type: ignore[arg-type]
    )


def solution(line: Line, row: model.Solution, before: Stored | None, options: Options) -> Terms:
    """Return the terms of a solution."""
    values = _following(line, row, before, options)
    new = before is None or options.uses_lifecycle_of(line)
    return Terms(values, solutions=frozenset({row.id} if new else ()))


def solution_member(
    line: Line, row: model.SolutionMember, before: Stored | None, options: Options
) -> Terms:
    """Return the terms of a solution's member."""
    values = _following(line, row, before, options)
    if (
        before is not None
        and (before.values["solutionId"], before.values["entityId"])
        == (row.solution_id, row.entity_id)
        and not options.uses_lifecycle_of(line)
    ):
        return Terms(values)
    owners = {row.solution_id} if before is None else {row.solution_id, before.values["solutionId"]}
    return Terms(values, solutions=frozenset(owners))


def removed_member(before: Stored, snapshot: Snapshot) -> Terms:
    """Return the terms of the removal of a member."""
    owner = before.values["integrationInstallId"]
    install = snapshot.install(owner)
    solution_id = None if install is None else install.row.solution_id
    solutions = frozenset(() if solution_id is None else (solution_id,))
    return Terms({}, (_solution_of(owner, install),), solutions)


def enabled_of(values: Any) -> bool:  # noqa: ANN401 - an item's values
    """Return True if a member is enabled, or will be once its deletion is undone."""
    enabled: bool = values.get(items.ENABLED_BEFORE, values[_ENABLED])
    return enabled


def _following(
    line: Line, row: model.Solution | model.SolutionMember, before: Stored | None, options: Options
) -> dict[str, Any]:
    """Return the attributes of a row whose lifecycle follows the installs of its solution."""
    facts = _facts(rows.values_of(row))
    known = {} if before is None else _lifecycle_of(before)
    if not options.uses_lifecycle_of(line):
        return facts | known
    if row.deleted_at is None:
        return facts | (known if items.DELETION_ID in known else {})
    if items.DELETION_ID in known and known["deletedAt"] == row.deleted_at:
        return facts | known
    return facts | _separate_lifecycle(row.deleted_at, row.retention_tier)


def _enabled(line: Line, row: model.IntegrationMember, before: Stored | None) -> bool:
    """Return True if a member is to be enabled, now or once its deletion is undone.

    The line of a deleted member says ``enabled`` false because of its deletion: it is ignored.
    """
    if before is None:
        return row.enabled
    counts = _ENABLED in line.patch if line.patch is not None else row.deleted_at is None
    return row.enabled if counts else enabled_of(before.values)


def _lifecycle_from_file(
    deleted_at: str | None, tier: str | None, install: InstallState
) -> dict[str, Any]:
    """Return a deletion of the member's own; nothing if the member follows its install."""
    parent_deletion = install.deletion
    if deleted_at is None or (parent_deletion is not None and parent_deletion.at == deleted_at):
        return {}
    return _separate_lifecycle(deleted_at, tier)


def _separate_lifecycle(deleted_at: str, tier: str | None) -> dict[str, Any]:
    purge_at = lifecycle.purge_time(deleted_at, tier)
    lifecycle_values = {"deletedAt": deleted_at, "retentionTier": tier, items.PURGE_AT: purge_at}
    return {name: value for name, value in lifecycle_values.items() if value is not None}


def _cascade_deleted(deletion: lifecycle.Deletion, *, enabled: bool) -> dict[str, Any]:
    tier = {} if deletion.tier is None else {"retentionTier": deletion.tier}
    return {
        "deletedAt": deletion.at,
        items.DELETION_ID: deletion.id,
        _ENABLED: False,
        items.ENABLED_BEFORE: enabled,
        **tier,
    }


def _separate_lifecycle_of(before: Stored | None) -> dict[str, Any]:
    """Return the lifecycle of a row that was deleted by itself."""
    if before is None or before.deletion_id is not None:
        return {}
    return _lifecycle_of(before)


def _lifecycle_of(before: Stored) -> dict[str, Any]:
    return {name: before.values[name] for name in _LIFECYCLE if name in before.values}


def _facts(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in _LIFECYCLE}


def _facts_of(before: Stored) -> dict[str, Any]:
    return _facts(rows.values_of(before.row)) | {_ENABLED: enabled_of(before.values)}


def _owner(before: Stored | None) -> tuple[str, ...]:
    return () if before is None else (before.values["integrationInstallId"],)


def _state_of(install: InstallState) -> Action:
    unmoved = same("solutionId", install.row.solution_id)
    return Check(keys.install(install.row.id), [*stored_installs.state_guard(install), unmoved])


def _solution_of(install_id: str, install: InstallState | None) -> Action:
    solution_id = None if install is None else install.row.solution_id
    return Check(keys.install(install_id), [same("solutionId", solution_id)])
