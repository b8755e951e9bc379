"""Included rows for people and programs: a name for each related row, or the rows as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from installs_client import Install
    from tools.api.show import Column


def _name(member: str, link: str, label: str) -> Callable[[Install], str]:
    """Return the label of the row that an install names, or nothing if it is not included."""

    def name(install: Install) -> str:
        row = _related(install, member, link)
        return "" if row is None else str(row[label])

    return name


def _related(install: Install, member: str, link: str) -> dict[str, Any] | None:
    rows = install.included.raw.get(member, {})
    found: dict[str, Any] | None = rows.get(install.raw[link])
    return found


_TO_ONE: Final = {
    "integration": ("INTEGRATION NAME", "integrations", "integrationId", "name"),
    "integrationVersion": ("VERSION", "integrationVersions", "integrationVersionId", "version"),
    "workspace": ("WORKSPACE NAME", "workspaces", "workspaceId", "name"),
    "solution": ("SOLUTION", "solutions", "solutionId", "name"),
    "parentInstall": ("PARENT", "parentInstalls", "parentInstallId", "integrationId"),
    "installer": ("INSTALLER", "users", "installedBy", "name"),
}
"""By name: the column's title, the member of ``included``, the install's link, and the label."""


def names_of(option: str | None) -> list[str] | None:
    """Return the names of an option; the client checks them."""
    return None if option is None else option.split(",")


def columns(names: Sequence[str]) -> Sequence[Column]:
    """Return a column for each included relation to one."""
    return [
        (title, _name(member, link, label))
        for title, member, link, label in (_TO_ONE[name] for name in names)
    ]


def with_included(install: Install, names: Sequence[str]) -> dict[str, Any]:
    """Return a row of a list with the rows that it names, as one install has them."""
    included = {}
    for name in names:
        _, member, link, _ = _TO_ONE[name]
        row = _related(install, member, link)
        included[member] = {} if row is None else {row["id"]: row}
    return {**install.raw, "included": included}


def lines(install: Install, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield a name and a text for each relation that is included with one install."""
    for name in names:
        if name in _TO_ONE:
            _, member, link, label = _TO_ONE[name]
            yield name, _name(member, link, label)(install)
        elif name == "history":
            yield from _changes(install)
        else:
            related = install.included.raw[name]
            ids = " ".join(row["id"] for row in related["data"])
            yield name, f"{related['total']}: {ids}" if ids else "0"


def _changes(install: Install) -> Iterator[tuple[str, str]]:
    """Yield a line for each change, the newest first."""
    history = install.included.history
    for entry in () if history is None else history.entries:
        user = install.included.users.get(entry.actor_id or "")
        actor = entry.actor_id if user is None else user.name
        by = " ".join(filter(None, (entry.actor_kind, actor)))
        yield "history", f"{entry.occurred_at:%Y-%m-%d %H:%M:%S} {entry.kind} by {by}"
