"""The history that must be in the table, made of every write of an install (section 11).

The chronicle hears of each transaction and each sweep. It compares the rows before and after, and
knows nothing of the code that makes the entries.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

from installs.store import history, items, keys
from installs.store.history import Counts
from tests.property.cascade.settled import unfinished

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from installs.store.history import Entry
    from installs.store.items import Fields, Item
    from installs.store.keys import Key
    from tests.property.cascade.memory import MemoryTable

FIELDS: Final = (
    "integrationVersionId", "variables", "authStateId", "memberPolicy", "parentInstallId",
    "solutionId", "installedBy", "installedAt", "lastUpgradedAt", "deletedAt", "retentionTier",
)  # fmt: skip
OWNERS: Final = (
    "parentInstallId",
    "solutionId",
    "deletionId",
    "deletedAt",
    "retentionTier",
    "purgeAt",
)
"""What decides the state of the dependents: a change of it is work for the cascade."""
CAUSES: Final = {"client": {"request"}, "ingest": {"ingest", "retention"}}
"""The causes of the entries of each actor; all others carry on or end what somebody began."""


@dataclass(frozen=True)
class Told:
    """One change of an install, as the table showed it."""

    kinds: frozenset[str]
    """One kind; two, if retention may have run out between the decision and the write."""
    deletion_id: str | None
    fields: frozenset[str]
    after: int | None
    """The revision after it; ``None``: the row is gone."""
    before: int
    actor: str
    request_id: str | None
    works: bool
    """The dependents have to be reconciled after it."""


@dataclass
class Chronicle:
    """All changes of each install, and all rows that the cascade wrote for it."""

    memory: MemoryTable
    told: defaultdict[str, list[Told]] = field(default_factory=lambda: defaultdict(list))
    expiries: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """The revisions of the installs that were swept."""
    counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """The dependents that were written since the last work of each install was settled."""
    settled: defaultdict[str, dict[int, Counter[str]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    """The counts that each settled entry must have, by its revision."""
    wrong: list[str] = field(default_factory=list)
    _keys: Collection[Key] = ()
    _counting: set[str] = field(default_factory=set)
    _ended: set[str] = field(default_factory=set)
    """The installs whose work the transaction under way ends."""
    _entries: dict[str, Fields] = field(default_factory=dict)
    """The settled entries in it, by their installs."""

    @property
    def in_transaction(self) -> bool:
        """False: DynamoDB sweeps."""
        return bool(self._keys)

    def begin(self, transaction: Collection[Key]) -> None:
        """Begin a transaction, which writes or checks these keys; none: it has ended."""
        self._settle()
        self._keys = transaction
        self._counting = {
            key.pk.removeprefix("INSTALL#")
            for key in transaction
            if key.pk.startswith("INSTALL#")
            and self.memory.look(keys.pending_work(key.pk.removeprefix("INSTALL#"))) is not None
        }

    def _settle(self) -> None:
        """Work that ends is settled in the same transaction, and nothing else is."""
        if self._entries.keys() != self._ended:
            self.wrong.append(f"the work of {self._ended} ends, and {self._entries} are settled")
        for install_id, entry in self._entries.items():
            revision, deletion_id = entry[items.REVISION], entry.get(items.DELETION_ID)
            self.settled[install_id][revision] = self.counts.pop(install_id, Counter())
            items_left = (keys.install(install_id), keys.pending_work(install_id))
            gone = all(self.memory.look(key) is None for key in items_left)
            for text in unfinished(self.memory, install_id, deletion_id, gone=gone):
                self.wrong.append(f"{install_id} is settled at {revision}, and {text}")
        self._ended, self._entries = set(), {}

    def _ends(self, install_id: str, old: Fields, new: Fields | None) -> bool:
        """Return True if work is done: a change's, or that of an end of retention."""
        if "settled" in old:
            return new is None and self.memory.look(keys.install(install_id)) is None
        return new is None or "settled" in new

    def written(
        self,
        actor: str,
        request_id: str | None,
        now: datetime,
        key: Key,
        before: Item | None,
        after: Item | None,
    ) -> None:
        """Hear of a write; without a transaction it is a sweep."""
        kind, _, owner = key.pk.partition("#")
        old, new = (None if item is None else items.decode(item) for item in (before, after))
        if key.sk.startswith(keys.HISTORY_PREFIX) and before is not None:
            self.wrong.append(f"{key} was written twice, or deleted: {new}")
        if key.sk.startswith(keys.HISTORY_PREFIX) and new and new["kind"] == "settled":
            self._entries[owner] = new
        if key == keys.pending_work(owner) and old is not None and self._ends(owner, old, new):
            self._ended.add(owner)
        if key == keys.install(owner):
            if not self.in_transaction:
                assert old is not None
                revision = max(old[items.REVISION] + 1, old[items.PURGE_AT] * 1000)
                self.expiries[owner].append(revision)
            elif old is None or new is None or old[items.REVISION] != new[items.REVISION]:
                self.told[owner].append(_told(old, new, now, actor, request_id))
        if actor not in CAUSES and self.in_transaction:
            self._count(kind, owner, key, old, new)

    def _count(
        self, kind: str, owner: str, key: Key, old: Fields | None, new: Fields | None
    ) -> None:
        """Count a row that the cascade wrote, for the install whose cascade it was."""
        if kind == "SOLUTION" and (key.sk == kind or key.sk.startswith(keys.MEMBER_PREFIX)):
            of = [id_ for id_ in self._counting if keys.pending_work(id_) in self._keys]
        elif kind == "INSTALL" and key.sk.startswith(keys.MEMBER_PREFIX):
            of = [owner]
        elif key == keys.install(owner) and old is not None:
            parent = old.get("parentInstallId")
            of = [parent] if parent and keys.install(parent) in self._keys else []
        else:
            return
        outcome = "purged" if new is None else "deleted" if "deletedAt" in new else "restored"
        for install_id in of:
            if install_id in self._counting:
                self.counts[install_id][outcome] += 1


def _told(
    old: Fields | None, new: Fields | None, now: datetime, actor: str, request_id: str | None
) -> Told:
    was, is_ = ((row or {}).get(items.DELETION_ID) for row in (old, new))
    if old is None:
        kinds = {"created"}
    elif new is None:
        expired = old.get(items.PURGE_AT, 10**12) <= now.timestamp()
        kinds = {"purged", "expired"} if expired else {"purged"}
    elif was == is_:
        kinds = {"changed"}
    else:
        kinds = {"restored" if is_ is None else "uninstalled"}
    changed = frozenset[str]()
    if old is not None and new is not None:
        changed = frozenset(name for name in FIELDS if old.get(name) != new.get(name))
    if old is None or new is None:
        works = new is None or bool({"solutionId", "deletedAt"} & new.keys())
    else:
        works = any(old.get(name) != new.get(name) for name in OWNERS)
    after = None if new is None else new[items.REVISION]
    before = 0 if old is None else old.get(items.REVISION, 0)
    return Told(frozenset(kinds), is_ or was, changed, after, before, actor, request_id, works)


def disagreements(chronicle: Chronicle, requests: Collection[str]) -> Iterator[str]:
    """Compare the table's history with the chronicle, at rest."""
    yield from chronicle.wrong
    found = {pk.removeprefix("INSTALL#") for pk in chronicle.memory.partitions if "INSTALL#" in pk}
    for install_id in sorted(found):
        entries = list(history.read(chronicle.memory.as_table(), install_id))
        for text in _about(chronicle, install_id, entries, requests):
            yield f"history of {install_id}: {text}"


def _about(
    chronicle: Chronicle, install_id: str, entries: list[Entry], requests: Collection[str]
) -> Iterator[str]:
    told = chronicle.told[install_id]
    changes = [entry for entry in entries if entry.kind != "settled"]
    kinds = [entry.kind.value for entry in changes]
    if len(told) != len(kinds) or any(
        kind not in one.kinds for one, kind in zip(told, kinds, strict=True)
    ):
        yield f"it is {kinds}, and was {[set(one.kinds) for one in told]}"
        return
    last = 0
    for one, entry in zip(told, changes, strict=True):
        if not max(last, one.before) < entry.revision == (one.after or entry.revision):
            yield f"revision {entry.revision} after {last} and {one}"
        if (entry.deletion_id, frozenset(entry.fields)) != (one.deletion_id, one.fields):
            yield f"{entry} of {one}"
        yield from _about_origin(one, entry, requests)
        last = entry.revision
    yield from _about_settled(chronicle, install_id, entries, changes)


def _about_origin(one: Told, entry: Entry, requests: Collection[str]) -> Iterator[str]:
    origin = entry.origin
    if origin.cause.value not in CAUSES.get(one.actor, {"parent", "retention"}):
        yield f"{entry} has a wrong cause: {one}"
    if (origin.cause == "retention") != (entry.kind == "expired"):
        yield f"{entry} has a cause of another kind"
    if one.actor == "client" and (origin.actor_id, origin.request_id) != (
        "usr_root",
        one.request_id,
    ):
        yield f"{entry} has the wrong actor: {one}"
    if one.actor != "client" and origin.request_id not in (None, *requests):
        yield f"{entry} is of no request"
    if origin.actor_id not in ("usr_root", "ingest", "cascade", None):
        yield f"{entry} is of nobody"


def _about_settled(
    chronicle: Chronicle, install_id: str, entries: list[Entry], changes: list[Entry]
) -> Iterator[str]:
    """The last work is settled; of earlier work, what was not replaced before it was done."""
    told = chronicle.told[install_id]
    settled = [entry for entry in entries if entry.kind == "settled"]
    swept = chronicle.expiries[install_id]
    works = [entry.revision for one, entry in zip(told, changes, strict=True) if one.works]
    works += swept
    if strange := {entry.revision for entry in settled} - set(works):
        yield f"settled are {strange}, and the changes with work are {works}"
    if works and max(works) not in {entry.revision for entry in settled}:
        yield f"its last work {max(works)} is not settled: {[e.revision for e in settled]}"
    wanted = chronicle.settled[install_id]
    told_counts = {entry.revision: _counter(entry.counts) for entry in settled}
    if told_counts != {revision: +counts for revision, counts in wanted.items()}:
        yield f"settled are {told_counts}, and must be {wanted}"
    pending_work = chronicle.memory.look(keys.pending_work(install_id))
    rest = Counts() if pending_work is None else Counts.of_item(items.decode(pending_work))
    if _counter(rest) != +chronicle.counts[install_id]:
        yield f"its work has counted {rest}, and the cascade wrote {chronicle.counts[install_id]}"


def _counter(counts: Counts | None) -> Counter[str]:
    return +Counter(asdict(counts or Counts()))
