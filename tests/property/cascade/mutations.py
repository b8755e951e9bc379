"""Faults planted on purpose: ``python -m tests.property.cascade.mutations [CASES [WORDS]]``.

Each is put into a copy of the code; then two reconcilers cross in every way (``test_stale``), and
histories are run until one ends in a violation. A fault that nothing finds says that the proofs are
blind there: the command fails.
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
CORE: Final = "layers/core/installs"
CROSSINGS: Final = ["tests.property.cascade.test_stale"]
HISTORIES: Final = ["tests.property.cascade.histories"]


class Fault(NamedTuple):
    """A text that is replaced in one file of the code."""

    what: str
    file: str
    old: str
    new: str


FAULTS: Final = (
    Fault("members and solutions are written without a guard", f"{CORE}/cascade.py",
          "for _, _, action in some), guard])", "for _, _, action in some)])"),
    Fault("add-ons are written without a guard", f"{CORE}/cascade.py",
          "installs.commit(work.table, some, guard, ", "installs.commit(work.table, some, "),
    Fault("a solution's guard is not its version", f"{CORE}/cascade.py",
          "[same(items.SOLUTION_VERSION, version)]", "[]"),
    Fault("changes do not raise the version", f"{CORE}/store/installs.py",
          "*(Update(key, add={items.SOLUTION_VERSION: 1}) for key in versions),", ""),
    Fault("a row is written whatever it is by now", f"{CORE}/store/dependents.py",
          "self._as_read()", "()"),
    Fault("an install is written whatever its deletion is by now", f"{CORE}/store/installs.py",
          "same(items.DELETION_ID, None if state.deletion is None else state.deletion.id),", ""),
    Fault("the last member of a page is skipped", f"{CORE}/store/dependents.py",
          "    return (Dependent(decode(item)) for item in found)",
          "    return iter([Dependent(decode(item)) for item in found][:3])"),
    Fault("the count of the workspace is forgotten", f"{CORE}/store/counters.py",
          "for key in counters_of(by, shard):", "for key in counters_of(by, shard)[1:]:"),
    Fault("the count of an integration is forgotten", f"{CORE}/store/counters.py",
          "for key in counters_of(by, shard):", "for key in counters_of(by, shard)[:-1]:"),
    Fault("changes enqueue no pending work", f"{CORE}/store/installs.py",
          "*(pending.enqueue(change.before.owner_refs, now, request_id)"
          " for change in changes),", ""),
    Fault("pending work is completed whoever has enqueued it", f"{CORE}/store/pending.py",
          "[Equals(_REVISION, pending_work.revision)]", "[]"),
    Fault("first pending work is enqueued whatever the install is by now", f"{CORE}/cascade.py",
          "[] if pending_work is not None else [_guard(refs.id, state)]", "[]"),
    Fault("the pending work is read after the install", f"{CORE}/cascade.py",
          "    state = installs.get(work.table, seen.id)\n    known",
          "    state = installs.get(work.table, seen.id)\n"
          "    pending_work = pending.get(work.table, seen.id)\n    known"),
    Fault("no work is pending at the end of retention", f"{CORE}/store/pending.py",
          "    if state is None or state.deletion", "    if True or state.deletion"),
    Fault("what nobody swept is left there", f"{CORE}/cascade.py",
          "not state.expired(clock.now() - pending.TTL_DELAY)", "True"),
    Fault("what was deleted by itself follows too", f"{CORE}/store/dependents.py",
          "return self.live or self.deletion_id is not None", "return True"),
    Fault("what was enabled is forgotten", f"{CORE}/store/dependents.py",
          "ENABLED_BEFORE: self.values[_ENABLED]", "ENABLED_BEFORE: True"),
    Fault("a second deletion does not mark anew", f"{CORE}/store/dependents.py",
          "self.deletion_id == desired.id", "self.deletion_id is not None"),
    Fault("add-ons uninstalled by themselves follow too", f"{CORE}/cascade.py",
          "if not add_on.live and not add_on.cascaded:", "if False:"),
    Fault("a cascaded add-on is not marked so", f"{CORE}/cascade.py",
          "parent.deletion, cascaded=True", "parent.deletion, cascaded=False"),
    Fault("pointers go before members", f"{CORE}/cascade.py",
          "    reconcile_solution(work, refs.solution_id)\n    _reconcile_add_ons",
          "    if state is None:\n        _drop_pointers(work, refs)\n"
          "    reconcile_solution(work, refs.solution_id)\n    _reconcile_add_ons"),
    Fault("members go before the solution", f"{CORE}/cascade.py",
          "    reconcile_solution(work, refs.solution_id)\n    _reconcile_add_ons",
          "    _reconcile_members(work, refs.id, state)\n"
          "    reconcile_solution(work, refs.solution_id)\n    _reconcile_add_ons"),
    Fault("the solution is not settled again", f"{CORE}/cascade.py",
          "still was.\n        reconcile_solution(work, refs.solution_id)", "still was."),
    Fault("an install that is gone does not raise the version", f"{CORE}/cascade.py",
          "        actions.append(Update(keys.solution_version(refs.solution_id),"
          " add={items.SOLUTION_VERSION: 1}))\n", ""),
    Fault("a solution's members all follow the solution", f"{CORE}/cascade.py",
          "by_entity.get(member.entity_id, together)", "together"),
    Fault("a member in its own trash stands for its entity", f"{CORE}/cascade.py",
          "            if member.follows:\n", "            if True:\n"),
    Fault("the earliest deletion has a solution", f"{CORE}/lifecycle.py",
          "return max(deletions", "return min(deletions"),
    Fault("a restore does not look at the parent as it writes", f"{CORE}/commands.py",
          "() if parent_id is None else (Check", "() if True else (Check"),
    Fault("what is past its retention may be restored", f"{CORE}/lifecycle.py",
          "return self.deletion is not None and has_expired(self.deletion.purge_at, now)",
          "return False"),
    Fault("the consumer goes on past a failure", f"{CORE}/stream.py",
          "            return outcome\n        logger", "            continue\n        logger"),
    Fault("a failure is taken for a success", f"{CORE}/stream.py",
          "outcome.stopped_at = record.get", "_ = record.get"),
    Fault("a condition that failed is taken for a success", f"{CORE}/cascade.py",
          "            work.tally.retries += 1\n            continue", "            return"),
    Fault("imports are not looked at afterwards", "tools/importer/afterwards.py",
          "if refs is not None and (", "if False and ("),
    Fault("an install that went during an import is not looked at", "tools/importer/afterwards.py",
          "known.get(install_id) if state is None", "None if state is None"),
)  # fmt: skip


def caught_by(fault: Fault, cases: int) -> str:
    """Return the first history that finds a fault; empty if none does."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("layers/core", "tools", "tests"):
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / part, copy / part, ignore=ignore)
        path = copy / fault.file
        text = path.read_text()
        if text.count(fault.old) < 1:
            raise SystemExit(f"{fault.file} does not have what '{fault.what}' replaces")
        path.write_text(text.replace(fault.old, fault.new))
        paths = os.pathsep.join([str(copy), str(copy / "layers" / "core")])
        for command in (CROSSINGS, [*HISTORIES, str(cases), "0", "1"]):
            ran = subprocess.run(  # noqa: S603 - this very interpreter
                [sys.executable, "-m", *command], cwd=copy, env={**os.environ, "PYTHONPATH": paths},
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
