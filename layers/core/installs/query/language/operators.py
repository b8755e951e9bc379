"""The operators: one table for validation, evaluation, pushdown and the docs.

Comparisons are SQL's: over a null every operator but ``isNull`` is unknown. ``bind`` is called once
per query, and returns a test of values that are not null; the predicate handles the nulls::

    OPERATORS["between"].bind(("a", "m"))("k")   True
    find("ne").name                              "neq"

Strings compare by code point. The operators that end in ``i`` are Unicode's canonical caseless
matching (The Unicode Standard, section 3.13, D145): both sides are decomposed, casefolded and then
composed (NFC), so that the composed and the decomposed spelling of a text are the same, and so are
``ß`` and ``SS``. ``contains`` and its variants look for code points; ``containsi`` for those of the
composed form: ``e`` is not in ``é``.

After ``path``, only values of one JSON type compare; across types the answer is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final
from unicodedata import combining, normalize

from installs.query.language.schema import Kind

Scalar = str | bool | int | float
Argument = Scalar | tuple[Scalar, ...]
Test = Callable[[Any], bool]


class Shape(StrEnum):
    """The shape of an operator's argument."""

    SCALAR = "one value"
    LIST = "a list of values"
    PAIR = "a list of two values"
    FLAG = "true or false"
    KEY = "a key"


class JsonType(StrEnum):
    """The type of a value inside a JSON object; only scalars of one type compare."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    OBJECT = "object"


_JSON_TYPES: Final[Mapping[type, JsonType]] = {
    str: JsonType.STRING,
    int: JsonType.NUMBER,
    float: JsonType.NUMBER,
    bool: JsonType.BOOLEAN,
}


def json_type(value: object) -> JsonType | None:
    """Return the type of a decoded JSON scalar; ``None`` for null, a list or an object."""
    return _JSON_TYPES.get(type(value))


@dataclass(frozen=True, slots=True)
class Operator:
    """A comparison of a field with an argument."""

    name: str
    kinds: frozenset[Kind]
    """The kinds of fields that take it."""
    shape: Shape
    bind: Callable[[Any], Test]
    """Returns, for an argument, a test of values that are not null."""
    doc: str
    json_types: frozenset[JsonType] = frozenset()
    """The types of values that take it after ``path``."""
    aliases: tuple[str, ...] = ()
    inverse: str | None = None
    """The operator that is true if this one is false, and unknown if it is unknown."""
    pushdown: str | None = None
    """The DynamoDB comparator or function with the same meaning."""


def fold(text: str) -> str:
    """Return the text with case and Unicode normalization form removed (D145, composed)."""
    return text.lower() if text.isascii() else _folded_once(text)


@lru_cache(maxsize=8)
def _folded_once(text: str) -> str:
    """Fold a text; cached, since all comparisons of a filter fold the same texts of a row."""
    return normalize("NFC", _decomposed(text).casefold())


_RUN: Final = 256
_LONG_RUN: Final = re.compile(rb"[^\0]{%d,}" % _RUN)


def _decomposed(text: str) -> str:
    """Return the text's NFD, in time proportional to its length.

    ``normalize`` sorts the marks after a letter by insertion, which takes a minute for 200,000 of
    them. Long runs are sorted before, by combining class (The Unicode Standard, 3.11, D109).
    """
    if len(text) <= _RUN:
        return normalize("NFD", text)
    pieces = (text[at : at + _RUN] for at in range(0, len(text), _RUN))
    marks = "".join(normalize("NFD", piece) for piece in pieces)
    parts: list[str] = []
    end = 0
    for run in _LONG_RUN.finditer(bytes(map(combining, marks))):
        parts += marks[end : run.start()], *sorted(marks[run.start() : run.end()], key=combining)
        end = run.end()
    return normalize("NFD", "".join([*parts, marks[end:]]))


def _within(pair: tuple[Any, Any]) -> Test:
    low, high = pair
    return lambda value: low <= value <= high


def _outside(values: tuple[Any, ...]) -> Test:
    known = frozenset(values)
    return lambda value: value not in known


def _contains(part: str) -> Test:
    return lambda value: part in value


def _starts_with(part: str) -> Test:
    return lambda value: value.startswith(part)


def _ends_with(part: str) -> Test:
    return lambda value: value.endswith(part)


def _folded(bind: Callable[[str], Test]) -> Callable[[str], Test]:
    def bind_folded(part: str) -> Test:
        test = bind(fold(part))
        return lambda value: test(fold(value))

    return bind_folded


_ANY = frozenset({Kind.ID, Kind.ENUM, Kind.DATE, Kind.STRING, Kind.BOOLEAN})
_LISTED = frozenset({Kind.ID, Kind.ENUM, Kind.DATE, Kind.STRING})
_ORDERED = frozenset({Kind.DATE, Kind.STRING})
_TEXT = frozenset({Kind.STRING})
_SCALARS = frozenset({JsonType.STRING, JsonType.NUMBER, JsonType.BOOLEAN})
_SORTABLE = frozenset({JsonType.STRING, JsonType.NUMBER})
_STRINGS = frozenset({JsonType.STRING})

# The field is the right-hand side of a bound comparison: ``lt`` holds if argument > value.
_TABLE: Final = (
    Operator(
        "eq", _ANY, Shape.SCALAR, lambda a: partial(eq, a),
        "The value is the one given.",
        _SCALARS, ("equals",), "neq", "=",
    ),
    Operator(
        "neq", _ANY, Shape.SCALAR, lambda a: partial(ne, a),
        "The value is not the one given.",
        _SCALARS, ("ne",), "eq", "<>",
    ),
    Operator(
        "in", _LISTED, Shape.LIST, lambda a: frozenset(a).__contains__,
        "The value is one of the list. With an empty list: false, even for null.",
        _SCALARS, (), "nin", "IN",
    ),
    Operator(
        "nin", _LISTED, Shape.LIST, _outside,
        "The value is none of the list. With an empty list: true, even for null.",
        _SCALARS, ("notIn",), "in", "NOT IN",
    ),
    Operator(
        "lt", _ORDERED, Shape.SCALAR, lambda a: partial(gt, a),
        "The value comes before the one given.",
        _SORTABLE, (), "gte", "<",
    ),
    Operator(
        "lte", _ORDERED, Shape.SCALAR, lambda a: partial(ge, a),
        "The value comes before the one given, or equals it.",
        _SORTABLE, (), "gt", "<=",
    ),
    Operator(
        "gt", _ORDERED, Shape.SCALAR, lambda a: partial(lt, a),
        "The value comes after the one given.",
        _SORTABLE, (), "lte", ">",
    ),
    Operator(
        "gte", _ORDERED, Shape.SCALAR, lambda a: partial(le, a),
        "The value comes after the one given, or equals it.",
        _SORTABLE, (), "lt", ">=",
    ),
    Operator(
        "between", _ORDERED, Shape.PAIR, _within,
        "The value is between the two given, both included.",
        _SORTABLE, pushdown="BETWEEN",
    ),
    Operator(
        "contains", _TEXT, Shape.SCALAR, _contains,
        "The text given occurs in the value.",
        _STRINGS, pushdown="contains",
    ),
    Operator(
        "startsWith", _TEXT, Shape.SCALAR, _starts_with,
        "The value starts with the text given.",
        _STRINGS, pushdown="begins_with",
    ),
    Operator(
        "endsWith", _TEXT, Shape.SCALAR, _ends_with,
        "The value ends with the text given.",
        _STRINGS,
    ),
    Operator(
        "eqi", _TEXT, Shape.SCALAR, _folded(lambda a: partial(eq, a)),
        "The value is the text given, ignoring case.",
        _STRINGS,
    ),
    Operator(
        "containsi", _TEXT, Shape.SCALAR, _folded(_contains),
        "The text given occurs in the value, ignoring case.",
        _STRINGS,
    ),
    Operator(
        "startsWithi", _TEXT, Shape.SCALAR, _folded(_starts_with),
        "The value starts with the text given, ignoring case.",
        _STRINGS,
    ),
    Operator(
        "endsWithi", _TEXT, Shape.SCALAR, _folded(_ends_with),
        "The value ends with the text given, ignoring case.",
        _STRINGS,
    ),
    Operator(
        "isNull", _LISTED, Shape.FLAG, lambda a: lambda _: not a,
        "With true, there is no value; with false, there is one. Never unknown.",
        frozenset(JsonType), pushdown="attribute_not_exists",
    ),
    Operator(
        "hasKey", frozenset({Kind.JSON}), Shape.KEY, lambda a: lambda value: a in value,
        "The object has the key given at its top level, whatever is under it.",
        frozenset({JsonType.OBJECT}),
    ),
)  # fmt: skip

OPERATORS: Final[Mapping[str, Operator]] = {operator.name: operator for operator in _TABLE}

_SPELLINGS: Final[Mapping[str, Operator]] = {
    spelling: operator for operator in _TABLE for spelling in (operator.name, *operator.aliases)
}


def find(spelling: str) -> Operator | None:
    """Return the operator of a name or an alias."""
    return _SPELLINGS.get(spelling)


def operators_of(kind: Kind, *, nullable: bool) -> tuple[str, ...]:
    """Return the names of a field's operators; ids and enums take isNull only if nullable."""
    takes_flag = kind in _ORDERED or nullable
    return tuple(
        operator.name
        for operator in _TABLE
        if kind in operator.kinds and (operator.shape is not Shape.FLAG or takes_flag)
    )


def path_operators() -> tuple[str, ...]:
    """Return the names of the operators that may follow ``path``."""
    return tuple(operator.name for operator in _TABLE if operator.json_types)
