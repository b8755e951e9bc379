"""Faults planted on purpose: ``python -m tests.property.cascade.mutations [CASES [WORDS]]``.

Each is put into a copy of the code; then two reconcilers cross in every way (``test_stale``), lines
are sent one by one, and histories are run until one ends in a violation. A fault of the
publisher is looked for in the events of histories. A fault that nothing finds says that the proofs
are blind there: the command fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[3]
TEMPLATE: Final = ROOT / "template.yaml"
CORE: Final = "layers/core/installs"
CROSSINGS: Final = ["tests.property.cascade.test_stale"]
RULES: Final = [
    "pytest", "-q", "-x", "-p", "no:cacheprovider", "--import-mode=importlib",
    "tests/unit/ingest/test_faults_of_the_importer.py", "tests/unit/ingest/test_apply.py",
    "tests/unit/ingest/test_races.py",
    "tests/unit/test_history.py", "tests/unit/test_history_writes.py",
]  # fmt: skip
HISTORIES: Final = ["tests.property.cascade.histories"]
EVENTS: Final = [
    "pytest", "-q", "-x", "-p", "no:cacheprovider", "--import-mode=importlib",
    "tests/property/events/test_published.py", "-k", "consumers_copy",
]  # fmt: skip


class Fault(NamedTuple):
    """A text that is replaced in one file of the code."""

    what: str
    file: str
    old: str
    new: str


FAULTS: Final = (
    # The cascade
    Fault("members and solutions are written without guards", f"{CORE}/writes.py",
          "[*writes, *guards, *counted]", "[*writes]"),
    Fault("add-ons are written without guards", f"{CORE}/cascade.py",
          "installs.commit(work.table, transaction, *guards, ",
          "installs.commit(work.table, transaction, "),
    Fault("a solution's guard is not its version", f"{CORE}/solutions.py",
          "[same(items.SOLUTION_VERSION, version)]", "[]"),
    Fault("changes do not raise the version", f"{CORE}/store/installs.py",
          "add={items.SOLUTION_VERSION: 1}", "add={items.CHANGES: 1}"),
    Fault("a row is written whatever it is by now", f"{CORE}/store/dependents.py",
          "self._as_read()", "()"),
    Fault("an install is written whatever its deletion is by now", f"{CORE}/store/installs.py",
          "    return (\n        Exists(),\n        same(items.DELETION_ID, None if",
          "    return (Exists(),)\n    return (\n        same(items.DELETION_ID, None if"),
    Fault("the last member of a page is skipped", f"{CORE}/store/dependents.py",
          "    return (Dependent(decode(item)) for item in rows)",
          "    return iter([Dependent(decode(item)) for item in rows][:3])"),
    Fault("the count of the workspace is forgotten", f"{CORE}/store/counters.py",
          "for key in counters_of(by, shard):", "for key in counters_of(by, shard)[1:]:"),
    Fault("the count of an integration is forgotten", f"{CORE}/store/counters.py",
          "for key in counters_of(by, shard):", "for key in counters_of(by, shard)[:-1]:"),
    Fault("changes enqueue no pending work", f"{CORE}/store/installs.py",
          "    if not change.reconciled:\n", "    if change.after is not None:\n"),
    Fault("pending work is completed whoever has enqueued it", f"{CORE}/store/pending.py",
          "return [Equals(_REVISION, self.revision)]", "return []"),
    Fault("first pending work is enqueued whatever the install is by now", f"{CORE}/cascade.py",
          "        actions.append(owner.guard)\n", "        pass\n"),
    Fault("pending work is read after the install", f"{CORE}/cascade.py",
          "    state = installs.get(work.table, refs.id)\n    known",
          "    state = installs.get(work.table, refs.id)\n"
          "    pending_work = pending.get(work.table, refs.id)\n    known"),
    Fault("no pending work waits for the end of retention", f"{CORE}/store/pending.py",
          "    if state is None or state.deletion", "    if True or state.deletion"),
    Fault("what nobody swept is left there", f"{CORE}/cascade.py",
          "not state.expired(clock.now() - pending.TTL_DELAY)", "True"),
    Fault("rows that were deleted by themselves are managed too", f"{CORE}/store/dependents.py",
          "return self.live or self.deletion_id is not None", "return True"),
    Fault("what was enabled is forgotten", f"{CORE}/store/dependents.py",
          "ENABLED_BEFORE: self.values[_ENABLED]", "ENABLED_BEFORE: True"),
    Fault("a second deletion does not mark anew", f"{CORE}/store/dependents.py",
          "self.marks != marks_of(desired)",
          "self.deletion_id is None"),
    Fault("add-ons uninstalled by themselves follow too", f"{CORE}/lifecycle.py",
          "if not state.live and not state.cascaded:\n        return state\n    if deletion",
          "if deletion"),
    Fault("a cascaded add-on is not marked so", f"{CORE}/lifecycle.py",
          "return deleted(state, deletion, cascaded=True)",
          "return deleted(state, deletion, cascaded=False)"),
    Fault("pointers go before members", f"{CORE}/cascade.py",
          "    while _reconcile_add_ons",
          "    if state is None:\n        _delete_pointers(work, owner)\n"
          "    while _reconcile_add_ons"),
    Fault("members go before the solution", f"{CORE}/cascade.py",
          "    for solution_id in _solutions_of(known, refs, former):",
          "    if state is not None or (pending_work and not pending_work.alive):\n"
          "        early = dependents.members(work.table, refs.id)\n"
          "        goal = desired_state(state)\n"
          "        write_dependents(work, ((m, goal) for m in early), [owner.guard], owner)\n"
          "    for solution_id in _solutions_of(known, refs, former):"),
    Fault("the solution is not reconciled again", f"{CORE}/cascade.py",
          "still in it.\n        reconcile_solution(work, known.solution_id, owner)",
          "still in it."),
    Fault("an install that is gone does not raise the version", f"{CORE}/cascade.py",
          "        actions.append(\n"
          "            Update(keys.solution_version(refs.solution_id), "
          "add={items.SOLUTION_VERSION: 1})\n        )\n", ""),
    Fault("a solution's members all follow the solution", f"{CORE}/solutions.py",
          "by_entity.get(member.entity_id, combined)", "combined"),
    Fault("a member in its own trash represents its entity", f"{CORE}/solutions.py",
          "            if member.managed:\n", "            if True:\n"),
    Fault("the earliest deletion has a solution", f"{CORE}/lifecycle.py",
          "return max(deletions", "return min(deletions"),
    Fault("a restore does not look at the parent as it writes", f"{CORE}/commands.py",
          "return Change(state, after), (guard,)", "return Change(state, after), ()"),
    Fault("what is past its retention may be restored", f"{CORE}/lifecycle.py",
          "return self.deletion is not None and has_expired(self.deletion.purge_at, now)",
          "return False"),
    Fault("the consumer goes on past a failure", f"{CORE}/stream.py",
          "            return outcome\n        logger", "            continue\n        logger"),
    Fault("a failure is taken for a success", f"{CORE}/stream.py",
          "outcome.stopped_at = ", "_ = "),
    Fault("a condition that failed is taken for a success", f"{CORE}/cascade.py",
          "            work.tally.retries += 1\n            continue", "            return"),
    # History
    Fault("changes leave no history", f"{CORE}/store/installs.py",
          "        history.put(entry, now),\n", ""),
    Fault("a purge leaves no history", f"{CORE}/store/installs.py",
          "        history.put(entry, now),\n",
          "        *([] if change.after is None else [history.put(entry, now)]),\n"),
    Fault("a restore is told as a change", f"{CORE}/store/history.py",
          "return ChangeKind.RESTORED if new is None", "return ChangeKind.CHANGED if new is None"),
    Fault("the entry has the revision before the change", f"{CORE}/store/history.py",
          "        revision_after(before, after, now),\n",
          "        revision_after(before, after, now) - 1,\n"),
    Fault("the revision is the time, whatever was before", f"{CORE}/store/history.py",
          "return max(last + 1, int(now.timestamp() * 1000))",
          "return int(now.timestamp() * 1000)"),
    Fault("an id that comes in again begins anew", f"{CORE}/ingest/install_lines.py",
          "removal.get(items.REVISION, 0)", "0"),
    Fault("the cascade's changes name the cascade", f"{CORE}/cascade.py",
          "installs.commit(work.table, transaction, *guards, origin=origin)",
          "installs.commit(work.table, transaction, *guards, origin=RETENTION)"),
    Fault("what the cascade does has the request's cause", f"{CORE}/cascade.py",
          "pending.origin_of(owner.pending_work, parent).followed",
          "pending.origin_of(owner.pending_work, parent)"),
    Fault("finished work is settled at each record", f"{CORE}/store/pending.py",
          "(state is not None and pending_work.settled)", "False"),
    Fault("finished work is not settled", f"{CORE}/store/pending.py",
          "entries = [] if entry is None else [history.put(entry, now)]", "entries = []"),
    Fault("counts that grew since are not settled", f"{CORE}/store/pending.py",
          "as_counted = [*pending_work.unchanged, *_same_counts(pending_work.counts)]",
          "as_counted = pending_work.unchanged"),
    Fault("counts of work that is replaced are lost", f"{CORE}/store/pending.py",
          "        _SETTLED: None,\n",
          "        _SETTLED: None,\n        **dict.fromkeys(history.COUNTS),\n"),
    Fault("rows without open work are not counted in the next", f"{CORE}/writes.py",
          "[Missing()] if work is None else work.unchanged",
          "[] if work is None else work.unchanged"),
    Fault("counts are kept once they are settled", f"{CORE}/store/pending.py",
          "| {_SETTLED: True} | dict.fromkeys(history.COUNTS)", "| {_SETTLED: True}"),
    Fault("a sweep is settled at the revision of the uninstall", f"{CORE}/store/pending.py",
          "if self.ends or deletion is None:", "if True:"),
    Fault("work is settled before the members are written", f"{CORE}/cascade.py",
          "    desired = desired_state(state)\n    members =",
          "    _complete(work, owner)\n    desired = desired_state(state)\n    members ="),
    Fault("work is settled before the add-ons are written", f"{CORE}/cascade.py",
          "    while _reconcile_add_ons(work, owner):\n        pass\n",
          "    _complete(work, owner)\n    while _reconcile_add_ons(work, owner):\n        pass\n"),
    Fault("one row of a transaction is not counted", f"{CORE}/store/history.py",
          "return cls(len(states) - live - gone, live, gone)",
          "return cls(max(0, len(states) - live - gone - 1), live, gone)"),
    Fault("restored rows count as deleted", f"{CORE}/store/history.py",
          "return cls(len(states) - live - gone, live, gone)",
          "return cls(len(states) - gone, 0, gone)"),
    Fault("facts change past the retention", f"{CORE}/store/installs.py",
          "else not self.reconciled\n", "else False\n"),
    Fault("a purge is written past the retention", f"{CORE}/store/installs.py",
          "return cause is Cause.REQUEST if self.after is None else", "return self.after and"),
    # Events
    Fault("settled entries are not published", f"{CORE}/events/records.py",
          "        return entry\n    before, after", "        return None\n    before, after"),
    Fault("the publisher's filter has no settled entries", "template.yaml",
          '[{"suffix":"#SETTLED"}]', '["#SETTLED"]'),
    Fault("a settled event has no counts", f"{CORE}/events/details.py",
          'detail["counts"] = asdict(entry.counts)',
          'detail["counts"] = asdict(type(entry.counts)())'),
    Fault("a settled event has the id of its change", f"{CORE}/events/details.py",
          'f"{install_id}/{revision}/{kind}"', 'f"{install_id}/{revision}"'),
    Fault("the event of a sweep has the next revision", f"{CORE}/events/records.py",
          "history.expiry_revision(state.revision, deletion.purge_at)", "state.revision + 1"),
    Fault("the entry of a removal is that of an earlier life", f"{CORE}/events/publisher.py",
          "history.read(self.table, change.row.id, after=last)",
          "history.read(self.table, change.row.id)"),
    # Rows that come in
    Fault("a purge needs no evidence", f"{CORE}/cascade.py",
          "if state is None and (pending_work is None or pending_work.alive):",
          "if False:"),
    Fault("a late cascade of a purge goes on when it has ended", f"{CORE}/writes.py",
          "work.table.transact([*writes, *guards, *counted])",
          "work.table.transact([*writes, *guards])"),
    Fault("an add-on that outlives its parent is taken again", f"{CORE}/lifecycle.py",
          "or (state.live and state.orphan_of == deletion.id)", ""),
    Fault("a restore forgets what it outlives", f"{CORE}/commands.py",
          "after = replace(after, orphan_of=outlived)", "pass"),
    Fault("what a purge finds alive is deleted at once", f"{CORE}/cascade.py",
          "if parent is None and add_on.cascaded:", "if parent is None:"),
    Fault("pointers to installs that vanished count", f"{CORE}/solutions.py",
          "(state is None and install_id in purged)", "(state is None)"),
    Fault("an old life's purge is not waited for", f"{CORE}/ingest/install_lines.py",
          "if snapshot.get(keys.pending_work(line.id)) is not None:", "if False:"),
    Fault("a new life does not require that the old one has ended", f"{CORE}/store/installs.py",
          "[Check(keys.pending_work(change.id), [Missing()])] if new else []", "[]"),
    Fault("the old pointers stay where an install was", f"{CORE}/store/installs.py",
          "*(Delete(key) for key in sorted(old - new, key=str)),", ""),
    Fault("an install that moves has no new pointers", f"{CORE}/store/installs.py",
          '*(Update(key, set={"id": change.id}) for key in sorted(new - old, key=str)),', ""),
    Fault("the solution that an install leaves is not reconciled", f"{CORE}/store/installs.py",
          "            left[ids[0]] = None\n", "            pass\n"),
    Fault("only the solution that an install comes into is raised", f"{CORE}/store/installs.py",
          "{id_: None for id_ in ids if id_ is not None}",
          "{id_: None for id_ in ids[-1:] if id_ is not None}"),
    Fault("solutions that wait are not reconciled", f"{CORE}/store/installs.py",
          "[pending.enqueue_solution(id_, now, origin.request_id) for id_ in left]", "[]"),
    Fault("a solution that waits is done whatever came meanwhile", f"{CORE}/store/pending.py",
          "unchanged = [Equals(_REVISION, pending_work.revision)]", "unchanged = []"),
    Fault("an install comes in below a parent in the trash as live",
          f"{CORE}/ingest/install_lines.py",
          "return lifecycle.following(state, None if parent is None else parent.deletion)",
          "return state"),
    Fault("the state of the parent may change before an add-on comes in",
          f"{CORE}/ingest/install_lines.py",
          "stored.state_guard(ancestor) if above == parent_id else (Exists(),)", "(Exists(),)"),
    Fault("circles of parents are not looked for", f"{CORE}/ingest/install_lines.py",
          "        if above in seen:", "        if above in seen and len(seen) > 30:"),
    Fault("ancestors may move before a parent is set", f"{CORE}/ingest/install_lines.py",
          "[*state_guard, unmoved]", "[*state_guard]"),
    Fault("a member comes in live wherever it is", f"{CORE}/ingest/dependent_lines.py",
          "    elif install.deletion is None:", "    elif True:"),
    Fault("the state of the install may change before a member comes in",
          f"{CORE}/ingest/dependent_lines.py",
          "[*stored_installs.state_guard(install), unmoved]", "[unmoved]"),
    Fault("the solution of the install may change before a member comes in",
          f"{CORE}/ingest/dependent_lines.py",
          "[*stored_installs.state_guard(install), unmoved]",
          "[*stored_installs.state_guard(install)]"),
    Fault("a member that came in settles no solution", f"{CORE}/ingest/dependent_lines.py",
          "{state.row.solution_id for state in states if state is not None} - {None}",
          "set()"),
    Fault("what a member was before its deletion is forgotten",
          f"{CORE}/ingest/dependent_lines.py",
          "items.ENABLED_BEFORE: enabled,", "items.ENABLED_BEFORE: True,"),
    Fault("what was deleted by itself comes back with a line",
          f"{CORE}/ingest/dependent_lines.py",
          "    return _lifecycle_of(before)\n\n\ndef _lifecycle_of",
          "    return {}\n\n\ndef _lifecycle_of"),
    Fault("a solution's row in the trash comes back with a line",
          f"{CORE}/ingest/dependent_lines.py",
          "        return facts | known\n    if row.deleted_at is None:",
          "        return facts\n    if row.deleted_at is None:"),
    Fault("a row that moves stays where it was too", f"{CORE}/store/rows.py",
          "            actions.append(Delete(before.key, before.as_read()))", "            pass"),
    Fault("two rows of one id may come in at once", f"{CORE}/store/rows.py",
          "return Update(locator, unmoved,", "return Update(locator, (),"),
    Fault("a locator that seems right is not written", f"{CORE}/store/rows.py",
          "(before is None or locator != key)", "locator != key"),
    Fault("a row that is deleted for good leaves its locator", f"{CORE}/store/dependents.py",
          "*self._locators()]", "]"),
    Fault("a removed row leaves its locator", f"{CORE}/store/rows.py",
          "        actions.append(Delete(locator))\n", "        pass\n"),
    Fault("stale lines are applied to installs", f"{CORE}/ingest/install_lines.py",
          "if is_stale(line, state.as_of):", "if False:"),
    Fault("stale lines are applied to other rows", f"{CORE}/ingest/row_lines.py",
          "if is_stale(line, found.last):", "if False:"),
    Fault("the time of the last change is not guarded", f"{CORE}/store/installs.py",
          "        same(items.AS_OF, state.as_of),\n", ""),
    Fault("lines of one row are applied in any order", f"{CORE}/ingest/schedule.py",
          "        written[rows.own] = wave\n", ""),
    Fault("a packed write that failed is taken for written", f"{CORE}/ingest/apply.py",
          "            for numbered, _ in pack:\n                self._apply_alone(numbered)",
          "            for numbered, decision in pack:\n"
          "                self._record_result(*numbered, decision.result)"),
    Fault("a purged install comes in again", f"{CORE}/ingest/install_lines.py",
          "(removal is not None or expired is not None) and not options.recreates:", "False:"),
    Fault("changes of what an install belongs to are passed over", f"{CORE}/stream.py",
          "if (old.owner_refs, old.cascaded) == (new.owner_refs, new.cascaded):",
          "if old.deletion == new.deletion:"),
)  # fmt: skip


def caught_by(fault: Fault, cases: int) -> str:
    """Return the first history that finds a fault; empty if none does."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("layers/core", "tools", "tests"):
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / part, copy / part, ignore=ignore)
        shutil.copy(TEMPLATE, copy)
        path = copy / fault.file
        text = path.read_text()
        if text.count(fault.old) < 1:
            raise SystemExit(f"{fault.file} does not have what '{fault.what}' replaces")
        path.write_text(text.replace(fault.old, fault.new))
        paths = os.pathsep.join([str(copy), str(copy / "layers" / "core")])
        environment = {**os.environ, "PYTHONPATH": paths, "CASES": str(min(cases, 500))}
        published = path == copy / TEMPLATE.name or path.parent.name == "events"
        of_table = (CROSSINGS, RULES, [*HISTORIES, str(cases), "0", "1"])
        for command in (EVENTS,) if published else of_table:
            ran = subprocess.run(  # noqa: S603 - this very interpreter
                [sys.executable, "-m", *command], cwd=copy, env=environment,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if ran.returncode != 0:
                said = (ran.stderr.strip() or ran.stdout.strip()).splitlines()
                return said[-1] if command is not CROSSINGS else "two that cross (test_stale)"
        return ""


def main() -> None:
    """Plant each fault, and say by what it was caught."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 8_000
    words = sys.argv[2:]
    faults = [one for one in FAULTS if all(word in one.what for word in words)]
    missed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        said = pool.map(lambda fault: caught_by(fault, cases), faults)
        for fault, what in zip(faults, said, strict=True):
            missed += not what
            print(f"{'caught' if what else 'MISSED'}  {fault.what}: {what}", flush=True)
    sys.exit(missed)


if __name__ == "__main__":
    main()
