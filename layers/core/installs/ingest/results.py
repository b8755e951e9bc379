"""The result of a line (CONTRACT.md section 10)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from installs.errors import Issue


class Outcome(StrEnum):
    """The result of a line, as its caller reads it.

    ``deferred``: nothing is wrong with the line, and it is not known to be written; send it again.
    """

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    LIFECYCLE_KEPT = "lifecycleKept"
    STALE = "stale"
    REJECTED = "rejected"
    DEFERRED = "deferred"


def issue_document(issue: Issue) -> dict[str, str]:
    """Return an issue as JSON."""
    return {"code": issue.code, "pointer": issue.pointer or "", "detail": issue.detail}


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one line.

    ``facts``: what became of the other fields where the lifecycle was kept. ``issues``: why the
    line was rejected or deferred, at least one issue then.
    """

    outcome: Outcome
    type_name: str | None = None
    id: str | None = None
    facts: Outcome | None = None
    issues: tuple[Issue, ...] = ()

    @property
    def code(self) -> str | None:
        """The code of the first issue."""
        return self.issues[0].code if self.issues else None

    def document(self) -> dict[str, Any]:
        """Return the result as JSON: ``result``, ``type``, ``id``, and why."""
        members: dict[str, Any] = {
            "result": self.outcome.value,
            "type": self.type_name,
            "id": self.id,
        }
        if self.facts is not None:
            members["facts"] = self.facts.value
        if self.issues:
            errors = [issue_document(issue) for issue in self.issues]
            members |= errors[0]
            if len(errors) > 1:
                members["errors"] = errors
        return members
