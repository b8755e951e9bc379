"""CONTRACT.md section 10: lines split anywhere, in any order of the parts, twice: one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from installs.ingest.decisions import Options
from installs.ingest.lines import take_line
from installs.store import items, keys
from tests import rows
from tests.ingesting import Service

if TYPE_CHECKING:
    from collections.abc import Sequence

Line = dict[str, Any]

MOST_ROUNDS: Final = 8
"""Rounds for the longest chain of rows that need each other, in the worst order of its parts."""

WAITS: Final = {
    "unknown_workspace", "unknown_parent", "unknown_install", "purge_unfinished", "blocked",
    "place_taken", "parent_cycle",
}  # fmt: skip
"""Codes to send again: what a line needs comes in another part, or its obstacle leaves."""

IDS: Final = st.integers(0, 3)


@st.composite
def fields_of(draw: st.DrawFn, number: int) -> Line:
    """A line of any type; the same id may come several times, and is then the latest."""
    n = draw(IDS)
    workspace = draw(st.sampled_from((rows.WORKSPACE, "wsp_new")))
    match draw(st.sampled_from(("install", "member", "solution", "som", "role", "plain"))):
        case "install":
            # An install stays in its workspace, and a parent has a smaller number: no circle.
            parent = draw(st.sampled_from([None, *(f"ins_{m}" for m in range(n))]))
            solution = draw(st.sampled_from((None, "sol_0", "sol_1")))
            line = rows.install(f"ins_{n}", parentInstallId=parent, solutionId=solution)
            line["authStateId"] = f"aut_{number}"
        case "member":
            line = rows.member(f"mem_{n}", f"ins_{draw(IDS)}", enabled=draw(st.booleans()))
        case "solution":
            line = rows.solution(f"sol_{n % 2}", name=f"S {number}")
        case "som":
            line = rows.solution_member(f"som_{n}", f"sol_{draw(IDS) % 2}", f"ent_mem_{draw(IDS)}")
        case "role":
            line = rows.role(f"usr_{n}", workspace, "viewer") | {"id": f"wsm_{n}"}
        case _:
            line = draw(st.sampled_from((rows.workspace("wsp_new", "new"), rows.user(f"usr_{n}"))))
            line["name"] = f"N {number}"
    if line["type"] != "install" and draw(st.integers(0, 7)) == 0:
        line = {"type": line["type"], "id": line["id"], "delete": True}
    return line | {"asOf": f"2026-05-01T00:00:00.{number:09}Z"}


@st.composite
def files(draw: st.DrawFn) -> list[Line]:
    number = draw(st.integers(1, 14))
    # Removed workspaces would leave rows that depend on when they were checked.
    lines = [draw(fields_of(n)) for n in range(number)]
    return [one for one in lines if not (one["type"] == "workspace" and one.get("delete"))]


def applied(parts: Sequence[Sequence[Line]], options: Options) -> dict[Any, Any]:
    """The table after all parts, each sent again until nothing waits, and then all once more."""
    service = Service()
    for _ in range(MOST_ROUNDS):
        told = {code for part in parts for code in service.told(*part, options=options)}
        service.drain()
        if not told & WAITS:
            break
    for part in parts:
        service.told(*part, options=options)
    service.drain()
    contents = service.contents()
    return {key: _stable(values) for key, values in contents.items() if _lasts(key, values)}


def _lasts(key: tuple[str, str], values: Line) -> bool:
    """Counters whose sum is nought, and versions, tell of how often something changed."""
    if key[1] == "EPOCH" or key[1].startswith(keys.HISTORY_PREFIX):
        return False
    return values.get(items.LIVE) != 0 and not _is_shard(key)


def _is_shard(key: tuple[str, str]) -> bool:
    """The shards of a count are chosen by chance."""
    return key[1] == "LIVE" and not key[0].startswith("WORKSPACE#")


def _stable(values: Line) -> Line:
    changing = {items.REVISION, items.CHANGES, items.PURGE_AT, "installRevision"}
    return {name: value for name, value in values.items() if name not in changing}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=files(), data=st.data())
def test_any_parts_in_any_order_twice_end_in_the_same_table(
    lines: list[Line], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(lines)))))
    bounds = zip([0, *cuts], [*cuts, len(lines)], strict=True)
    parts = [lines[start:end] for start, end in bounds if start < end]
    shuffled = data.draw(st.permutations(parts))
    whole = applied([lines] if lines else [], Options())
    assert applied(shuffled, Options()) == whole


DELETED: Final = {"deletedAt": "2026-05-01T00:00:00.000Z", "retentionTier": "none"}


@st.composite
def backups(draw: st.DrawFn) -> list[Line]:
    """Contents of a table: families of which some were uninstalled as a whole."""
    lines: list[Line] = []
    for n in range(draw(st.integers(1, 3))):
        taken = DELETED if draw(st.booleans()) else {}
        solution = f"sol_{draw(st.integers(0, 1))}"
        lines += [
            rows.install(f"ins_{n}", solutionId=solution, **taken),
            rows.install(f"ins_{n}_addon", parentInstallId=f"ins_{n}", **taken),
            rows.member(f"mem_{n}", f"ins_{n}", enabled=draw(st.booleans()), **taken),
            rows.member(f"mem_{n}_addon", f"ins_{n}_addon", **taken),
            rows.solution_member(f"som_{n}", solution, f"ent_mem_{n}", **taken),
        ]
    in_it = {
        solution_id: [one for one in lines if one.get("solutionId") == solution_id
                      and one["type"] == "install"]
        for solution_id in ("sol_0", "sol_1")
    }  # fmt: skip
    for solution_id, installs in in_it.items():
        dead = installs and all(one["deletedAt"] for one in installs)
        lines.append(rows.solution(solution_id, **(DELETED if dead else {})))
    return lines


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=backups(), data=st.data())
def test_a_backup_comes_back_the_same_whatever_its_order(
    lines: list[Line], data: st.DataObject
) -> None:
    options = Options(lifecycle_from_file=True)
    whole = applied([lines], options)
    shuffled = data.draw(st.permutations(lines))
    assert applied([[one] for one in shuffled], options) == whole
    # and what is there is what the lines say
    for line in lines:
        row = take_line(line).row
        if line["type"] == "install":
            key = keys.install(line["id"])
            values = whole[key.pk, key.sk]
            assert values.get("deletedAt") == line["deletedAt"]
            assert row is not None
