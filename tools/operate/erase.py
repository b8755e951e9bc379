"""A tenant's or a person's rows, removed for good, by the service's own means.

Access is removed first, so that the erased act no more. The workspace or the user itself is removed
last, so that an interrupted run can begin again. Installs go through the trash, and the cascade
deletes their dependents, as after a purge by the API.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from installs import cascade, clock, lifecycle, model
from installs.cascade import Work
from installs.clock import timestamp
from installs.errors import ConflictError
from installs.lifecycle import Deletion, OwnerRefs
from installs.model import RetentionTier
from installs.origin import ActorKind, Cause, Origin
from installs.store import history, installs, items, keys, pending, rows, scans
from installs.store.api_keys import KEY_ID
from installs.store.expressions import Delete, Equals, Exists, Update
from installs.store.installs import Change
from installs.store.rows import Stored
from installs.store.table import TRANSACTION_LIMIT, ConditionFailedError, Range, key_of
from tools.exporter.rows import row_type

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from installs.model import Row
    from installs.store.expressions import Action
    from installs.store.items import Fields
    from installs.store.table import Table

ATTEMPTS: Final = 10
"""Attempts at one row, where others change it at the same time."""

_ORIGIN: Final = Origin("erase", ActorKind.SERVICE, Cause.REQUEST)
_ACCESS: Final = (model.WorkspaceMember, model.ApiKey)


@dataclass(slots=True)
class Eraser:
    """Removes rows of one table, and counts them by type."""

    table: Table
    on_row: Callable[[int], None] = lambda _: None
    removed: Counter[str] = field(default_factory=Counter)
    kept: list[str] = field(default_factory=list)
    """The integrations that a workspace has authored and that others have installed."""

    def workspace(self, workspace_id: str) -> None:
        """Remove a workspace: its access, its installs with all that depends on them, its rows.

        Raises
        ------
        ConflictError, UnavailableError
            Others change its rows all the time, or the table cannot be reached; begin again.
        """
        for stored in self._rows(*_ACCESS):
            if stored.values.get("workspaceId") == workspace_id:
                self._remove(stored)
        for stored in self._rows(model.Install):
            if stored.values["workspaceId"] == workspace_id:
                self._purge(stored.values["id"])
        for stored in self._rows(model.IntegrationMember):
            if stored.values["workspaceId"] == workspace_id:
                self._remove(stored)
        self._solutions(workspace_id)
        self._integrations(workspace_id)
        self._forget_workspace(workspace_id)
        self._counters(workspace_id)
        self._remove_by_key(keys.workspace(workspace_id), model.Workspace)

    def user(self, user_id: str) -> None:
        """Remove a user: the roles, the API keys that act as the user, and the user's own row.

        Rows that the user made keep the bare id (``installedBy``, ``addedBy``). The history of
        installs keeps what happened, without the ids of the user and of these keys.

        Raises
        ------
        ConflictError, UnavailableError
            Others change these rows all the time, or the table cannot be reached; begin again.
        """
        access = [
            stored for stored in self._rows(*_ACCESS) if stored.values.get("userId") == user_id
        ]
        api_keys = [stored for stored in access if isinstance(stored.row, model.ApiKey)]
        for stored in access:
            if stored not in api_keys:
                self._remove(stored)
        # The keys are revoked at once, but stay until nothing names them: for who begins again.
        for stored in api_keys:
            self._revoke(stored)
        self._forget_actors({user_id, *(stored.row.id for stored in api_keys)})
        for stored in api_keys:
            self._remove(stored)
        self._remove_by_key(keys.user(user_id), model.User)

    def _revoke(self, stored: Stored) -> None:
        """Revoke an API key that is there."""
        try:
            revoked = {"deletedAt": timestamp(clock.now())}
            self.table.transact([Update(stored.key, (Exists(),), set=revoked)])
        except ConditionFailedError:
            return

    def _forget_workspace(self, workspace_id: str) -> None:
        """Delete the history of a workspace's installs, once nothing adds to it."""
        while unfinished := [
            key
            for key, values in self._of_installs(keys.PENDING_SK)
            if values.get(history.WORKSPACE_ID) == workspace_id
        ]:
            for key in unfinished:
                refs = OwnerRefs(keys.owner_of(key)[1], None, None)
                cascade.reconcile(Work(self.table), refs)
        found = (
            key
            for key, values in self._of_installs(keys.HISTORY_PREFIX)
            if values.get(history.WORKSPACE_ID) == workspace_id
        )
        while run := list(islice(found, TRANSACTION_LIMIT)):
            self.table.transact([Delete(key) for key in run])
            self._count("history entry", len(run))

    def _forget_actors(self, actor_ids: Collection[str]) -> None:
        """Remove actors' ids: from pending work first, since more history comes of it."""
        for key, values in self._of_installs(keys.PENDING_SK):
            if values.get(history.ACTOR_ID) in actor_ids:
                self._forget_in_work(keys.owner_of(key)[1], actor_ids)
        for key, values in self._of_installs(keys.HISTORY_PREFIX):
            if values.get(history.ACTOR_ID) in actor_ids:
                forgotten = Update(key, (Exists(),), remove=[history.ACTOR_ID])
                # TTL may have deleted it since.
                with suppress(ConditionFailedError):
                    self.table.transact([forgotten])
                self._count("actor of a history entry")

    def _forget_in_work(self, install_id: str, actor_ids: Collection[str]) -> None:
        for _ in range(ATTEMPTS):
            work = pending.get(self.table, install_id)
            if work is None or work.origin.actor_id not in actor_ids:
                return
            with suppress(ConditionFailedError):
                self.table.transact([pending.without_actor(work)])
                return
        raise ConflictError(f"The install {install_id} kept changing; begin again.")

    def _of_installs(self, kind: str) -> Iterator[tuple[keys.Key, Fields]]:
        """Read the items of a kind in the partitions of installs, page by page."""
        for page in scans.pages(self.table):
            for item in page:
                key = key_of(item)
                if keys.kind_of(key) == ("INSTALL", kind):
                    yield key, items.decode(item)

    def _rows(self, *types: type[Row]) -> Iterator[Stored]:
        """Return the rows of some types, read page by page."""
        for page in scans.pages(self.table):
            for item in page:
                kind = row_type(item)
                if kind in types:
                    yield Stored.of(key_of(item), items.decode(item), kind)

    def _purge(self, install_id: str) -> None:
        """Purge an install, live or deleted, and finish its cascade."""
        work = Work(self.table)
        for _ in range(ATTEMPTS):
            state = installs.get(self.table, install_id)
            if state is None:
                return
            try:
                if state.live:
                    now = timestamp(clock.now())
                    deletion = Deletion(uuid4().hex, now, RetentionTier.NONE, None)
                    after = lifecycle.deleted(state, deletion, cascaded=False)
                    installs.commit(self.table, [Change(state, after)], origin=_ORIGIN)
                    cascade.reconcile(work, after.owner_refs)
                    state = after
                change = Change(state, None, past_retention=True)
                installs.commit(self.table, [change], origin=_ORIGIN)
            except ConditionFailedError:
                continue
            cascade.reconcile(work, state.owner_refs)
            self._count("install")
            return
        raise ConflictError(f"The install {install_id} kept changing; begin again.")

    def _solutions(self, workspace_id: str) -> None:
        """Remove a workspace's solutions, after their members: these name no workspace."""
        solutions = {
            stored.row.id: stored
            for stored in self._rows(model.Solution)
            if stored.values["workspaceId"] == workspace_id
        }
        for stored in self._rows(model.SolutionMember):
            if stored.values["solutionId"] in solutions:
                self._remove(stored)
        for stored in solutions.values():
            self._remove(stored)

    def _integrations(self, workspace_id: str) -> None:
        """Remove the integrations that a workspace has authored, unless others installed them."""
        authored = [
            stored
            for stored in self._rows(model.Integration)
            if stored.values["workspaceId"] == workspace_id
        ]
        if not authored:
            return
        installed = {stored.values["integrationId"] for stored in self._rows(model.Install)}
        free = {stored.row.id for stored in authored} - installed
        self.kept = sorted(stored.row.id for stored in authored if stored.row.id not in free)
        for stored in self._rows(model.IntegrationVersion):
            if stored.values["integrationId"] in free:
                self._remove(stored)
        for stored in authored:
            if stored.row.id in free:
                self._remove(stored)

    def _counters(self, workspace_id: str) -> None:
        """Delete a workspace's counters, which count nothing any more."""
        partition = keys.workspace(workspace_id).pk
        for item in self.table.query(Range(partition), consistent=True):
            values = items.decode(item)
            if values.get(items.LIVE) == 0:
                key = key_of(item)
                self.table.transact([Delete(key, [Equals(items.LIVE, 0)])])

    def _remove_by_key(self, key: keys.Key, kind: type[Row]) -> None:
        item = self.table.get(key)
        if item is not None:
            self._remove(Stored.of(key, items.decode(item), kind))

    def _remove(self, stored: Stored) -> None:
        """Remove a row that is not an install; it may have been removed meanwhile."""
        kind = type(stored.row)
        for _ in range(ATTEMPTS):
            actions: list[Action] = rows.remove(kind, stored)
            if isinstance(stored.row, model.ApiKey):
                secret = keys.secret(stored.row.secret_sha256)
                pointer = self.table.get(secret)
                if pointer is not None and items.decode(pointer)[KEY_ID] == stored.row.id:
                    actions.append(Delete(secret, [Equals(KEY_ID, stored.row.id)]))
            try:
                self.table.transact(actions)
            except ConditionFailedError:
                item = self.table.get(stored.key)
                if item is None:
                    return
                stored = Stored.of(stored.key, items.decode(item), kind)
                continue
            self._count(rows.type_name(kind))
            return
        raise ConflictError(f"The row {stored.row.id} kept changing; begin again.")

    def _count(self, name: str, number: int = 1) -> None:
        self.removed[name] += number
        self.on_row(self.removed.total())
