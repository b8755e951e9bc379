"""Whether a world at rest is what the model says: every row, every pointer, every number."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from installs.lifecycle import timestamp
from installs.store import due, items, keys
from tests.property.cascade.model import GONE, LIVE

if TYPE_CHECKING:
    from tests.property.cascade.model import Fate, Member
    from tests.property.cascade.world import World

Row = dict[str, Any]


def violations(world: World) -> list[str]:
    """What is not as it must be; nothing, if all is well."""
    found: list[str] = []
    rows = {(row["pk"], row["sk"]): row for row in map(items.decode, world.memory.all())}

    def expect(what: str, is_: object, must_be: object) -> None:
        if is_ != must_be:
            found.append(f"{what} is {is_}, and must be {must_be}")

    wanted = {(keys.user("usr_root").pk, "USER"), (keys.workspace("wsp").pk, "WORKSPACE")}
    counts: Counter[tuple[str, ...]] = Counter()
    for one in world.model.installs.values():
        fate = world.model.fate(one.id)
        key = (keys.install(one.id).pk, keys.INSTALL_SK)
        row = rows.get(key)
        expect(one.id, _fate_of(row), fate)
        if fate == GONE or row is None:
            continue
        cascaded = world.model.cascaded(one.id)
        expect(f"{one.id}'s cause", row.get(items.CASCADED, False), cascaded)
        again = items.install_to_item(items.fields_to_install(row))
        expect(f"{one.id}'s index keys", items.decode(again), row)
        wanted |= {key}
        for owner, pointer in ((one.parent, keys.add_on), (one.solution, keys.solution_install)):
            if owner is not None:
                wanted |= {(pointer(owner, one.id).pk, pointer(owner, one.id).sk)}
        if fate == LIVE:
            counts[("workspace",)] += 1
            counts[("integration", one.integration)] += 1
        reminder = rows.get((key[0], keys.DUE_SK))
        expect(f"{one.id}'s reminder", reminder and reminder["dueKey"], _due(row))
        if reminder:
            wanted |= {(key[0], keys.DUE_SK)}
    for member in world.model.members:
        place = keys.member(member.owner, member.id)
        wanted |= _check_row(
            f"{member.owner}'s {member.id}",
            (place.pk, place.sk),
            rows.get((place.pk, place.sk)),
            member,
            world.model.fate(member.owner),
            expect,
            enabled=member.enabled,
        )
    for solution_id, members in world.model.solutions.items():
        fate_or_none = world.model.solution_fate(solution_id) or LIVE
        key = (keys.solution(solution_id).pk, "SOLUTION")
        expect(solution_id, _fate_of(rows.get(key)), fate_or_none)
        if fate_or_none != GONE:
            wanted |= {key}
        for member in members:
            place = keys.solution_member(solution_id, member.id)
            wanted |= _check_row(
                f"{solution_id}'s {member.id}",
                (place.pk, place.sk),
                rows.get((place.pk, place.sk)),
                member,
                world.model.solution_member_fate(solution_id, member) or LIVE,
                expect,
            )
    _check_counts(rows, counts, expect)
    others = {key for key in rows if key[1] != "EPOCH" and "live" not in rows[key]}
    expect("what is there and should not be", others - wanted, set())
    expect("what is not there and should be", wanted - others, set())
    return found


def _check_row(
    what: str, key: tuple[str, str], row: Row | None, member: Member, fate: Fate, expect: Any,  # noqa: ANN401
    *, enabled: bool | None = None,
) -> set[tuple[str, str]]:  # fmt: skip
    if member.own_trash:
        expect(f"{what}, in its own trash,", row and items.DELETION_ID not in row, True)
        expect(f"{what}'s enabled", row and row.get("enabled"), enabled)
        return {key}
    expect(what, _fate_of(row), fate)
    if fate == GONE or row is None:
        return set()
    if enabled is not None:
        expect(f"{what}'s enabled", row["enabled"], enabled and fate == LIVE)
        before = None if fate == LIVE else enabled
        expect(f"{what}'s former enabled", row.get(items.ENABLED_BEFORE), before)
    return {key}


def _check_counts(rows: dict[tuple[str, str], Row], counts: Counter[tuple[str, ...]], expect: Any) -> None:  # noqa: ANN401
    workspace = keys.workspace("wsp").pk
    for integration in (None, "itg_x", "itg_y"):
        place = keys.live_count("wsp", integration)
        name = ("workspace",) if integration is None else ("integration", integration)
        found = rows.get((place.pk, place.sk), {}).get(items.LIVE, 0)
        expect(f"the count of {workspace}, {integration}", found, counts[name])


def _fate_of(row: Row | None) -> Fate:
    if row is None:
        return GONE
    if "deletedAt" not in row:
        marks = {items.DELETION_ID, items.ENABLED_BEFORE, items.PURGE_AT, "retentionTier"}
        return f"live, with {marks & row.keys()}" if marks & row.keys() else LIVE
    return row["deletedAt"], row.get(items.DELETION_ID, ""), row.get("retentionTier")


def _due(row: Row) -> str | None:
    if items.PURGE_AT not in row:
        return None
    from datetime import UTC, datetime

    at = datetime.fromtimestamp(row[items.PURGE_AT], UTC) + due.SWEEP
    return keys.due_at(timestamp(at), row["id"])
