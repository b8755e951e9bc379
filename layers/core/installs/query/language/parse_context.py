"""Where the parser of a filter stands, what it has counted, and what it has found wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from installs.errors import MAX_ISSUES, Issue
from installs.query.language.document import Duplicated, pointer, quoted
from installs.query.language.literals import LiteralError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH: Final = 8
MAX_NODES: Final = 100
MAX_ENTRIES: Final = 100
MAX_RELATIONS: Final = 3
MAX_RELATION_DEPTH: Final = 2

T = TypeVar("T")


class StopParsing(Exception):
    """There is no use in reading on."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the filter, and what stands around it."""

    parts: tuple[str, ...] = ()
    depth: int = 0
    relation_depth: int = 0
    """How many relations lead to the row that is filtered here."""
    optional: bool = False
    """Whether that row may be absent, so that any field of it may be null (a relation to one)."""

    def at(self, key: str | int) -> Position:
        """The place of a key, or of an entry of a list."""
        return replace(self, parts=(*self.parts, str(key)))


class ParseContext:
    """The state of parsing one filter: counts, and the issues so far."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self._nodes = 0
        self._relations = 0

    def report(self, position: Position, code: str, detail: str) -> None:
        """Note a problem; stops the parser when there are enough."""
        self.issues.append(Issue(code, detail, "filter", pointer(position.parts)))
        if len(self.issues) == MAX_ISSUES:
            raise StopParsing

    def count_node(self, position: Position) -> None:
        """Count a node; stops the parser beyond the limit."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self.report(position, "too_many_nodes", f"a filter has at most {MAX_NODES} nodes")
            raise StopParsing

    def nested(self, position: Position) -> Position | None:
        """The place within a logical key, a field's ``not`` or a relation; none if too deep."""
        self.count_node(position)
        if position.depth == MAX_DEPTH:
            self.report(position, "too_deep", f"a filter is at most {MAX_DEPTH} deep")
            return None
        return replace(position, depth=position.depth + 1)

    def related(self, position: Position, *, many: bool) -> Position | None:
        """The place within a relation; none if there are too many of them."""
        self._relations += 1
        if self._relations > MAX_RELATIONS:
            detail = f"a filter has at most {MAX_RELATIONS} relations in all"
            self.report(position, "too_many_relations", detail)
            return None
        if position.relation_depth == MAX_RELATION_DEPTH:
            detail = f"relations stand at most {MAX_RELATION_DEPTH} within one another"
            self.report(position, "too_deep", detail)
            return None
        inner = self.nested(position)
        return (
            None
            if inner is None
            else replace(inner, relation_depth=position.relation_depth + 1, optional=not many)
        )

    def non_empty_object(
        self, position: Position, given: object, what: str
    ) -> dict[str, object] | None:
        """The value as an object that is not empty; none if it is not one."""
        if not isinstance(given, dict):
            self.report(position, "wrong_type", f"{quoted(given)} is not {what}")
            return None
        if not given:
            self.report(position, "empty_object", f"an empty object is not {what}")
            return None
        if isinstance(given, Duplicated):
            for key in given.repeated:
                self.report(
                    position.at(key), "duplicate_key", f"the key {quoted(key)} stands twice"
                )
        return given

    def short_list(self, position: Position, given: object, what: str) -> list[object] | None:
        """The value as a list of not too many entries; none if it is not one."""
        if not isinstance(given, list):
            self.report(position, "wrong_type", f"{quoted(given)} is not {what}")
            return None
        if len(given) > MAX_ENTRIES:
            self.report(position, "too_long", f"a list has at most {MAX_ENTRIES} entries")
            return None
        return given

    def checked(self, position: Position, check: Callable[[object], T], given: object) -> T | None:
        """The value as checked; none if it is refused."""
        try:
            return check(given)
        except LiteralError as error:
            self.report(position, error.code, error.detail)
            return None
