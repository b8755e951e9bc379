"""The independent judge: filters and orders as SQL, answered by sqlite.

Nothing of the engine is used. Null logic, NOT, IN over empty lists, EXISTS, LEFT JOIN, comparison
by code point (BINARY over UTF-8) and NULLS FIRST are sqlite's own; what it lacks (case folding, a
look into JSON) are functions given to it here.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias
from unicodedata import normalize

from tests.property.query.worlds import ENTITIES, ENUMS, TO_MANY, TO_ONE, World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Json: TypeAlias = Any
"""A value of json.loads."""

SYMBOLS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
ALIASES = {"equals": "eq", "ne": "neq", "notIn": "nin"}


DELETION = frozenset({"deletedAt", "retentionTier"})


class Oracle:
    """A world in a database in memory."""

    def __init__(self, world: World) -> None:
        self._database = sqlite3.connect(":memory:")
        for name, function, arguments in (
            ("fold", _fold, 1),
            ("scalar", _scalar, 2),
            ("scalar_type", _scalar_type, 2),
            ("has_key", _has_key, 2),
            ("has_key_at", _has_key_at, 3),
            ("value_at", _value_at, 2),
        ):
            self._database.create_function(name, arguments, function, deterministic=True)
        for entity, fields in ENTITIES.items():
            columns = ", ".join(f'"{field}"' for field in fields)
            self._database.execute(f'CREATE TABLE "{entity}" ({columns})')
            marks = ", ".join("?" for _ in fields)
            self._database.executemany(
                f'INSERT INTO "{entity}" VALUES ({marks})',  # noqa: S608 - names of this file
                [
                    [_normal(kind, row[field]) for field, kind in fields.items()]
                    for row in world[entity]
                ],
            )

    def __enter__(self) -> Oracle:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def ids(self, wanted: object, order: list[dict[str, Json]]) -> list[str]:
        """The ids of the installs that a filter keeps, in an order."""
        query = _Query()
        scope = _Scope("install", "row")
        condition = query.filter(wanted, scope)
        terms = _order(order, scope)
        sql = f'SELECT row.id FROM install AS "row" {scope.joined} WHERE {condition}'  # noqa: S608
        return [
            str(found)
            for (found,) in self._database.execute(f"{sql} ORDER BY {terms}", query.values)
        ]


def _order(order: list[dict[str, Json]], scope: _Scope) -> str:
    terms = []
    way = "ASC"
    for number, entry in enumerate(order):
        ((field, direction),) = entry.items()
        columns = [f'row."{field}"']
        if field in TO_ONE:
            entity, link = TO_ONE[field]
            ((name, direction),) = direction.items()
            alias = f"o{number}"
            scope.joins.append(f'LEFT JOIN "{entity}" AS {alias} ON {alias}.id = row."{link}"')
            columns = [f'{alias}."{name}"']
            if ENTITIES[entity][name][0] == "s":  # by its casefolded value first
                columns.insert(0, f"fold({columns[0]})")
        elif field in ENUMS:  # in their declared order
            ranks = " ".join(f"WHEN '{value}' THEN {n}" for n, value in enumerate(ENUMS[field]))
            columns = [f"CASE {columns[0]} {ranks} END"]
        word = direction.replace("_", "").lower()
        way = "ASC" if word.startswith("asc") else "DESC"
        rest = word.removeprefix(way.lower())
        nulls = {"nullsfirst": "FIRST", "nullslast": "LAST"}.get(
            rest, "LAST" if way == "ASC" else "FIRST"
        )
        terms += [f"{column} {way} NULLS {nulls}" for column in columns]
    return ", ".join([*terms, f"row.id {way}"])


class _Scope:
    """One FROM: a row, and what is joined to it."""

    def __init__(self, entity: str, alias: str, joins: list[str] | None = None) -> None:
        self.entity = entity
        self.alias = alias
        self.joins: list[str] = [] if joins is None else joins

    @property
    def joined(self) -> str:
        return " ".join(self.joins)


class _Query:
    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self._names: Iterator[int] = count()

    def filter(self, wanted: object, scope: _Scope) -> str:
        assert isinstance(wanted, dict)
        return _all(self._key(key, value, scope) for key, value in wanted.items())

    def _key(self, key: str, value: Json, scope: _Scope) -> str:
        if key in ("AND", "and"):
            return _all(self.filter(part, scope) for part in value)
        if key in ("OR", "or"):
            return f"({' OR '.join(self.filter(part, scope) for part in value) or '0'})"
        if key in ("NOT", "not"):
            return f"(NOT {self.filter(value, scope)})"
        if key in ENTITIES[scope.entity]:
            return self._field(f'"{scope.alias}"."{key}"', ENTITIES[scope.entity][key][0], value)
        if key in TO_ONE:
            return self._to_one(*TO_ONE[key], value, scope)
        return _all(
            self._to_many(*TO_MANY[key], word, inner, scope) for word, inner in value.items()
        )

    def _to_one(self, entity: str, link: str, value: object, scope: _Scope) -> str:
        alias = f"t{next(self._names)}"
        scope.joins.append(
            f'LEFT JOIN "{entity}" AS {alias} ON {alias}.id = "{scope.alias}"."{link}"'
        )
        return self.filter(value, _Scope(entity, alias, scope.joins))

    def _to_many(self, entity: str, link: str, word: str, value: object, scope: _Scope) -> str:
        inner = _Scope(entity, f"t{next(self._names)}")
        condition = self.filter(value, inner)
        alive = "1" if _mentions_deleted(value) else f"{inner.alias}.deletedAt IS NULL"
        truth = "IS NOT TRUE" if word == "every" else "IS TRUE"
        sql = (
            f'EXISTS (SELECT 1 FROM "{entity}" AS {inner.alias} {inner.joined} '  # noqa: S608
            f'WHERE {inner.alias}."{link}" = "{scope.alias}".id AND {alive} '
            f"AND ({condition}) {truth})"
        )
        return sql if word == "some" else f"(NOT {sql})"

    def _field(self, column: str, kind: str, value: Json) -> str:
        if not isinstance(value, dict):
            return self._comparison(column, kind, "eq", value)
        if "path" in value:
            path = self._bind(json.dumps(value["path"]))
            rest = {key: inner for key, inner in value.items() if key != "path"}
            return self._json(f"{column}, {path}", rest)
        return _all(
            f"(NOT {self._field(column, kind, inner)})"
            if key == "not"
            else self._comparison(column, kind, _operator(key), inner)
            for key, inner in value.items()
        )

    def _json(self, place: str, value: dict[str, Json]) -> str:
        ((key, inner),) = value.items()
        if key == "not":
            return f"(NOT {self._json(place, inner)})"
        operator = _operator(key)
        if operator == "hasKey":
            return f"has_key_at({place}, {self._bind(inner)})"
        if operator == "isNull":
            return f"(value_at({place}) IS {'NULL' if inner else 'NOT NULL'})"
        comparison = self._comparison(f"scalar({place})", "j", operator, inner)
        if inner == []:
            return comparison
        given = _type_of(inner[0] if isinstance(inner, list) else inner)
        return f"(CASE WHEN scalar_type({place}) = '{given}' THEN {comparison} END)"

    def _comparison(self, column: str, kind: str, operator: str, value: Json) -> str:
        if operator == "isNull":
            return f"({column} IS {'NULL' if value else 'NOT NULL'})"
        if operator == "hasKey":
            return f"has_key({column}, {self._bind(value)})"
        if isinstance(value, list):
            marks = [self._bind(_normal(kind, entry)) for entry in value]
            if operator == "between":
                return f"({column} BETWEEN {marks[0]} AND {marks[1]})"
            word = "IN" if operator == "in" else "NOT IN"
            return f"({column} {word} ({', '.join(marks)}))"
        mark = self._bind(_normal(kind, value))
        if operator in ("eqi", "containsi", "startsWithi", "endsWithi"):
            column, mark, operator = f"fold({column})", f"fold({mark})", operator[:-1]
        texts = {
            "eq": f"({column} = {mark})",
            "neq": f"({column} <> {mark})",
            "contains": f"(instr({column}, {mark}) > 0)",
            "startsWith": f"(substr({column}, 1, length({mark})) = {mark})",
            "endsWith": f"(length({mark}) = 0 AND {column} IS NOT NULL "
            f"OR length({column}) >= length({mark}) "
            f"AND substr({column}, -length({mark}), length({mark})) = {mark})",
        }
        return texts.get(operator) or f"({column} {SYMBOLS[operator]} {mark})"

    def _bind(self, value: object) -> str:
        name = f"v{next(self._names)}"
        self.values[name] = value
        return f":{name}"


def _operator(key: str) -> str:
    return ALIASES.get(key, key)


def _all(parts: Iterable[str]) -> str:
    return f"({' AND '.join(parts) or '1'})"


def says_something(comparison: object) -> bool:
    """Return True if a comparison is more than in or nin of an empty list."""
    if not isinstance(comparison, dict):
        return True
    return any(
        says_something(value) if key == "not" else value != [] for key, value in comparison.items()
    )


def _mentions_deleted(value: object) -> bool:
    """Return True if a filter constrains the row's own deletedAt or retentionTier."""
    if isinstance(value, list):
        return any(map(_mentions_deleted, value))
    if not isinstance(value, dict):
        return False
    return any(says_something(value[key]) for key in DELETION & value.keys()) or any(
        _mentions_deleted(inner)
        for key, inner in value.items()
        if key in ("AND", "OR", "NOT", "and", "or", "not")
    )


def _normal(kind: str, value: Json) -> object:
    """A date-time as text without its zone, with at least three digits: its order is time's."""
    if kind[0] != "d" or value is None:
        return value
    seconds, _, rest = value.upper().partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    moment = datetime.fromisoformat(seconds + rest.removeprefix(digits)).astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{digits.rstrip('0'):0<3}"


def _fold(text: str | None) -> str | None:
    return None if text is None else normalize("NFC", normalize("NFC", text).casefold())


def _at(text: str | None, path: str) -> object:
    value = None if text is None else json.loads(text)
    for key in json.loads(path):
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key in map(str, range(len(value))):
            value = value[int(key)]
        else:
            return None
    return value


def _type_of(value: object) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "number" if isinstance(value, int | float) else None


def _scalar(text: str | None, path: str) -> Json:
    value = _at(text, path)
    return value if _type_of(value) else None


def _scalar_type(text: str | None, path: str) -> str | None:
    return _type_of(_at(text, path))


def _value_at(text: str | None, path: str) -> str | None:
    value = _at(text, path)
    return None if value is None else json.dumps(value)


def _has_key_at(text: str | None, path: str, key: str) -> bool | None:
    value = _at(text, path)
    return None if value is None else isinstance(value, dict) and key in value


def _has_key(text: str | None, key: str) -> bool | None:
    return None if text is None else key in json.loads(text)
