"""The state that must hold at rest: section 7 of the contract, as plainly as possible.

The model hears only of what callers and DynamoDB did, never of what the cascade did; from that it
knows what each row has to look like.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIVE: Final = "live"
GONE: Final = "gone"

Taken = tuple[str, str, str | None]
"""A deletion as rows show it: when, its id, its tier."""

DesiredState = str | Taken


@dataclass
class Install:
    """An install: where it hangs, and what was done to it by itself."""

    id: str
    workspace: str
    integration: str
    parent: str | None
    solution: str | None
    own: Taken | None = None
    """The uninstall of this very install that still holds."""
    gone: bool = False
    """Purged by itself, or out of retention."""
    outlives: DesiredState | None = None
    """The state of its parent when it was restored to stand by itself."""


@dataclass
class Member:
    """A member of an install (``owner``) or of a solution, or a solution, but for deletions."""

    id: str
    owner: str
    entity: str
    enabled: bool = True
    own_trash: bool = False
    contested: bool = False
    """It changed while it was to be deleted for good: it may have been before, or not."""


@dataclass
class Model:
    """A small world."""

    installs: dict[str, Install] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    solutions: dict[str, list[Member]] = field(default_factory=dict)
    """The members of each solution."""
    groups: dict[str, Member] = field(default_factory=dict)
    """The solutions' own rows."""

    def desired(self, install_id: str) -> DesiredState:
        """An install follows its parent, unless it was uninstalled or ended by itself."""
        install = self.installs[install_id]
        if install.gone:
            return GONE
        if install.own is not None:
            return install.own
        if install.parent is None:
            return LIVE
        above = self.desired(install.parent)
        outlived = install.outlives is not None and above in (install.outlives, GONE)
        return LIVE if outlived else above

    def cascaded(self, install_id: str) -> bool:
        """Return True if an install is in the trash because its parent is."""
        return self.installs[install_id].own is None and isinstance(self.desired(install_id), tuple)

    def solution_state(self, solution_id: str) -> DesiredState | None:
        """A solution lives while an install in it does; ``None``: no install ever was."""
        return _together(
            [self.desired(one.id) for one in self.installs.values() if one.solution == solution_id]
        )

    def solution_member_state(self, solution_id: str, member: Member) -> DesiredState | None:
        """It goes with the installs that brought its entity; without any, with the solution."""
        owners = {
            one.owner
            for one in self.members
            if one.entity == member.entity
            and not one.own_trash
            and self.installs[one.owner].solution == solution_id
        }
        return _together([self.desired(one) for one in owners]) or self.solution_state(solution_id)

    # What comes in, as the table shows it.

    def install_came(self, install_id: str, parent: str | None, solution: str | None) -> None:
        """An install came in, or came in again, or belongs to others now."""
        one = self.installs[install_id]
        with self.contest():
            if one.gone:
                one.own = one.outlives = None
                for child in self.installs.values():
                    if child.parent == install_id:
                        child.outlives = None
            if (one.parent, one.gone) != (parent, False):
                one.outlives = None
            one.gone, one.parent, one.solution = False, parent, solution

    def member_came(self, came: Member) -> None:
        """A member came in, or changed."""
        with self.contest():
            self.member_went(came.id, came.owner)
            self.members.append(came)

    def member_went(self, member_id: str, owner: str) -> None:
        """A member was removed, or left its install."""
        with self.contest():
            self.members = [
                one for one in self.members if (one.id, one.owner) != (member_id, owner)
            ]

    def solution_came(self, solution_id: str) -> None:
        """A solution came in, or changed."""
        self.solutions.setdefault(solution_id, [])
        known = self.groups.get(solution_id)
        came = Member(solution_id, solution_id, "")
        self.groups[solution_id] = came
        gone = self.solution_state(solution_id) == GONE
        came.contested = gone or (known is not None and known.contested)

    def solution_member_came(self, came: Member) -> None:
        """A solution's member came in, or changed."""
        rows = self.solutions.setdefault(came.owner, [])
        known = [one for one in rows if one.id == came.id]
        before = [one for one in known if self.solution_member_state(one.owner, one) == GONE]
        rows[:] = [one for one in rows if one.id != came.id]
        rows.append(came)
        gone = self.solution_member_state(came.owner, came) == GONE
        came.contested = gone or bool(before) or any(one.contested for one in known)

    def solution_member_went(self, member_id: str, owner: str) -> None:
        """A solution's member was removed, or left its solution."""
        rows = self.solutions.get(owner, [])
        rows[:] = [one for one in rows if one.id != member_id]

    def cleared(self, install_id: str) -> None:
        """All members of an install that is gone have been deleted for good."""
        self.members = [row for row in self.members if row.owner != install_id or row.own_trash]

    def forgotten(self, install_id: str, solution_id: str, there: Callable[[Member], bool]) -> None:
        """A solution has forgotten an install that is gone: what is still there will stay."""
        rows = self.solutions[solution_id]
        rows[:] = [
            row for row in rows if row.own_trash or self._row_state(row) != GONE or there(row)
        ]
        group = self.groups.get(solution_id)
        if group is not None and self._row_state(group) == GONE and not there(group):
            del self.groups[solution_id]
        if self.installs[install_id].solution == solution_id:
            self.installs[install_id].solution = None

    @contextmanager
    def contest(self) -> Iterator[None]:
        """Mark what was to be deleted for good, and is not any more."""
        rows = [*self.groups.values(), *(row for some in self.solutions.values() for row in some)]
        doomed = [row for row in rows if self._row_state(row) == GONE]
        yield
        for row in doomed:
            row.contested = row.contested or self._row_state(row) != GONE

    def _row_state(self, row: Member) -> DesiredState | None:
        if row.id == row.owner:
            return self.solution_state(row.id)
        return self.solution_member_state(row.owner, row)


def _together(desired_states: list[DesiredState]) -> DesiredState | None:
    if not desired_states:
        return None
    if LIVE in desired_states:
        return LIVE
    return max((desired for desired in desired_states if isinstance(desired, tuple)), default=GONE)
