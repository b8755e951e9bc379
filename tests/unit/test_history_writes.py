"""The history that changes leave: by callers, by rows that come in, by the cascade (section 11)."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from installs import cascade, clock, commands, lifecycle
from installs.access import Principal
from installs.cascade import Work
from installs.errors import NotFoundError
from installs.ingest.apply import apply_values
from installs.ingest.decisions import Options
from installs.origin import RETENTION, ActorKind, Cause, Origin
from installs.principals import PrincipalKind
from installs.store import history, installs, keys, pending
from installs.store.history import Counts
from tests import rows
from tests.property.cascade.fibers import CrashError
from tests.property.cascade.memory import MemoryTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.lifecycle import InstallState, OwnerRefs
    from installs.store.history import Entry
    from installs.store.keys import Key

START: Final = datetime(2026, 11, 29, 10, tzinfo=UTC)
ADA: Final = Principal("usr_ada")
ROBOT: Final = Principal("key_acme", PrincipalKind.KEY)
TRACE: Final = "1-5759e988-bd862e3fe1be46a994272793"


class Service:
    """A table in memory, and a clock that moves with each change."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.memory = MemoryTable()
        self.table = self.memory.as_table()
        self.now = START
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def load(self, *lines: rows.Row) -> None:
        root = rows.user("usr_ada") | {"role": "admin"}
        key = rows.api_key("key_acme", "sec_acme", role="admin")
        lines = (*rows.base(), root, key, *lines)
        results = apply_values(self.table, list(lines), Options(lifecycle_from_file=True))
        assert {one.outcome.value for one in results} <= {"created", "changed"}, results
        self.settle()

    def entries(self, install_id: str) -> list[Entry]:
        return list(history.read(self.table, install_id))

    def kinds(self, install_id: str) -> list[str]:
        return [entry.kind.value for entry in self.entries(install_id)]

    def later(self, **by: int) -> None:
        self.now += timedelta(**by)

    def reconcile(self, refs: OwnerRefs) -> None:
        cascade.reconcile(Work(self.table), refs)

    def settle(self) -> None:
        """Complete all pending work that does not wait for the end of retention."""
        for _ in range(20):
            works = [
                work
                for work in pending.overdue(self.table, self.now + timedelta(milliseconds=1))
                if isinstance(work, pending.PendingWork)
            ]
            if not works:
                return
            for work in works:
                self.reconcile(work.owner_refs)
        raise AssertionError("the work has no end")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    return Service(monkeypatch)


def family() -> Sequence[rows.Row]:
    """An install with three members and two add-ons, one of which has an add-on itself."""
    return [
        rows.install("ins_top"),
        *(rows.member(f"mem_{n}", "ins_top") for n in range(3)),
        rows.install("ins_add", parentInstallId="ins_top"),
        rows.member("mem_add", "ins_add"),
        rows.install("ins_other", parentInstallId="ins_top"),
        rows.install("ins_deep", parentInstallId="ins_add"),
    ]


def test_section_11_a_life_is_told_from_its_creation_to_its_purge(service: Service) -> None:
    # given an install that came in
    service.load(*family())
    # when it is uninstalled, restored, uninstalled by a key, and purged
    service.later(hours=1)
    commands.uninstall(
        service.table, ADA, "ins_top", stack_tier="medium", request_id="req-1", trace_id=TRACE
    )
    service.settle()
    service.later(hours=1)
    commands.restore(service.table, ADA, "ins_top", request_id="req-2")
    service.settle()
    service.later(hours=1)
    commands.uninstall(service.table, ROBOT, "ins_top", stack_tier="short", request_id="req-3")
    service.settle()
    service.later(hours=1)
    commands.purge(service.table, ROBOT, "ins_top", request_id="req-4")
    service.settle()
    # then its history says so, with what each change entailed
    life = ["uninstalled", "settled", "restored", "settled", "uninstalled", "settled"]
    assert service.kinds("ins_top") == ["created", *life, "purged", "settled"]
    entries = service.entries("ins_top")
    ada = Origin("usr_ada", ActorKind.USER, Cause.REQUEST, "req-1", TRACE)
    robot = Origin("key_acme", ActorKind.KEY, Cause.REQUEST, "req-4")
    assert entries[0].origin == Origin("ingest", ActorKind.SERVICE, Cause.INGEST)
    assert entries[1].origin == entries[2].origin == ada
    assert entries[7].origin == entries[8].origin == robot
    counts = [entry.counts for entry in entries if entry.counts]
    assert counts == [Counts(deleted=5), Counts(restored=5), Counts(deleted=5), Counts(purged=5)]
    # and that of an add-on that the cascade took names who began it
    assert service.kinds("ins_deep") == ["created", *life, "purged", "settled"]
    deep = service.entries("ins_deep")
    assert deep[1].origin == ada.followed
    assert deep[7].origin == robot.followed
    # and both are of the same deletion
    assert [one.deletion_id for one in deep[1:]] == [one.deletion_id for one in entries[1:]]
    assert [one.revision for one in entries] == sorted(one.revision for one in entries)


def test_section_11_a_change_of_facts_names_the_fields_and_entails_nothing(
    service: Service,
) -> None:
    service.load(rows.install("ins_1"))
    service.later(minutes=1)
    line = {"type": "install", "id": "ins_1", "merge": True, "authStateId": "aut_2"}
    apply_values(service.table, [line])
    assert service.kinds("ins_1") == ["created", "changed"]
    assert service.entries("ins_1")[1].fields == ("authStateId",)
    assert pending.get(service.table, "ins_1") is None
    # and a line that changes nothing leaves nothing
    apply_values(service.table, [line])
    assert service.kinds("ins_1") == ["created", "changed"]


def test_section_11_what_repair_deletes_at_the_end_of_retention_has_expired(
    service: Service,
) -> None:
    # given an install in the trash whose retention ran out, which DynamoDB has not swept
    service.load(*family())
    commands.uninstall(service.table, ADA, "ins_top", stack_tier="short", request_id="req-1")
    service.settle()
    service.later(days=11)
    # when the repair deletes it
    assert cascade.expire(service.table, "ins_top")
    service.settle()
    # then nobody did it
    assert service.kinds("ins_top")[-2:] == ["expired", "settled"]
    assert [entry.origin for entry in service.entries("ins_top")[-2:]] == [RETENTION, RETENTION]
    assert service.entries("ins_top")[-1].counts == Counts(purged=5)
    # and what went with it has expired too
    assert service.kinds("ins_add")[-2:] == ["expired", "settled"]


def test_section_11_what_expires_while_it_is_purged_has_expired_for_the_caller_too(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a purge that is allowed, and a retention that ends before it is written
    service.load(rows.install("ins_1"))
    commands.uninstall(service.table, ADA, "ins_1", stack_tier="short")
    service.settle()
    service.later(days=7, seconds=-1)
    check = lifecycle.check_purge

    def slow(state: InstallState, *, now: datetime) -> None:
        check(state, now=now)
        service.later(seconds=1)

    monkeypatch.setattr(lifecycle, "check_purge", slow)
    # then it is gone for its caller, and nobody has purged it
    with pytest.raises(NotFoundError):
        commands.purge(service.table, ADA, "ins_1")
    assert service.kinds("ins_1") == ["created", "uninstalled", "settled"]


def test_section_11_what_dynamodb_sweeps_is_settled_at_the_revision_of_its_expiry(
    service: Service,
) -> None:
    service.load(*family())
    commands.uninstall(service.table, ADA, "ins_top", stack_tier="short")
    service.settle()
    state = installs.get(service.table, "ins_top")
    assert state is not None
    assert state.deletion is not None
    assert state.deletion.purge_at is not None
    # when it is swept, and its record is handled
    service.later(days=8)
    service.memory.write(keys.install("ins_top"), None)
    service.reconcile(state.owner_refs)
    # then the settled entry has the revision that whoever sees the record finds
    last = service.entries("ins_top")[-1]
    assert (last.kind, last.origin, last.counts) == ("settled", RETENTION, Counts(purged=5))
    assert last.revision == history.expiry_revision(state.revision, state.deletion.purge_at)
    # and an install that comes in again goes on from there
    again = rows.install("ins_top")
    service.now = START
    service.settle()
    apply_values(service.table, [again], Options(recreate_purged=True))
    assert service.entries("ins_top")[-1].kind == "created"
    assert service.entries("ins_top")[-1].revision == last.revision + 1


def test_section_11_counts_are_exact_wherever_the_cascade_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writes = 0
    cut = 0
    while cut <= writes:
        # given an uninstall whose cascade ends before its nth operation
        service = Service(monkeypatch)
        service.load(*family())
        commands.uninstall(service.table, ADA, "ins_top", stack_tier="medium")
        state = installs.get(service.table, "ins_top")
        assert state is not None
        operations = 0

        def crash(_: str, at: int = cut) -> None:
            nonlocal operations
            operations += 1
            if operations == at:
                raise CrashError

        service.memory.before = crash
        with contextlib.suppress(CrashError):
            service.reconcile(state.owner_refs)
        writes = max(writes, operations)
        service.memory.before = lambda _: None
        # when it is done again, twice
        service.settle()
        service.reconcile(state.owner_refs)
        # then it is settled once, and counts each row once
        entries = [entry for entry in service.entries("ins_top") if entry.counts]
        assert [entry.counts for entry in entries] == [Counts(deleted=5)]
        cut += 1
    assert cut > 8


def test_section_11_work_that_is_replaced_before_its_end_is_settled_with_the_next(
    service: Service,
) -> None:
    # given an uninstall whose cascade has taken some rows
    service.load(*family())
    commands.uninstall(service.table, ADA, "ins_top", stack_tier="medium")
    state = installs.get(service.table, "ins_top")
    assert state is not None

    def stop(key: Key, *_: object) -> None:
        if key == keys.pending_work("ins_top"):
            raise CrashError

    service.memory.written = stop
    with pytest.raises(CrashError):
        service.reconcile(state.owner_refs)
    service.memory.written = lambda *_: None
    taken = pending.get(service.table, "ins_top")
    assert taken is not None
    assert taken.counts.deleted > 0
    # when it is restored before the rest is taken
    service.later(seconds=1)
    commands.restore(service.table, ADA, "ins_top")
    service.settle()
    # then one settled entry tells of both
    settled = [entry for entry in service.entries("ins_top") if entry.counts]
    deleted = taken.counts.deleted
    assert [entry.counts for entry in settled] == [Counts(deleted=deleted, restored=deleted)]
    assert service.kinds("ins_top") == ["created", "uninstalled", "restored", "settled"]


def test_section_7_as_many_add_ons_as_fit_go_in_one_transaction(service: Service) -> None:
    # given add-ons that share nothing: each in a solution, and of an integration, of its own
    number = 2 * cascade.CHANGES_AT_ONCE + 1
    service.load(
        *(rows.integration(f"itg_{n}") for n in range(number)),
        *(rows.solution(f"sol_{n}") for n in range(number)),
        rows.install("ins_top"),
        *(
            rows.install(
                f"ins_{n}", parentInstallId="ins_top", solutionId=f"sol_{n}",
                integrationId=f"itg_{n}",
            )
            for n in range(number)
        ),
    )  # fmt: skip
    sizes: list[int] = []
    service.memory.transacting = lambda written: sizes.append(len(written))
    # when all are taken, restored and purged
    for change in (
        lambda: commands.uninstall(service.table, ADA, "ins_top", stack_tier="medium"),
        lambda: commands.restore(service.table, ADA, "ins_top"),
        lambda: commands.uninstall(service.table, ADA, "ins_top", stack_tier="medium"),
        lambda: commands.purge(service.table, ADA, "ins_top"),
    ):
        service.later(seconds=1)
        change()
        service.settle()
    # then the table in memory, which takes 100 actions as DynamoDB does, has taken them
    assert 90 <= max(sizes) <= 100
    assert service.kinds("ins_0")[-2:] == ["purged", "settled"]
