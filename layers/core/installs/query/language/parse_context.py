"""The state of parsing a filter: the location, the counts against the limits, and the issues.

At ``eq`` in ``{"solution": {"name": {"eq": 1}}}``, which is refused, it holds::

    location  parts ("solution", "name", "eq"), depth 1, relation_depth 1, optional
    issues    [Issue("wrong_type", "1 is not a string", "filter", "/solution/name/eq")]
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from installs.errors import MAX_ISSUES, Issue
from installs.query.language.document import (
    Duplicated,
    nested_text_advice,
    pointer,
    quoted,
)
from installs.query.language.literals import LiteralError
from installs.query.language.schema import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from installs.query.language.schema import Entities

MAX_DEPTH: Final = 8
MAX_NODES: Final = 100
MAX_ENTRIES: Final = 100
MAX_TO_ONE: Final = 8
MAX_TO_MANY: Final = 3
MAX_RELATION_DEPTH: Final = 2

T = TypeVar("T")


class StopParsing(Exception):
    """The end of parsing: a limit on issues or nodes is reached."""


@dataclass(frozen=True, slots=True)
class Location:
    """A location in the JSON of the filter, and what encloses it."""

    parts: tuple[str, ...] = ()
    depth: int = 0
    relation_depth: int = 0
    """The number of relations from the install to the row that is filtered here."""
    optional: bool = False
    """True if that row may be absent (a to-one relation): then any field of it may be null."""

    def at(self, key: str | int) -> Location:
        """Return the location of a key, or of an entry of a list."""
        return replace(self, parts=(*self.parts, str(key)))


class ParseContext:
    """The entities that a filter may name, its counts and its issues."""

    def __init__(self, entities: Entities = ENTITIES) -> None:
        self.entities = entities
        self.issues: list[Issue] = []
        self._nodes = 0
        self._relations: Counter[bool] = Counter()

    def report(self, location: Location, code: str, detail: str) -> None:
        """Add an issue; stop when there are enough."""
        self.issues.append(Issue(code, detail, "filter", pointer(location.parts)))
        if len(self.issues) == MAX_ISSUES:
            raise StopParsing

    def count_node(self, location: Location) -> None:
        """Count a node; stop beyond the limit."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self.report(location, "too_many_nodes", f"a filter has at most {MAX_NODES} nodes")
            raise StopParsing

    def nested(self, location: Location) -> Location | None:
        """Return the location inside a logical key, ``not`` or relation; ``None`` if too deep."""
        self.count_node(location)
        if location.depth == MAX_DEPTH:
            self.report(location, "too_deep", f"a filter is at most {MAX_DEPTH} deep")
            return None
        return replace(location, depth=location.depth + 1)

    def related(self, location: Location, *, many: bool) -> Location | None:
        """Return the location inside a relation; ``None`` if there are too many relations."""
        self._relations[many] += 1
        limit = MAX_TO_MANY if many else MAX_TO_ONE
        if self._relations[many] > limit:
            detail = f"a filter has at most {limit} relations to {'many' if many else 'one'}"
            self.report(location, "too_many_relations", detail)
            return None
        if location.relation_depth == MAX_RELATION_DEPTH:
            detail = f"relations are nested at most {MAX_RELATION_DEPTH} deep"
            self.report(location, "too_deep", detail)
            return None
        inner = self.nested(location)
        return (
            None
            if inner is None
            else replace(inner, relation_depth=location.relation_depth + 1, optional=not many)
        )

    def non_empty_object(
        self, location: Location, value: object, expected: str
    ) -> dict[str, object] | None:
        """Return the value if it is an object with keys; otherwise ``None``."""
        if not isinstance(value, dict):
            detail = f"{quoted(value)} is not {expected}{nested_text_advice(value)}"
            self.report(location, "wrong_type", detail)
            return None
        if not value:
            self.report(location, "empty_object", f"an empty object is not {expected}")
            return None
        if isinstance(value, Duplicated):
            for key in value.repeated:
                self.report(
                    location.at(key), "duplicate_key", f"the key {quoted(key)} appears twice"
                )
        return value

    def short_list(self, location: Location, value: object, expected: str) -> list[object] | None:
        """Return the value if it is a list of at most ``MAX_ENTRIES``; otherwise ``None``."""
        if not isinstance(value, list):
            self.report(location, "wrong_type", f"{quoted(value)} is not {expected}")
            return None
        if len(value) > MAX_ENTRIES:
            self.report(location, "too_long", f"a list has at most {MAX_ENTRIES} entries")
            return None
        return value

    def checked(self, location: Location, check: Callable[[object], T], value: object) -> T | None:
        """Return the value as ``check`` returns it; ``None`` if it is refused."""
        try:
            return check(value)
        except LiteralError as error:
            self.report(location, error.code, error.detail)
            return None
