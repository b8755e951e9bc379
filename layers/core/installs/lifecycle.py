"""The lifecycle of an install: uninstall, restore, purge, retention (CONTRACT.md sections 3-6).

Pure functions from a state and a time to a decision, which the store writes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from installs.clock import timestamp
from installs.errors import InstallNotDeletedError, NotFoundError, ParentDeletedError
from installs.model import Install, RetentionTier

if TYPE_CHECKING:
    from collections.abc import Collection

RETENTION: Final = {
    RetentionTier.SHORT: timedelta(days=7),
    RetentionTier.MEDIUM: timedelta(days=30),
    RetentionTier.LONG: timedelta(days=90),
    RetentionTier.NONE: None,
}
"""The retention of each tier (CONTRACT.md section 4); ``None`` keeps a deleted row for ever."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """One deletion: its id, its time, its tier, and the time at which its rows are purged.

    All rows that one uninstall deletes share its ``id``. ``purge_at`` is in seconds since the Unix
    epoch; ``None`` keeps the rows for ever.
    """

    id: str
    at: str
    tier: str | None
    purge_at: int | None


class Presence(Enum):
    """The desired states that need no deletion: present, or deleted for good."""

    LIVE = "live"
    GONE = "gone"


DesiredState = Presence | Deletion
"""The desired state of a dependent: live, soft-deleted by a deletion, or gone for good."""


@dataclass(frozen=True, slots=True)
class OwnerRefs:
    """The owner references of an install and its deletion, which outlive it in pending work."""

    id: str
    parent_install_id: str | None
    solution_id: str | None
    deletion: Deletion | None = None


@dataclass(frozen=True, slots=True)
class InstallState:
    """An install with its deletion, if it has one.

    ``cascaded``: the deletion is the parent's, and is undone with it. ``revision`` grows with each
    change. ``as_of``: the platform's time of the last change that was ingested. ``orphan_of``: the
    deletion of a parent whose cascade leaves this install live.
    """

    row: Install
    deletion: Deletion | None = None
    cascaded: bool = False
    revision: int = 0
    as_of: str | None = None
    orphan_of: str | None = None

    @property
    def live(self) -> bool:
        """Return True if the install is not deleted."""
        return self.deletion is None

    @property
    def owner_refs(self) -> OwnerRefs:
        """The install's references to its parent and its solution."""
        row = self.row
        return OwnerRefs(row.id, row.parent_install_id, row.solution_id, self.deletion)

    def expired(self, now: datetime) -> bool:
        """Return True if the retention has run out, even if the row is still in the table."""
        return self.deletion is not None and has_expired(self.deletion.purge_at, now)


def purge_time(deleted_at: str, tier: str | None) -> int | None:
    """Return the time, in Unix seconds, at which a deleted row is purged; ``None``: never."""
    retention = None if tier is None else RETENTION[RetentionTier(tier)]
    if retention is None:
        return None
    return int((datetime.fromisoformat(deleted_at) + retention).timestamp())


def has_expired(purge_at: int | None, now: datetime) -> bool:
    """Return True if retention has run out; DynamoDB may delete the row days later."""
    return purge_at is not None and purge_at <= now.timestamp()


def uninstall(
    state: InstallState, *, tier: str, now: datetime, deletion_id: str
) -> InstallState | None:
    """Decide an uninstall (section 4).

    Returns
    -------
    The new state, or ``None`` if the install is deleted already and nothing changes.

    Raises
    ------
    NotFoundError
        The install is past its retention.
    """
    if state.expired(now):
        raise NotFoundError("There is no such install.")
    if not state.live:
        return None
    at = timestamp(now)
    return deleted(state, Deletion(deletion_id, at, tier, purge_time(at, tier)), cascaded=False)


def restore(
    state: InstallState, parent: InstallState | None, *, now: datetime
) -> InstallState | None:
    """Decide a restore (section 5).

    ``parent``: the install of ``parentInstallId``, if the caller sees it; a parent that is gone is
    no obstacle.

    Returns
    -------
    The new state, or ``None`` if the install is live already and nothing changes.

    Raises
    ------
    NotFoundError
        The install is past its retention.
    ParentDeletedError
        The parent is deleted.
    """
    if state.expired(now):
        raise NotFoundError("There is no such install.")
    if state.live:
        return None
    if parent is not None and not parent.live:
        raise ParentDeletedError(
            f"The install is an add-on of {parent.row.id}, which is deleted; restore that first."
        )
    return restored(state)


def check_purge(state: InstallState, *, now: datetime) -> None:
    """Decide a purge (section 6).

    Raises
    ------
    NotFoundError
        The install is past its retention.
    InstallNotDeletedError
        The install is live.
    """
    if state.expired(now):
        raise NotFoundError("There is no such install.")
    if state.live:
        raise InstallNotDeletedError("Only a deleted install can be purged; uninstall it first.")


def deleted(state: InstallState, deletion: Deletion, *, cascaded: bool) -> InstallState:
    """Return the install with a deletion."""
    row = replace(state.row, deleted_at=deletion.at, retention_tier=deletion.tier)
    return replace(state, row=row, deletion=deletion, cascaded=cascaded)


def restored(state: InstallState) -> InstallState:
    """Return the install without its deletion."""
    row = replace(state.row, deleted_at=None, retention_tier=None)
    return replace(state, row=row, deletion=None, cascaded=False)


def following(state: InstallState, deletion: Deletion | None) -> InstallState:
    """Return an install in agreement with its parent's deletion; ``None``: the parent is live.

    An install that was uninstalled by itself, or that outlives the deletion, stays as it is.
    """
    if not state.live and not state.cascaded:
        return state
    if deletion is None:
        return state if state.live else restored(state)
    if state.deletion == deletion or (state.live and state.orphan_of == deletion.id):
        return state
    return deleted(state, deletion, cascaded=True)


def desired_state(state: InstallState | None) -> DesiredState:
    """Return the desired state of the dependents of an install; ``None``: the install is gone."""
    if state is None:
        return Presence.GONE
    return state.deletion or Presence.LIVE


def combined_state(desired_states: Collection[DesiredState]) -> DesiredState:
    """Return the desired state of a dependent of several installs.

    The dependent is live while one of the installs is live, or if there are none, and gone when all
    of them are gone. Otherwise it has the latest deletion.
    """
    if not desired_states or Presence.LIVE in desired_states:
        return Presence.LIVE
    deletions = [desired for desired in desired_states if isinstance(desired, Deletion)]
    return max(deletions, key=lambda deletion: (deletion.at, deletion.id), default=Presence.GONE)
