"""Check of a table's consistency, and its repair.

One scan finds suspects; each is read again consistently, twice, before it is reported: a cascade
may finish between two reads. Repairs use the service's own means: pending work and the reconciler
for dependents, conditional writes for keys, pointers and counters. So it may run beside live
traffic, be stopped anywhere, and be run again.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from installs import cascade, clock
from installs.cascade import Work
from installs.errors import InstallsError
from installs.lifecycle import InstallState, OwnerRefs
from installs.store import dependents, installs, items, keys, pending
from installs.store.expressions import Check, Delete, Missing, Update, same
from installs.store.installs import as_read
from installs.store.table import ConditionFailedError
from tools.operate import counts
from tools.operate.findings import Finding
from tools.operate.places import verify_places
from tools.operate.row_faults import verify_rows
from tools.operate.secret_pointers import verify_secrets
from tools.operate.suspects import (
    about_install,
    about_solution,
    orphans,
    suspected_installs,
    suspected_solutions,
)
from tools.operate.table_scan import scan_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from installs.store.expressions import Action, Condition
    from installs.store.table import Table
    from tools.operate.table_scan import TableScan

    About = Callable[[Table, str], Iterator[str]]

LOOKS: Final = 5
"""Reads of a suspect; one that differs at every read is changing, and not reported."""

PAUSE: Final = 0.2
"""In seconds, between two looks."""

ROUNDS: Final = 3
"""Repairs of one suspect before giving up: others may change it at the same time."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verification of one table; reports progress to ``on_scan`` and ``on_check``.

    ``notes``: what is no disagreement and is left as it is, once ``run`` has ended: references to
    rows that are not there, and orphans. ``scanned``: the numbers of ``rows`` and ``items``.
    """

    table: Table
    repair: bool
    on_scan: Callable[[int], None] = lambda _: None
    on_check: Callable[[int, int], None] = lambda _done, _total: None
    notes: list[Finding] = field(default_factory=list)
    scanned: Counter[str] = field(default_factory=Counter)

    def run(self) -> Iterator[Finding]:
        """Scan, check and repair; yield each finding at once."""
        scan = scan_table(self.table, self.on_scan)
        self.scanned.update(rows=scan.rows, items=scan.items)
        if scan.unreadable:
            for key, reason in sorted(scan.unreadable.items(), key=str):
                fault = f"{reason}; nothing else was checked"
                yield Finding(f"item {key.pk} {key.sk}", (fault,), False if self.repair else None)
            return
        yield from verify_rows(self.table, scan.suspects, repair=self.repair)
        suspects: list[tuple[str, str]] = [
            *(("install", install_id) for install_id in sorted(suspected_installs(scan))),
            *(("solution", solution_id) for solution_id in sorted(suspected_solutions(scan))),
        ]
        for number, (kind, id_) in enumerate(suspects):
            self.on_check(number, len(suspects))
            finding = self._install(id_) if kind == "install" else self._solution(id_)
            if finding is not None:
                yield finding
        self.on_check(len(suspects), len(suspects))
        yield from verify_places(self.table, scan.places, repair=self.repair)
        yield from verify_secrets(self.table, scan.secrets, repair=self.repair)
        self.notes.extend([*orphans(self.table, scan), *scan.references.missing(self.table)])
        # Installs may have been repaired: then the first scan is no longer valid for the counters.
        yield from self._counters(scan_table(self.table, self.on_scan) if suspects else scan)

    def _install(self, install_id: str) -> Finding | None:
        faults = self._faults(about_install, install_id)
        if not faults:
            return None
        repaired = self._try(install_id, about_install, self._repair_install)
        return Finding(f"install {install_id}", faults, repaired)

    def _solution(self, solution_id: str) -> Finding | None:
        faults = self._faults(about_solution, solution_id)
        if not faults:
            return None
        repaired = self._try(solution_id, about_solution, self._repair_solution)
        return Finding(f"solution {solution_id}", faults, repaired)

    def _faults(self, about: About, id_: str) -> tuple[str, ...]:
        """Return the finding that two consecutive reads agree on; None if a read finds none."""
        before: tuple[str, ...] | None = None
        for _ in range(LOOKS):
            faults = tuple(about(self.table, id_))
            if not faults or faults == before:
                return faults
            before = faults
            time.sleep(PAUSE)
        return ()

    def _try(
        self,
        id_: str,
        about: About,
        repair: Callable[[str], None],
    ) -> bool | None:
        if not self.repair:
            return None
        for _ in range(ROUNDS):
            try:
                repair(id_)
            except (ConditionFailedError, InstallsError):
                continue
            if not self._faults(about, id_):
                return True
        return False

    def _repair_install(self, install_id: str) -> None:
        state = installs.get(self.table, install_id)
        refs = OwnerRefs(install_id, None, None) if state is None else state.owner_refs
        pending_work = pending.get(self.table, install_id)
        if state is None and pending_work is not None:
            refs = pending_work.owner_refs
        if state is not None:
            self._repair_keys(state)
            self._repair_pointers(state)
        self._drop_astray(install_id)
        self.table.transact([pending.requeue(refs, clock.now())])
        work = Work(self.table)
        cascade.reconcile(work, refs)
        above = refs.parent_install_id
        if above is not None and installs.get(self.table, above) is None:
            cascade.reconcile(work, OwnerRefs(above, None, None))

    def _repair_keys(self, state: InstallState) -> None:
        right = items.index_keys(state.row)
        all_keys = {name for index in keys.INDEXES for name in (index.partition, index.sort)}
        remove = sorted(all_keys - right.keys())
        self.table.transact(
            [Update(keys.install(state.row.id), as_read(state), set=right, remove=remove)]
        )

    def _repair_pointers(self, state: InstallState) -> None:
        row = state.row
        pointers = []
        if row.parent_install_id is not None:
            pointers.append(keys.add_on(row.parent_install_id, row.id))
        if row.solution_id is not None:
            pointers.append(keys.solution_install(row.solution_id, row.id))
        for key in pointers:
            pointer = Update(key, set={"id": row.id})
            self.table.transact([pointer, Check(keys.install(row.id), as_read(state))])

    def _drop_astray(self, parent_id: str) -> None:
        """Drop pointers to add-ons that are gone, or have another parent."""
        ids = list(dependents.add_on_ids(self.table, parent_id))
        states = installs.get_many(self.table, ids)
        for install_id in ids:
            state = states.get(install_id)
            still: list[Condition]
            if state is None:
                still = [Missing()]
            elif state.row.parent_install_id != parent_id:
                still = [same("parentInstallId", state.row.parent_install_id)]
            else:
                continue
            self.table.transact(
                [Delete(keys.add_on(parent_id, install_id)), Check(keys.install(install_id), still)]
            )

    def _repair_solution(self, solution_id: str) -> None:
        ids = list(dependents.solution_install_ids(self.table, solution_id))
        states = installs.get_many(self.table, ids)
        purged = pending.purged(self.table, set(ids) - states.keys())
        for install_id in ids:
            guards = self._astray(solution_id, install_id, states.get(install_id))
            if guards and install_id not in purged:
                self.table.transact(
                    [
                        Delete(keys.solution_install(solution_id, install_id)),
                        *guards,
                        Update(keys.solution_version(solution_id), add={items.SOLUTION_VERSION: 1}),
                    ]
                )
        work = Work(self.table)
        cascade.reconcile_solution(work, solution_id)
        for install_id in purged:
            cascade.reconcile(work, OwnerRefs(install_id, None, solution_id))

    @staticmethod
    def _astray(solution_id: str, install_id: str, state: InstallState | None) -> list[Action]:
        """Return what must hold where a pointer leads to no install of a solution; else nothing."""
        if state is None:
            pending_work = Check(keys.pending_work(install_id), [Missing()])
            return [Check(keys.install(install_id), [Missing()]), pending_work]
        if state.row.solution_id == solution_id:
            return []
        still = [same("solutionId", state.row.solution_id)]
        return [Check(keys.install(install_id), still)]

    def _counters(self, scan: TableScan) -> Iterator[Finding]:
        recount = counts.recount(self.table, scan, lambda: scan_table(self.table, self.on_scan))
        for name in recount.undecided:
            fault = "kept changing during the scans: verify at a quieter time"
            yield Finding(f"count {name.pk} {name.sk}", (fault,), False if self.repair else None)
        for wrong in recount.wrong:
            fault = f"says {wrong.counted}, and {wrong.recounted} installs are live"
            repaired: bool | None = None
            if self.repair:
                try:
                    counts.correct(self.table, wrong)
                    repaired = True
                except (ConditionFailedError, InstallsError):
                    repaired = False
            yield Finding(f"count {wrong.name.pk} {wrong.name.sk}", (fault,), repaired)
        for key in recount.obsolete:
            if self.repair:
                self.table.transact([Delete(key)])
            fault = "is of an older layout"
            yield Finding(f"count {key.pk} {key.sk}", (fault,), True if self.repair else None)
