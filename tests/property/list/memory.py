"""A table in memory that reads as DynamoDB does: pages, limits before the filter, two-valued logic.

``page`` is the most items that one call examines, so that pages end anywhere; a page may be empty,
and one that ends just where the items do still names a last key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

from installs.store import keys
from installs.store.counters import counter_keys
from installs.store.expressions import Exists, Missing, Placeholders
from installs.store.filters import All, AnyOf, Between, Compare, Filter, Not, OneOf
from installs.store.spans import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from installs.store.counters import LiveCounter
    from installs.store.items import Item
    from installs.store.keys import Key
    from installs.store.spans import Span

T = TypeVar("T")

OPERATORS: Final = re.compile(r"\b(?:AND|OR|NOT|IN|BETWEEN|attribute_\w+)\b|<>|<=|>=|[<>=]")

KEYS: Final = {
    "Install": keys.install,
    "Integration": keys.integration,
    "IntegrationVersion": keys.integration_version,
    "Workspace": keys.workspace,
    "User": keys.user,
    "Solution": keys.solution,
}


class Memory:
    """The reader of a list, in memory."""

    def __init__(self, items: Mapping[Key, Item], page: int) -> None:
        self.items = dict(items)
        self._page = page
        self.examined = 0

    def by_ids(self, ids: Iterable[str]) -> Sequence[Item]:
        return list(self.rows("Install", ids).values())

    def batches(
        self, wanted: Sequence[tuple[Span, int, Item | None]], condition: Filter | None
    ) -> Sequence[Batch]:
        return [self._batch(*one, condition) for one in wanted]

    def read_all(
        self, wanted: Sequence[Span], condition: Filter | None
    ) -> Sequence[Sequence[Item]]:
        return [self._all(span, condition) for span in wanted]

    def live_counts(self, wanted: Iterable[LiveCounter]) -> Mapping[LiveCounter, int]:
        return {
            count: sum(
                int(self.items[key]["live"]["N"])
                for key in counter_keys(count)
                if key in self.items
            )
            for count in wanted
        }

    def begin_total(
        self, counts: Iterable[LiveCounter], spans: Sequence[Span], condition: Filter | None
    ) -> Callable[[], int]:
        total = sum(self.live_counts(counts).values())
        total += sum(map(len, self.read_all(spans, condition)))
        return lambda: total

    def installed_integrations(self, workspace_ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
        return {
            one: frozenset(
                key.sk.removeprefix("LIVE#")
                for key, item in self.items.items()
                if key.pk == f"WORKSPACE#{one}" and key.sk.startswith("LIVE#")
                if item["live"]["N"] != "0"
            )
            for one in workspace_ids
        }

    def rows(self, entity: str, ids: Iterable[str]) -> Mapping[str, Item]:
        by_id = {one: KEYS[entity](one) for one in ids}
        return {one: self.items[key] for one, key in by_id.items() if key in self.items}

    def rows_of(self, wanted: Mapping[str, Iterable[str]]) -> Mapping[str, Mapping[str, Item]]:
        return {entity: self.rows(entity, ids) for entity, ids in wanted.items()}

    def referencing(
        self, entity: str, field: str, ids: Iterable[str], *, with_deleted: bool
    ) -> Mapping[str, Sequence[Item]]:
        if (entity, field) == ("IntegrationMember", "integrationInstallId"):
            return self.members(ids)
        assert (entity, field) == ("Install", "parentInstallId")
        return self.add_ons(ids, with_deleted=with_deleted)

    def members(self, install_ids: Iterable[str]) -> Mapping[str, Sequence[Item]]:
        return {
            one: [
                item
                for key, item in self.items.items()
                if key.pk == f"INSTALL#{one}" and key.sk.startswith("MEMBER#")
            ]
            for one in install_ids
        }

    def add_ons(
        self, install_ids: Iterable[str], *, with_deleted: bool
    ) -> Mapping[str, Sequence[Item]]:
        return {
            one: [
                item
                for key, item in self.items.items()
                if key.sk == "INSTALL" and item.get("parentInstallId") == {"S": one}
                if with_deleted or "deletedAt" not in item
            ]
            for one in install_ids
        }

    def _all(self, span: Span, condition: Filter | None) -> list[Item]:
        found: list[Item] = []
        start = None
        while True:
            chunk = self._batch(span, self._page, start, condition)
            found += chunk.items
            start = chunk.next
            if start is None:
                return found

    def _batch(self, span: Span, limit: int, start: Item | None, condition: Filter | None) -> Batch:
        index = span.index
        assert limit > 0
        text = "" if condition is None else condition.encode(Placeholders())
        assert not redundant(text)
        assert len(text) <= 4096
        assert len(OPERATORS.findall(text)) <= 300
        assert span.lower is None or span.upper is None or span.lower <= span.upper
        assert "" not in (span.lower, span.upper)
        there = [
            item
            for item in self.items.values()
            if item.get(index.partition) == {"S": span.partition} and index.sort in item
            if (span.lower is None or item[index.sort]["S"] >= span.lower)
            and (span.upper is None or item[index.sort]["S"] <= span.upper)
        ]
        there.sort(key=lambda item: item[index.sort]["S"], reverse=not span.forward)
        if start is not None:
            at = start[index.sort]["S"]
            assert (span.lower or at) <= at <= (span.upper or at)
            there = [
                item
                for item in there
                if (item[index.sort]["S"] > at if span.forward else item[index.sort]["S"] < at)
            ]
        examined = there[: min(limit, self._page)]
        self.examined += len(examined)
        full = len(examined) == min(limit, self._page)
        last = {index.sort: examined[-1][index.sort]} if full else None
        return Batch([item for item in examined if holds(condition, item)], last)


def redundant(expression: str) -> bool:
    """Return True for parentheses directly around parentheses, which DynamoDB refuses."""
    opened: list[int] = []
    pairs = set()
    for at, character in enumerate(expression):
        if character == "(":
            opened.append(at)
        elif character == ")":
            pairs.add((opened.pop(), at))
    return any((start + 1, end - 1) in pairs for start, end in pairs)


def holds(condition: Filter | None, item: Item) -> bool:
    """Return True if a condition holds for an item, by the rules of DynamoDB's documentation."""
    match condition:
        case None:
            return True
        case Exists(name):
            return name in item
        case Missing(name):
            return name not in item
        case Compare(name, comparator, value):
            return _compares(_plain(item, name), comparator, value)
        case Between(name, low, high):
            found = _plain(item, name)
            assert low <= high  # type: ignore[operator]
            return found is not None and low <= found <= high
        case OneOf(name, values):
            assert 1 <= len(values) <= 100
            return _plain(item, name) in values
        case Not(inner):
            return not holds(inner, item)
        case All(conditions):
            return all(holds(one, item) for one in conditions)
        case AnyOf(conditions):
            return any(holds(one, item) for one in conditions)
    raise AssertionError(condition)


def _plain(item: Item, name: str) -> Any:  # noqa: ANN401 - a value of any type
    typed = item.get(name)
    if typed is None:
        return None
    ((tag, value),) = typed.items()
    return int(value) if tag == "N" else value


def _compares(found: Any, comparator: str, value: Any) -> bool:  # noqa: ANN401 - of any type
    if comparator == "<>":
        return bool(found != value)
    if found is None:
        return False
    return bool(
        {
            "=": found == value,
            "<": found < value,
            "<=": found <= value,
            ">": found > value,
            ">=": found >= value,
        }[comparator]
    )
