"""The state that must hold at rest: section 7 of the contract, as plainly as possible.

The model hears only of what callers and DynamoDB did, never of what the cascade did; from that it
knows what each row has to look like.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

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


@dataclass
class Member:
    """A member of an install (``owner``) or of a solution, as it was before everything."""

    id: str
    owner: str
    entity: str
    enabled: bool = True
    own_trash: bool = False


@dataclass
class Model:
    """A small world."""

    installs: dict[str, Install] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    solutions: dict[str, list[Member]] = field(default_factory=dict)
    """The members of each solution."""

    def desired(self, install_id: str) -> DesiredState:
        """An install follows its parent, unless it was uninstalled or ended by itself."""
        install = self.installs[install_id]
        if install.gone:
            return GONE
        if install.own is not None:
            return install.own
        return LIVE if install.parent is None else self.desired(install.parent)

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


def _together(desired_states: list[DesiredState]) -> DesiredState | None:
    if not desired_states:
        return None
    if LIVE in desired_states:
        return LIVE
    return max((desired for desired in desired_states if isinstance(desired, tuple)), default=GONE)
