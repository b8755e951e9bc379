"""Comparison of a world at rest with the model: every row, pointer and number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from installs.clock import timestamp
from installs.store import items, keys, pending
from tests.property.cascade.chronicle import disagreements
from tests.property.cascade.model import GONE, LIVE, Member
from tests.property.cascade.world import WORKSPACES
from tools.operate.suspects import about_install, about_solution

if TYPE_CHECKING:
    from installs.store.keys import Key
    from tests.property.cascade.model import DesiredState, Install
    from tests.property.cascade.world import World

Row = dict[str, Any]
Rows = dict[tuple[str, str], Row]
Expect = Callable[[str, object, object], None]


def violations(world: World) -> list[str]:
    """Return the differences; none if the world is as it must be."""
    found: list[str] = []
    rows = {(row["pk"], row["sk"]): row for row in map(items.decode, world.memory.all())}

    def expect(what: str, is_: object, must_be: object) -> None:
        if is_ != must_be:
            found.append(f"{what} is {is_}, and must be {must_be}")

    wanted = {_at(keys.user("usr_root")), *(_at(keys.workspace(one)) for one in WORKSPACES)}
    for one in world.model.installs.values():
        wanted |= _check_install(world, rows, one, expect)
    for member in world.model.members:
        desired = world.model.desired(member.owner)
        place = _at(keys.member(member.owner, member.id))
        wanted |= _check_row(rows, place, member, desired, expect, enabled=member.enabled)
    wanted |= _check_solutions(world, rows, expect)
    _check_counts(world, rows, expect)
    _check_locators(rows, expect)
    apart = {"EPOCH", "TOMBSTONE", "LOCATOR"}
    others = {
        key
        for key, row in rows.items()
        if key[1] not in apart and items.LIVE not in row and not _is_history(key)
    }
    expect("what is there and should not be", others - wanted, set())
    expect("what is not there and should be", wanted - others, set())
    return [*found, *disagreements(world.chronicle, world.requests)]


def _is_history(key: tuple[str, str]) -> bool:
    return key[1].startswith(keys.HISTORY_PREFIX)


def told_by_verify(world: World) -> list[str]:
    """Return what the command ``verify`` says."""
    found = [
        f"verify: {one.id}: {told}"
        for one in world.model.installs.values()
        if world.model.desired(one.id) != GONE
        for told in about_install(world.table, one.id)
    ]
    for solution_id in world.model.solutions:
        told = about_solution(world.table, solution_id)
        found += [f"verify: {solution_id}: {one}" for one in told]
    return found


def _check_solutions(world: World, rows: Rows, expect: Expect) -> set[tuple[str, str]]:
    wanted: set[tuple[str, str]] = set()
    for solution_id, group in world.model.groups.items():
        # A solution that no install is in is nobody's business.
        whole = world.model.solution_state(solution_id) or LIVE
        place = _at(keys.solution(solution_id))
        if not (group.contested and place not in rows):
            wanted |= _check_row(rows, place, group, whole, expect)
    for solution_id, members in world.model.solutions.items():
        for member in members:
            desired = world.model.solution_member_state(solution_id, member) or LIVE
            place = _at(keys.solution_member(solution_id, member.id))
            if not (member.contested and place not in rows):
                wanted |= _check_row(rows, place, member, desired, expect)
    return wanted


def _check_locators(rows: Rows, expect: Expect) -> None:
    """Each leads to the row of its id, and each member has one."""
    located = set()
    for (pk, sk), row in rows.items():
        if sk == "LOCATOR":
            there = rows.get((row["at"], row["sort"]), {})
            expect(f"what {pk} leads to", there.get("id"), pk.split("#")[2])
            located.add((row["at"], row["sort"]))
    members = {key for key in rows if key[1].startswith(keys.MEMBER_PREFIX)}
    expect("what has a locator", located, members)


def _at(key: Key) -> tuple[str, str]:
    return key.pk, key.sk


def _check_install(world: World, rows: Rows, one: Install, expect: Expect) -> set[tuple[str, str]]:
    desired = world.model.desired(one.id)
    key = _at(keys.install(one.id))
    row = rows.get(key)
    expect(one.id, _state_of(row), desired)
    if desired == GONE or row is None:
        return set()
    expect(f"{one.id}'s cause", row.get(items.CASCADED, False), world.model.cascaded(one.id))
    again = items.install_to_item(items.fields_to_install(row))
    expect(f"{one.id}'s index keys", items.decode(again), row)
    wanted = {key}
    if one.parent is not None:
        wanted.add(_at(keys.add_on(one.parent, one.id)))
    if one.solution is not None:
        wanted.add(_at(keys.solution_install(one.solution, one.id)))
    pending_work = rows.get(_at(keys.pending_work(one.id)))
    expect(
        f"{one.id}'s pending work", pending_work and pending_work[keys.BY_PENDING.sort], _due(row)
    )
    return wanted | ({_at(keys.pending_work(one.id))} if pending_work else set())


def _check_row(
    rows: Rows,
    key: tuple[str, str],
    member: Member,
    desired: DesiredState,
    expect: Expect,
    *,
    enabled: bool | None = None,
) -> set[tuple[str, str]]:
    row, what = rows.get(key), " ".join(key)
    if member.own_trash:
        expect(f"{what}, in its own trash,", row and items.DELETION_ID not in row, True)
        expect(f"{what}'s enabled", row and row.get("enabled"), enabled)
        return {key}
    expect(what, _state_of(row), desired)
    if desired == GONE or row is None:
        return set()
    if enabled is not None:
        expect(f"{what}'s enabled", row["enabled"], enabled and desired == LIVE)
        before = None if desired == LIVE else enabled
        expect(f"{what}'s former enabled", row.get(items.ENABLED_BEFORE), before)
    return {key}


def _check_counts(world: World, rows: Rows, expect: Expect) -> None:
    """Each count, or the sum of its shards, is that of the installs that must be live."""
    found: Counter[str] = Counter()
    for (pk, sk), row in rows.items():
        if items.LIVE in row:
            kind = pk.split("#")[0]
            integration = pk.rpartition("#")[0]
            name = {"LIVE": "all", "INTEGRATION": integration, "WORKSPACE": f"{pk} {sk}"}[kind]
            found[name] += row[items.LIVE]
    live = [one for one in world.model.installs.values() if world.model.desired(one.id) == LIVE]
    wanted: Counter[str] = Counter({"all": len(live)})
    for one in live:
        workspace, integration = f"WORKSPACE#{one.workspace}", one.integration
        wanted[f"{workspace} LIVE"] += 1
        wanted[f"{workspace} LIVE#{integration}"] += 1
        wanted[f"INTEGRATION#{integration}"] += 1
    expect("the counts are", +found, +wanted)


def _state_of(row: Row | None) -> DesiredState:
    if row is None:
        return GONE
    if "deletedAt" not in row:
        marks = {items.DELETION_ID, items.ENABLED_BEFORE, items.PURGE_AT, "retentionTier"}
        return f"live, with {marks & row.keys()}" if marks & row.keys() else LIVE
    return row["deletedAt"], row.get(items.DELETION_ID, ""), row.get("retentionTier")


def _due(row: Row) -> str | None:
    if items.PURGE_AT not in row:
        return None
    at = datetime.fromtimestamp(row[items.PURGE_AT], UTC) + pending.TTL_DELAY
    return keys.pending_at(timestamp(at), row["id"])
