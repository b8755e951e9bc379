"""The platform's services and clients at once, while functions are killed (sections 10 and 11).

The bus refuses half of the entries. In the end the table agrees with what the services and clients
were told, its history with the clients' own log, and the copy of a consumer with an export.
"""

from __future__ import annotations

import math
import os
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from installs import clock
from installs.clock import timestamp
from installs.events.details import event_id
from installs.store import history as entries
from installs.store import keys, pending
from tests import rows
from tests.e2e.sender import Sender, as_of
from tests.e2e.system import kill, tools
from tests.e2e.told import copy_of, exported, history, published
from tools.importer.table import open_table
from tools.operate.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from installs.store.table import Table
    from tests.e2e.conftest import Stack

INSTALLS: Final = "/integration-installs"
HOME: Final = "wsp_mixed"
USERS: Final = ("usr_max", "usr_moe")
"""A client is one of them."""
SECONDS: Final = float(os.environ.get("CHAOS_SECONDS", "6"))
"""Seconds of all this; ``make chaos`` sets more."""
PATIENCE: Final = 400
"""Seconds after which work that has become no less never will; the local stack may wait for a
function that was killed until its time is over."""
MOST_WAITING: Final = 200
"""Messages in the queue, above which senders wait."""
FUNCTIONS: Final = ("CascadeFunction", "IngestFunction", "PublishFunction")
"""The functions that are killed."""
SAMPLED: Final = 20
"""Installs whose history is held against the clients' log."""
PURGED_ONE_IN: Final = 5
"""Of so many families one may be purged: what is purged is gone for all."""

AFTER_A_PURGE: Final = {"unknown_row", "unknown_install", "unknown_parent", "install_purged"}
"""The reasons for which rows of a family that was purged are rejected."""


KINDS: Final = {"uninstall": "uninstalled", "restore": "restored", "purge": "purged"}


@dataclass(frozen=True)
class Asked:
    """A line of a client's own log."""

    user: str
    verb: str
    install_id: str
    status: int
    ended: str


@dataclass
class Family:
    """An install with two members and an add-on; what its senders last said of it."""

    number: int
    enabled: bool = True
    version: str = "ver_crm_2"
    second_removed: bool = False
    purged: bool = False

    @property
    def root(self) -> str:
        return f"ins_mix_{self.number}"

    @property
    def add_on(self) -> str:
        return f"{self.root}_addon"

    @property
    def may_be_purged(self) -> bool:
        return self.number % PURGED_ONE_IN == 0

    def lines(self) -> list[rows.Row]:
        at = {"asOf": as_of()}
        solution = f"sol_mix_{self.number % 3}"
        return [
            rows.solution(solution, workspaceId=HOME) | at,
            rows.install(self.root, workspaceId=HOME, variables={}, solutionId=solution) | at,
            rows.install(
                self.add_on, workspaceId=HOME, variables={}, parentInstallId=self.root
            ) | at,
            rows.member(f"mem_{self.root}_1", self.root, workspaceId=HOME) | at,
            rows.member(f"mem_{self.root}_2", self.root, workspaceId=HOME) | at,
        ]  # fmt: skip


@dataclass
class Platform:
    """The actors, and what they have seen."""

    stack: Stack
    sender: Sender
    families: list[Family] = field(default_factory=list)
    results: Counter[str] = field(default_factory=Counter)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    unexplained: list[object] = field(default_factory=list)
    log: dict[str, Asked] = field(default_factory=dict)
    """All requests of clients, by their trace ids."""
    done: threading.Event = field(default_factory=threading.Event)

    def install(self) -> None:
        """Install, and another time in each ten send the same message twice."""
        dice = random.Random(1)  # noqa: S311 - no secret
        while not self.done.wait(dice.uniform(0.05, 0.4)):
            if self.sender.waiting() > MOST_WAITING:
                continue
            family = Family(len(self.families))
            message = {"rows": family.lines()}
            for _ in range(2 if dice.random() < 0.1 else 1):
                self.sender.send(message, HOME)
            self.families.append(family)

    def upgrade(self) -> None:
        """Upgrade installs by the function, which answers; a call without answer is repeated."""
        dice = random.Random(2)  # noqa: S311 - no secret
        number = 0
        while not self.done.wait(dice.uniform(0.02, 0.2)):
            family = self._any(dice)
            if family is None or self.stack.row(keys.install(family.root)) is None:
                continue
            number += 1
            version = f"ver_{number}"
            line = {
                "type": "install", "id": family.root, "merge": True,
                "integrationVersionId": version, "asOf": as_of(),
            }  # fmt: skip
            results = None
            while results is None or results[0]["result"] == "deferred":
                results = self.sender.invoke(line)
            (result,) = results
            self.results[result.get("code", result["result"])] += 1
            if result["result"] in ("changed", "unchanged", "lifecycleKept"):
                family.version = version
            elif not (family.may_be_purged and result.get("code") in AFTER_A_PURGE):
                self.unexplained.append(result)

    def edit_members(self) -> None:
        """Switch members on and off, and remove some, by the queue."""
        dice = random.Random(3)  # noqa: S311 - no secret
        while not self.done.wait(dice.uniform(0.05, 0.3)):
            family = self._any(dice)
            if family is None or self.sender.waiting() > MOST_WAITING:
                continue
            line = {"type": "integrationMember", "asOf": as_of()}
            if dice.random() < 0.2:
                family.second_removed = True
                self.sender.send(line | {"id": f"mem_{family.root}_2", "delete": True}, HOME)
            else:
                family.enabled = not family.enabled
                change = {"merge": True, "enabled": family.enabled}
                self.sender.send(line | {"id": f"mem_{family.root}_1", **change}, HOME)

    def use(self, user: str, http: httpx.Client) -> None:
        """Uninstall, restore and purge, as a client of the API."""
        dice = random.Random(user)  # noqa: S311 - no secret
        while not self.done.wait(dice.uniform(0.01, 0.1)):
            family = self._any(dice)
            if family is None:
                continue
            install_id = dice.choice([family.root, family.root, family.add_on])
            roll = dice.random()
            if roll < 0.45:
                verb, method, end = "uninstall", "DELETE", ""
            elif roll < 0.85 or not family.may_be_purged:
                verb, method, end = "restore", "POST", "/restore"
            else:
                verb, method, end = "purge", "DELETE", "/purge"
            trace = f"1-{dice.getrandbits(32):08x}-{dice.getrandbits(96):024x}"
            headers = {"X-Amzn-Trace-Id": f"Root={trace}"}
            status = http.request(
                method, f"{INSTALLS}/{install_id}{end}", headers=headers
            ).status_code
            ended = timestamp(datetime.now(UTC))
            self.log[trace] = Asked(user, verb, install_id, status, ended)
            if verb == "purge" and status == 200:
                family.purged = True
            self.statuses[verb, status] += 1

    def check(self) -> None:
        """Hold the table to what was said: nothing live is lost, the last word counts."""
        for family in self.families:
            if family.purged:
                continue
            install = self.stack.row(keys.install(family.root))
            first, second = (
                self.stack.row(keys.member(family.root, f"mem_{family.root}_{n}")) for n in (1, 2)
            )
            assert install is not None, family
            assert self.stack.row(keys.install(family.add_on)) is not None, family
            assert install["integrationVersionId"] == family.version, (install, family)
            assert first is not None, family
            assert first.get("enabledBefore", first["enabled"]) is family.enabled, (first, family)
            assert (second is None) is family.second_removed, family
            assert ("deletedAt" in first) is ("deletedAt" in install), (first, install)

    def explain(self) -> None:
        """Take the dead letters; each is of a family that was purged."""
        purged = {family.number for family in self.families if family.purged}
        for reason in self.sender.take_dead_letters():
            number = int(reason["row"].split("ins_mix_")[1].split("_")[0])
            if number not in purged or reason["code"] not in AFTER_A_PURGE:
                self.unexplained.append(reason)
            self.results[reason["code"]] += 1

    def check_history(self, family: Family, install_id: str) -> None:
        """Hold an install's history to the log: who did what, and nobody else anything."""
        told = history(self.stack, install_id)
        traces = {entry["traceId"] for entry in told}
        reached: dict[str, str] = {}
        """When each state came first; a new install is live, as after a restore."""
        for entry in told:
            kind, cause, actor = (entry[name] for name in ("kind", "cause", "actor"))
            state = kind
            if kind == "created":
                state = "restored" if entry["deletionId"] is None else "uninstalled"
            reached.setdefault(state, entry["occurredAt"])
            if cause == "ingest":
                assert actor == {"id": "ingest", "kind": "service"}, entry
                assert kind in ("created", "changed", "settled"), entry
                continue
            asked = self.log[entry["traceId"]]
            assert actor == {"id": asked.user, "kind": "user"}, (asked, entry)
            assert asked.status in (200, 503), (asked, entry)
            assert asked.install_id == (install_id if cause == "request" else family.root), entry
            # What a purge finds live goes through the trash.
            through = asked.verb == "purge" and cause == "parent" and kind == "uninstalled"
            assert through or kind in (KINDS[asked.verb], "settled"), (asked, entry)
        for trace, asked in self.log.items():
            if asked.install_id == install_id and asked.status == 200 and trace not in traces:
                # It was so already, and nothing was done.
                assert asked.verb != "purge", asked
                assert reached[KINDS[asked.verb]] <= asked.ended, (asked, told)

    def untold(self, table: Table) -> list[str]:
        """The installs of whose history something has not been told, or something else has."""
        told: dict[str, set[str]] = {}
        for event in published(self.stack):
            detail = event["detail"]
            told.setdefault(detail["installId"], set()).add(detail["eventId"])
        ids = [one for family in self.families for one in (family.root, family.add_on)]
        return [
            install_id
            for install_id in ids
            if told.get(install_id, set())
            != {
                event_id(install_id, entry.revision, entry.kind)
                for entry in entries.read(table, install_id)
            }
        ]

    def _any(self, dice: random.Random) -> Family | None:
        return dice.choice(self.families) if self.families else None


def wait_until_none(work: Callable[[], int]) -> None:
    """Wait until there is no more work, for as long as it becomes less."""
    least, patience = math.inf, 0.0
    while left := work():
        if left < least:
            least, patience = left, time.monotonic() + PATIENCE
        assert time.monotonic() < patience, left
        time.sleep(0.2)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds processes by /proc")
def test_the_platform_and_clients_at_once_while_functions_are_killed(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = Sender(stack)
    made = sender.invoke(
        rows.workspace(HOME, "mixed"),
        *map(rows.user, USERS),
        *(rows.role(user, HOME, "admin") for user in USERS),
    )
    assert made is not None
    assert {result["result"] for result in made} == {"created"}
    tokens = [tools(stack, "token", user).stdout.strip() for user in USERS]
    platform = Platform(stack, sender)
    dice, deaths = random.Random(5), Counter[str]()  # noqa: S311 - no secret
    # when services send rows and clients change the installs, and functions die at any moment
    with sender.visibility(5), stack.bus.refusing(0.5), ExitStack() as exits:
        pool = exits.enter_context(ThreadPoolExecutor(3 + len(USERS)))
        exits.callback(platform.done.set)
        clients = [
            exits.enter_context(stack.client({"Authorization": f"Bearer {token}"}))
            for token in tokens
        ]
        work: list[Callable[[], None]] = [platform.install, platform.upgrade, platform.edit_members]
        busy = [pool.submit(one) for one in work]
        busy += [pool.submit(platform.use, *one) for one in zip(USERS, clients, strict=True)]
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends or len(deaths) < len(FUNCTIONS):
            time.sleep(dice.uniform(0.3, 1.5))
            function = dice.choice(FUNCTIONS)
            if killed := kill(stack, function):
                deaths[function] += killed
            if any(one.done() for one in busy):
                break
        platform.done.set()
        for one in busy:
            one.result()
        # then every message is applied once the queue is empty
        wait_until_none(sender.waiting)
    statuses = {status for _, status in platform.statuses}
    assert statuses <= {200, 404, 409, 503}, platform.statuses
    assert platform.statuses["uninstall", 200], platform.statuses
    # and all cascades have ended, and the table agrees with itself
    table = open_table(stack.running.table_name, stack.running.dynamodb_endpoint)
    wait_until_none(lambda: sum(1 for _ in pending.overdue(table, clock.now())))
    with monkeypatch.context() as later:
        now = clock.now
        later.setattr(clock, "now", lambda: now() + timedelta(minutes=10))
        assert stack.eventually(lambda: not list(Verifier(table, repair=False).run()))
    # and with what was said of it; what was rejected was of installs that a client had purged
    platform.check()
    platform.explain()
    assert platform.unexplained == []
    verified = tools(stack, "verify")
    assert verified.returncode == 0, verified
    assert "No disagreements." in verified.stdout
    # and what Lambda gave up, where deaths outlasted its retries, can be run again
    again = tools(stack, "redrive")
    assert again.returncode == 0, again
    # and a consumer has been told of each change, although the bus refused half of the events
    assert stack.bus.refused
    there = exported(stack, tmp_path, HOME)
    assert stack.eventually(lambda: copy_of(stack, HOME) == there)
    assert stack.eventually(lambda: not platform.untold(table)), platform.untold(table)
    # and history says who did what, as the clients know it
    ids = [(family, one) for family in platform.families for one in (family.root, family.add_on)]
    for family, install_id in dice.sample(ids, min(SAMPLED, len(ids))):
        platform.check_history(family, install_id)
    for kind, name in (("workspace", HOME), *(("user", user) for user in USERS)):
        assert tools(stack, "erase", kind, name, "--yes").returncode == 0
