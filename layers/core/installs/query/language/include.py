"""``include``: the related rows that come with an answer, by name (CONTRACT.md section 2).

A list takes the relations to one, ``GET`` of one install also those to many, and its history::

    include=integration,installer   ("integration", "installer")
    include=installers              400: 'installers' is not one of ...: did you mean 'installer'?
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from installs.errors import MAX_ISSUES, InvalidParameterError, Issue
from installs.query.language.document import quoted, suggestion
from installs.query.language.schema import ENTITIES, INSTALL, PUBLIC_ENTITIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from installs.query.language.schema import Entities

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


def names_of_list(text: str, entities: Entities = ENTITIES) -> tuple[str, ...]:
    """Return the names in the comma list of a list; raises ``InvalidParameterError``.

    The names, and those in messages, are of a caller who knows ``entities``.
    """
    return _names(text, OF_LIST, _of_install(entities))


def names_of_install(text: str, entities: Entities = ENTITIES) -> tuple[str, ...]:
    """Return the names in the comma list of one install, as ``names_of_list`` does."""
    known = _of_install(entities)
    return _names(text, known, known)


def _of_install(entities: Entities) -> Sequence[str]:
    return PUBLIC_OF_INSTALL if entities is PUBLIC_ENTITIES else OF_INSTALL


def _names(text: str, known: Sequence[str], of_install: Sequence[str]) -> tuple[str, ...]:
    names = tuple(text.split(","))
    issues: list[Issue] = []
    for at, name in enumerate(names):
        if len(issues) == MAX_ISSUES:
            break
        if not name:
            issues.append(Issue("empty", "a name is empty", INCLUDE))
        elif name not in known:
            issues.append(Issue("invalid_value", _unknown(name, known, of_install), INCLUDE))
        elif name in names[:at]:
            issues.append(Issue("repeated", f"{name} is named twice", INCLUDE))
    if issues:
        raise InvalidParameterError(f"{INCLUDE}: {issues[0].detail}", issues)
    return names


def _unknown(name: str, known: Sequence[str], of_install: Sequence[str]) -> str:
    detail = f"{quoted(name)} is not one of {', '.join(known)}"
    if name in of_install:
        return f"{detail}: only GET of one install includes it"
    return f"{detail}{suggestion(name, known)}"
