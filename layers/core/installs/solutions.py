"""Solutions: they and their members agree with all installs in them (docs/adr/0009-cascade.md)."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from installs.lifecycle import combined_state, desired_state
from installs.store import dependents, installs, items, keys, pending
from installs.store.expressions import Check, same
from installs.store.table import BATCH_LIMIT
from installs.writes import write_dependents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from installs.lifecycle import DesiredState
    from installs.writes import Owner, Work


def reconcile_solution(work: Work, solution_id: str | None, owner: Owner | None = None) -> None:
    """Make a solution and its members agree with all installs in it.

    ``owner``: the install whose change this follows from; its pending work counts the rows.
    """
    if solution_id is None:
        return
    version = dependents.solution_version(work.table, solution_id)
    guard = Check(keys.solution_version(solution_id), [same(items.SOLUTION_VERSION, version)])
    desired_states = _desired_states_by_install(work, solution_id)
    combined = combined_state(desired_states.values())
    by_entity = (
        _desired_states_by_entity(work, desired_states)
        if len(set(desired_states.values())) > 1
        else {}
    )
    solution = dependents.solution(work.table, solution_id)
    members = dependents.solution_members(work.table, solution_id)
    rows = chain(
        [] if solution is None else [(solution, combined)],
        ((member, by_entity.get(member.entity_id, combined)) for member in members),
    )
    write_dependents(work, rows, [guard], owner)


def _desired_states_by_install(work: Work, solution_id: str) -> Mapping[str, DesiredState]:
    """Return the state that each install in a solution asks of it, by the install's id.

    A pointer does not count if its install has moved to another solution, or if its install is gone
    and no pending work proves that it was purged.
    """
    desired_states: dict[str, DesiredState] = {}
    ids = dependents.solution_install_ids(work.table, solution_id)
    while batch := list(islice(ids, BATCH_LIMIT)):
        work.check_time()
        states = installs.get_many(work.table, batch)
        purged = pending.purged(work.table, [id_ for id_ in batch if id_ not in states])
        for install_id in batch:
            state = states.get(install_id)
            if (state is None and install_id in purged) or (
                state is not None and state.row.solution_id == solution_id
            ):
                desired_states[install_id] = desired_state(state)
    return desired_states


def _desired_states_by_entity(
    work: Work, desired_states: Mapping[str, DesiredState]
) -> Mapping[str, DesiredState]:
    """Return the combined state of the installs that represent an entity, by entity.

    An install represents an entity if one of its managed members has that entity.
    """
    by_entity: dict[str, set[DesiredState]] = {}
    for install_id, desired in desired_states.items():
        work.check_time()
        for member in dependents.members(work.table, install_id):
            if member.managed:
                by_entity.setdefault(member.entity_id, set()).add(desired)
    return {entity_id: combined_state(states) for entity_id, states in by_entity.items()}
