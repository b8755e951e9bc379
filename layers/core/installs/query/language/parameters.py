"""The query parameters of the list, checked and combined into one query (CONTRACT.md section 2).

::

    workspace_id=wsp_1&filter={"memberPolicy":"manual"}&limit=20

    ListQuery(filter=And(workspaceId eq "wsp_1", memberPolicy eq "manual"),
              deleted=EXCLUDED, order=DEFAULT_ORDER, limit=20, after=None, before=None, ...)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from installs.errors import MAX_ISSUES, InvalidParameterError, Issue
from installs.ids import is_id
from installs.query.language.cursor import decode
from installs.query.language.document import quoted, suggestion
from installs.query.language.include import INCLUDE, names_of_install, names_of_list
from installs.query.language.length import check_length
from installs.query.language.nodes import (
    TRUE,
    Node,
    canonical,
    conjunction,
    constrains_deletion,
)
from installs.query.language.order_by import parse_order_by
from installs.query.language.parser import equals, one_of_ids, parse_filter
from installs.query.language.schema import ENTITIES, INSTALL, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from installs.query.language.order import Order, SortValues
    from installs.query.language.schema import Entities

MAX_LIMIT: Final = 100
MAX_IDS: Final = 100

SHORTHANDS: Final = {
    "integration_id": "integrationId",
    "workspace_id": "workspaceId",
    "integration_version_id": "integrationVersionId",
    "member_policy": "memberPolicy",
    "parent_install_id": "parentInstallId",
    "solution_id": "solutionId",
    "installed_by": "installedBy",
    "retention_tier": "retentionTier",
}
INCLUDE_DELETED: Final = "include_deleted"
PARAMETERS: Final = (
    "limit", "after", "before", "ids", "filter", "orderBy", INCLUDE_DELETED, INCLUDE, *SHORTHANDS,
)  # fmt: skip
PARAMETERS_OF_INSTALL: Final = (INCLUDE, INCLUDE_DELETED)


_SYNONYMS: Final = {
    "cursor": "after", "expand": INCLUDE, "offset": "after", "page": "after", "page_size": "limit",
    "per_page": "limit", "q": "filter", "sort": "orderBy", "sort_by": "orderBy", "where": "filter",
}  # fmt: skip
"""Names that other APIs use for the same parameters, for the advice in an error."""

_EXPECTED_FORMATS: Final = {
    "ids": "ids separated by commas", "filter": "one JSON value", "orderBy": "one JSON value",
    INCLUDE: "names separated by commas",
}  # fmt: skip
"""The format of parameters that some clients send as several (``ids[]=a``), for the same advice."""


class Deleted(StrEnum):
    """The rows that are shown: live, live and deleted, or deleted alone."""

    EXCLUDED = "false"
    INCLUDED = "true"
    ONLY = "only"


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The query of a list; ``filter`` contains the shorthands and ids as well."""

    filter: Node
    deleted: Deleted
    order: Order
    limit: int
    after: SortValues | None
    before: SortValues | None
    canonical_query: str
    """The canonical text of ``filter`` and ``include_deleted``; cursors are bound to it."""
    include: tuple[str, ...]
    """The relations whose rows come with the page."""
    entities: Entities = field(repr=False)
    """The entities that the caller knows."""


@dataclass(frozen=True, slots=True)
class InstallQuery:
    """The query of one install."""

    include: tuple[str, ...]
    """The names of what comes with the install."""
    deleted: Deleted
    """The rows of relations to many that are included."""
    entities: Entities = field(repr=False)
    """The entities that the caller knows."""


def parse(parameters: Mapping[str, Sequence[str]], entities: Entities = ENTITIES) -> ListQuery:
    """Return the query of the parameters, each a list of its occurrences.

    Other fields than those of ``entities`` are unknown.

    Raises ``QueryTooLongError``, ``InvalidParameterError``, ``InvalidFilterError``,
    ``InvalidOrderByError`` or ``InvalidCursorError``, each naming the place.
    """
    check_length(parameters)
    values = _each_once(parameters, PARAMETERS)
    issues: list[Issue] = []
    parts = _shorthands(values, issues)
    ids = _ids(values, issues)
    if ids is not None:
        parts.append(one_of_ids(ids))
    limit = _limit(values, issues)
    chosen = _deleted(values, issues)
    if issues:
        raise _invalid(issues)
    include = names_of_list(values[INCLUDE], entities) if INCLUDE in values else ()
    parsed_filter = parse_filter(values["filter"], entities) if "filter" in values else None
    order = parse_order_by(values.get("orderBy"), entities)
    if parsed_filter is not None:
        parts.append(parsed_filter)
    tree = conjunction(*parts) if parts else TRUE
    deleted = chosen or _default_deleted(tree)
    canonical_query = f"{deleted}\n{canonical(tree)}"
    after, before = (
        decode(values[name], order, canonical_query, parameter=name) if name in values else None
        for name in ("after", "before")
    )
    return ListQuery(tree, deleted, order, limit, after, before, canonical_query, include, entities)


def parse_of_install(
    parameters: Mapping[str, Sequence[str]], entities: Entities = ENTITIES
) -> InstallQuery:
    """Return the query of the parameters of ``GET /{id}``, of a caller who knows ``entities``.

    Raises ``InvalidParameterError``, which names the parameter.
    """
    values = _each_once(parameters, PARAMETERS_OF_INSTALL)
    issues: list[Issue] = []
    deleted = _deleted(values, issues)
    if issues:
        raise _invalid(issues)
    include = names_of_install(values[INCLUDE], entities) if INCLUDE in values else ()
    return InstallQuery(include, deleted or Deleted.EXCLUDED, entities)


def _shorthands(values: Mapping[str, str], issues: list[Issue]) -> list[Node]:
    """Return the comparisons of the shorthands; add an issue for each value that is refused."""
    parts: list[Node] = []
    for parameter, name in SHORTHANDS.items():
        if parameter not in values:
            continue
        value, definition = values[parameter], INSTALL.fields[name]
        if definition.kind is Kind.ENUM and value not in definition.values:
            detail = f"{quoted(value)} is not one of {', '.join(definition.values)}"
            detail += suggestion(value, definition.values)
            issues.append(Issue("invalid_value", detail, parameter))
        elif definition.kind is Kind.ID and not is_id(value):
            issues.append(_not_an_id(value, parameter))
        else:
            parts.append(equals(INSTALL, name, value))
    return parts


def _default_deleted(tree: Node) -> Deleted:
    """Return the rows that are listed without ``include_deleted``.

    Deleted rows are included if the query itself constrains deletion.
    """
    constrained = constrains_deletion(tree)
    return Deleted.INCLUDED if constrained else Deleted.EXCLUDED


def _each_once(parameters: Mapping[str, Sequence[str]], known: Sequence[str]) -> dict[str, str]:
    issues: list[Issue] = []
    for name, occurrences in parameters.items():
        if name not in known:
            detail = f"{quoted(name)} is not a parameter"
            base_name = re.split(r"[\[.]", name, maxsplit=1)[0]
            if _SYNONYMS.get(name) in known:
                detail += f": use '{_SYNONYMS[name]}'"
            elif base_name in _EXPECTED_FORMATS and base_name in known:
                detail += f": '{base_name}' is one parameter, {_EXPECTED_FORMATS[base_name]}"
            elif len(issues) < MAX_ISSUES:
                detail += suggestion(name, known)
            issues.append(Issue("unknown_parameter", detail, name))
        elif len(occurrences) != 1:
            form = f": it is {_EXPECTED_FORMATS[name]}" if name in _EXPECTED_FORMATS else ""
            issues.append(Issue("repeated", f"may be given once{form}", name))
        elif not occurrences[0]:
            issues.append(Issue("empty", "must not be empty", name))
    if issues:
        raise _invalid(issues)
    return {name: occurrences[0] for name, occurrences in parameters.items()}


def _limit(values: Mapping[str, str], issues: list[Issue]) -> int:
    text = values.get("limit", str(MAX_LIMIT))
    if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    issues.append(Issue("invalid_value", f"must be a whole number from 1 to {MAX_LIMIT}", "limit"))
    return MAX_LIMIT


def _ids(values: Mapping[str, str], issues: list[Issue]) -> list[str] | None:
    if "ids" not in values:
        return None
    ids = values["ids"].split(",")
    invalid = next((text for text in ids if not is_id(text)), None)
    if len(ids) > MAX_IDS:
        issues.append(Issue("too_many", f"at most {MAX_IDS} ids", "ids"))
    elif invalid is not None:
        issues.append(_not_an_id(invalid, "ids"))
    return ids


def _not_an_id(text: str, parameter: str) -> Issue:
    detail = f"{quoted(text)} is not a valid id: an id has 1-128 characters of A-Z a-z 0-9 _ -"
    return Issue("invalid_value", detail, parameter)


def _deleted(values: Mapping[str, str], issues: list[Issue]) -> Deleted | None:
    text = values.get(INCLUDE_DELETED)
    if text is None:
        return None
    try:
        return Deleted(text)
    except ValueError:
        detail = f"{quoted(text)} is not one of {', '.join(Deleted)}"
        issues.append(Issue("invalid_value", detail, INCLUDE_DELETED))
        return None


def _invalid(issues: list[Issue]) -> InvalidParameterError:
    parameter = quoted(issues[0].parameter)[1:-1]
    return InvalidParameterError(f"{parameter}: {issues[0].detail}", issues)
