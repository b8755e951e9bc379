"""What uninstall, restore and purge change, and when they are refused (CONTRACT.md sections 3-6).

Pure: a state and a time go in, a decision comes out. The store writes what is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

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
"""How long each tier keeps a deleted row (CONTRACT.md section 4); ``None`` is for ever."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """One deletion: what it is known by, when it was, and when its rows are purged.

    ``id`` is shared by everything that one uninstall took. ``purge_at`` is in seconds since the
    epoch, ``None`` where the row is kept for ever.
    """

    id: str
    at: str
    tier: str | None
    purge_at: int | None


class Presence(Enum):
    """The two ends of what a deletion can be for what hangs from an install: undone, or final."""

    LIVE = "live"
    GONE = "gone"


DesiredState = Presence | Deletion
"""What has to become of what hangs: it is live, it is taken by a deletion, or it goes for good."""


@dataclass(frozen=True, slots=True)
class OwnerRefs:
    """What an install belongs to, and what deleted it: all that matters of one that is gone."""

    id: str
    parent_install_id: str | None
    solution_id: str | None
    deletion: Deletion | None = None


@dataclass(frozen=True, slots=True)
class InstallState:
    """An install with what the table knows of its deletion.

    ``cascaded``: the deletion follows the parent's, and ends with it. ``revision`` grows with each
    change. ``as_of``: the platform's time of the last change that came in. ``orphan_of``: the
    deletion of a parent that the install outlives, and whose cascade leaves it alone.
    """

    row: Install
    deletion: Deletion | None = None
    cascaded: bool = False
    revision: int = 0
    as_of: str | None = None
    orphan_of: str | None = None

    @property
    def live(self) -> bool:
        """Whether the install is neither deleted nor past its retention."""
        return self.deletion is None

    @property
    def owner_refs(self) -> OwnerRefs:
        """Where the install hangs."""
        row = self.row
        return OwnerRefs(row.id, row.parent_install_id, row.solution_id, self.deletion)

    def expired(self, now: datetime) -> bool:
        """Whether the install is past its retention, swept or not."""
        return self.deletion is not None and has_expired(self.deletion.purge_at, now)


def timestamp(moment: datetime) -> str:
    """A moment as the rows write it: RFC 3339, UTC, milliseconds, fixed width."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def purge_time(deleted_at: str, tier: str | None) -> int | None:
    """When a row deleted at ``deleted_at`` is purged, in epoch seconds; ``None``: never."""
    retention = None if tier is None else RETENTION[RetentionTier(tier)]
    if retention is None:
        return None
    return int((datetime.fromisoformat(deleted_at) + retention).timestamp())


def has_expired(purge_at: int | None, now: datetime) -> bool:
    """Whether retention has run out; the sweep itself may come days later."""
    return purge_at is not None and purge_at <= now.timestamp()


def uninstall(
    state: InstallState, *, tier: str, now: datetime, deletion_id: str
) -> InstallState | None:
    """Decide an uninstall (section 4).

    Returns
    -------
    The state after it, or ``None`` where the install is deleted already and nothing happens.

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

    ``parent``: the install of ``parentInstallId`` where it is there for the caller; one that is
    gone is no obstacle.

    Returns
    -------
    The state after it, or ``None`` where the install is live already and nothing happens.

    Raises
    ------
    NotFoundError
        The install is past its retention.
    ParentDeletedError
        Its parent is deleted.
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
    """The install as a deletion leaves it."""
    row = replace(state.row, deleted_at=deletion.at, retention_tier=deletion.tier)
    return replace(state, row=row, deletion=deletion, cascaded=cascaded)


def restored(state: InstallState) -> InstallState:
    """The install as it was before its deletion."""
    row = replace(state.row, deleted_at=None, retention_tier=None)
    return replace(state, row=row, deletion=None, cascaded=False)


def following(state: InstallState, deletion: Deletion | None) -> InstallState:
    """An install as the deletion of its parent demands; ``None``: that is live, or there is none.

    One that was uninstalled by itself stays as it is, and so does one that outlives the deletion.
    """
    if not state.live and not state.cascaded:
        return state
    if deletion is None:
        return state if state.live else restored(state)
    if state.deletion == deletion or (state.live and state.orphan_of == deletion.id):
        return state
    return deleted(state, deletion, cascaded=True)


def desired_state(state: InstallState | None) -> DesiredState:
    """What has to become of what hangs from an install in this state; ``None``: it is gone."""
    if state is None:
        return Presence.GONE
    return state.deletion or Presence.LIVE


def combined_state(desired_states: Collection[DesiredState]) -> DesiredState:
    """What has to become of what depends on several installs at once.

    It lives while any of them does, or where there is none; it goes when all of them are gone;
    between the two, the latest deletion has it.
    """
    if not desired_states or Presence.LIVE in desired_states:
        return Presence.LIVE
    deletions = [desired for desired in desired_states if isinstance(desired, Deletion)]
    return max(deletions, key=lambda deletion: (deletion.at, deletion.id), default=Presence.GONE)
