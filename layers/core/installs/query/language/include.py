"""``include``: the related rows that come with an answer, by name (CONTRACT.md section 2).

A list takes the relations to one, ``GET`` of one install also those to many, and its history::

    include=integration,installer   ("integration", "installer")
    include=installers              400: 'installers' is not one of ...: did you mean 'installer'?
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from installs.errors import MAX_ISSUES, InvalidParameterError, Issue
from installs.query.language.document import quoted, suggestion
from installs.query.language.schema import INSTALL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INCLUDE: Final = "include"

TO_ONE: Final[Mapping[str, str]] = {
    "integration": "integrations",
    "integrationVersion": "integrationVersions",
    "workspace": "workspaces",
    "solution": "solutions",
    "parentInstall": "parentInstalls",
    "installer": "users",
}
"""The relations to one, each with the member of ``included`` that has its rows."""

TO_MANY: Final = tuple(name for name, relation in INSTALL.relations.items() if relation.many)
"""The relations to many; each is a member of ``included`` of the same name."""

OF_LIST: Final = tuple(TO_ONE)
"""The names that a list takes."""

HISTORY: Final = "history"
"""The name of an install's latest changes."""

PUBLIC_OF_INSTALL: Final = (*TO_ONE, *TO_MANY)
"""The names that one install takes from a public key."""

OF_INSTALL: Final = (*PUBLIC_OF_INSTALL, HISTORY)
"""The names that one install takes."""


def included_names(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the names in a comma list; raises ``InvalidParameterError``."""
    names = tuple(text.split(","))
    check_names(names, known)
    return names


def check_names(names: Sequence[str], known: Sequence[str]) -> None:
    """Check the names of rows to include.

    Raises
    ------
    InvalidParameterError
        A name is empty, repeated, or not one of those that are known.
    """
    issues: list[Issue] = []
    for at, name in enumerate(names):
        if len(issues) == MAX_ISSUES:
            break
        if not name:
            issues.append(Issue("empty", "a name is empty", INCLUDE))
        elif name not in known:
            issues.append(Issue("invalid_value", _unknown(name, known), INCLUDE))
        elif name in names[:at]:
            issues.append(Issue("repeated", f"{name} is named twice", INCLUDE))
    if issues:
        raise InvalidParameterError(f"{INCLUDE}: {issues[0].detail}", issues)


def _unknown(name: str, known: Sequence[str]) -> str:
    detail = f"{quoted(name)} is not one of {', '.join(known)}"
    if name in OF_INSTALL and known is OF_LIST:
        return f"{detail}: only GET of one install includes it"
    return f"{detail}{suggestion(name, known)}"
