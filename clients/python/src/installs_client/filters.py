"""Filters: made by the fields of ``where``, and combined.

Every filter is one that the API accepts: its limits (CONTRACT.md section 2) are checked when it is
made. ``Filter`` is contravariant, as a predicate is: a filter of any install serves where a
parent install is asked about, which may be absent, but not the other way round.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from installs_client.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_BYTES: Final = 6 * 1024
MAX_DEPTH: Final = 8
MAX_NODES: Final = 100
MAX_ENTRIES: Final = 100
MAX_TO_ONE: Final = 8
MAX_TO_MANY: Final = 3
MAX_HOPS: Final = 2


class Entity:
    """A kind of row that can be asked about: its fields and relations are class attributes."""


E = TypeVar("E", bound=Entity)
Asked = TypeVar("Asked", bound=Entity, contravariant=True)


@dataclass(frozen=True, slots=True)
class Extent:
    """The share of the limits that a filter uses."""

    nodes: int = 1
    """Comparisons, AND, OR, NOT and relations."""
    depth: int = 0
    """Nesting of AND, OR, NOT and relations around a comparison."""
    to_one: int = 0
    to_many: int = 0
    """Relations, by what they lead to."""
    hops: int = 0
    """Nesting of relations."""

    @classmethod
    def around(
        cls, inner: Iterable[Extent], *, to_one: bool = False, to_many: bool = False
    ) -> Extent:
        """Return the extent of an AND, OR, NOT or relation around other filters."""
        parts = tuple(inner)
        return cls(
            1 + sum(part.nodes for part in parts),
            1 + max((part.depth for part in parts), default=0),
            to_one + sum(part.to_one for part in parts),
            to_many + sum(part.to_many for part in parts),
            (to_one or to_many) + max((part.hops for part in parts), default=0),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Filter(Generic[Asked]):
    """A condition on rows of one kind: made by the fields of ``where``, joined by ``& | ~``.

    Filters are equal, and have the same hash, if they send the same JSON about the same kind.
    """

    entity: type[Entity]
    body: Mapping[str, object]
    extent: Extent = field(default=Extent(), repr=False)

    def __post_init__(self) -> None:
        for number, most, counted in (
            (self.extent.depth, MAX_DEPTH, "deep"),
            (self.extent.nodes, MAX_NODES, "nodes large"),
            (self.extent.to_one, MAX_TO_ONE, "relations to one large"),
            (self.extent.to_many, MAX_TO_MANY, "relations to many large"),
            (self.extent.hops, MAX_HOPS, "relations deep"),
        ):
            if number > most:
                raise InvalidRequestError(f"a filter is at most {most} {counted}")
        if len(self.to_json().encode()) > MAX_BYTES:
            raise InvalidRequestError(f"a filter has at most {MAX_BYTES:,} bytes of JSON")

    def to_json(self) -> str:
        """The filter as it is sent."""
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))

    def __and__(self: Filter[E], other: Filter[E]) -> Filter[E]:
        return _joined("AND", [*_parts("AND", self), *_parts("AND", other)])

    def __or__(self: Filter[E], other: Filter[E]) -> Filter[E]:
        return _joined("OR", [*_parts("OR", self), *_parts("OR", other)])

    if TYPE_CHECKING:
        # By these a type checker finds the narrower of two kinds on whichever side it stands.
        __rand__ = __and__
        __ror__ = __or__

    def __invert__(self: Filter[E]) -> Filter[E]:
        return Filter(self.entity, {"NOT": self.body}, Extent.around([self.extent]))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Filter):
            return NotImplemented
        return (self.entity, self.to_json()) == (other.entity, other.to_json())

    def __hash__(self) -> int:
        return hash((self.entity, self.to_json()))

    def __bool__(self) -> bool:  # NoReturn would hide the code after `if a and b` from mypy
        raise TypeError("a filter is neither true nor false: join filters by &, | and ~")


@dataclass(frozen=True, slots=True, eq=False)
class _Joined(Filter[Asked]):
    """An AND or OR, which a further ``&`` or ``|`` makes longer, not deeper."""

    word: str = ""
    parts: tuple[Filter[Asked], ...] = ()


def all_of(*filters: Filter[E]) -> Filter[E]:
    """Match rows that all filters match; every row if there are none."""
    return _joined("AND", filters)


def any_of(*filters: Filter[E]) -> Filter[E]:
    """Match rows that at least one filter matches; no row if there are none."""
    return _joined("OR", filters)


def _joined(word: str, filters: Iterable[Filter[E]]) -> Filter[E]:
    parts = tuple(filters)
    if len(parts) > MAX_ENTRIES:
        raise InvalidRequestError(f"{word} joins at most {MAX_ENTRIES} filters")
    return _Joined(
        _common(part.entity for part in parts),
        {word: [part.body for part in parts]},
        Extent.around(part.extent for part in parts),
        word,
        parts,
    )


def _parts(word: str, operand: Filter[E]) -> tuple[Filter[E], ...]:
    return operand.parts if isinstance(operand, _Joined) and operand.word == word else (operand,)


def _common(entities: Iterable[type[Entity]]) -> type[Entity]:
    """The narrowest of the kinds, which all the others have to hold for."""
    common: type[Entity] = Entity
    for entity in entities:
        if issubclass(entity, common):
            common = entity
        elif not issubclass(common, entity):
            raise InvalidRequestError(
                f"a filter of {entity.__name__} and one of {common.__name__} cannot be joined: "
                "go through a relation"
            )
    return common


def required(value: object, entity: type[E]) -> Filter[E]:
    """Return the value if it is a filter of the entity; else raise ``InvalidRequestError``."""
    if not isinstance(value, Filter):
        raise InvalidRequestError(f"{value!r} is not a filter")
    if not issubclass(entity, value.entity):
        raise InvalidRequestError(
            f"{value.to_json()} is a filter of {value.entity.__name__}, not of {entity.__name__}"
        )
    return value
