"""The builder makes exactly the filters that the service takes (CONTRACT.md section 2, Filter).

A plan is a filter as JSON in the one form that the builder sends, with faults or without. The test
makes it by the builder, and asks the service's own parser about the JSON: both take it, or neither.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, cast

from hypothesis import given
from hypothesis import strategies as st

from installs.errors import InvalidFilterError, InvalidOrderByError
from installs.query.language.operators import OPERATORS
from installs.query.language.order_by import DIRECTIONS, parse_order_by
from installs.query.language.parser import parse_filter
from installs.query.language.schema import ENTITIES, INSTALL, Kind, target
from installs_client import Filter, InvalidRequestError, all_of, any_of, where
from installs_client.fields import Date, Json
from installs_client.order import order_text
from tests.property.runs import thorough

Plan = dict[str, Any]

_NAMES: Final = {name: name for name in OPERATORS} | {"in": "in_"}
_CLASSES: Final = {
    "IntegrationMember": where.member,
    "Solution": where.solution,
    "Integration": where.integration,
    "IntegrationVersion": where.integration_version,
    "Workspace": where.workspace,
    "User": where.user,
}
_LISTS: Final = ("in", "nin", "between")


class Refused(Exception):
    """The builder has no such thing, or refuses it."""


def snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def build(plan: Plan, entity: type, wanted: str) -> Filter[Any]:
    """The plan by the builder's own methods."""
    try:
        return _built(plan, entity, wanted)
    except (InvalidRequestError, AttributeError, TypeError) as error:
        raise Refused from error


def _built(plan: Plan, entity: type, wanted: str) -> Filter[Any]:
    ((key, inner),) = plan.items()
    if key in ("AND", "OR"):
        join = all_of if key == "AND" else any_of
        return join(*(_built(one, entity, wanted) for one in inner))
    if key == "NOT":
        return ~_built(inner, entity, wanted)
    field: Any = getattr(entity, snake(key))
    relation = ENTITIES[wanted].relations.get(key)
    if relation is not None:
        target = relation.target
        if relation.many:
            ((quantifier, inner),) = inner.items()
            class_ = where.install if target == "Install" else _CLASSES[target]
            return cast("Filter[Any]", getattr(field, quantifier)(_built(inner, class_, target)))
        class_ = where.parent_install if target == "Install" else _CLASSES[target]
        return cast("Filter[Any]", field(_built(inner, class_, target)))
    if isinstance(field, Json) and "path" in inner:
        inner = {**inner}
        field = field.at(*inner.pop("path"))
    ((operator, argument),) = inner.items()
    if isinstance(field, Date) and operator != "isNull":
        argument = [*map(_time, argument)] if isinstance(argument, list) else _time(argument)
    method = getattr(field, _NAMES[operator] if operator == "in" else snake(operator))
    made = method(*argument) if operator in _LISTS else method(argument)
    return cast("Filter[Any]", made)


def _time(text: object) -> object:
    """Return the caller's value for a text of the plan."""
    try:
        return datetime.fromisoformat(cast("str", text))
    except (TypeError, ValueError):
        return text


_texts: Final = st.one_of(
    st.text(max_size=4), st.sampled_from(["", "\0", "\ud800", "a" * 1024, "a" * 1025, "é" * 500])
)
_zones: Final = st.sampled_from(
    [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-12)), None]
)
_times: Final = st.datetimes(timezones=_zones).map(
    lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000).isoformat(
        timespec="milliseconds"
    )
)
_numbers: Final = st.one_of(
    st.integers(-3, 3), st.floats(), st.sampled_from([10**308, -(10**308), 10**309, -(10**309)])
)
_junk: Final[st.SearchStrategy[object]] = st.one_of(
    st.none(), _numbers, st.booleans(), st.just({}), st.just([])
)


def _values(kind: Kind, values: tuple[str, ...]) -> st.SearchStrategy[object]:
    if kind is Kind.ENUM:
        return st.sampled_from([*values, "other"])
    if kind is Kind.DATE:
        return _times
    if kind is Kind.BOOLEAN:
        return st.booleans()
    return _texts


def _argument(operator: str, values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    if operator in ("in", "nin"):
        few = st.lists(values, max_size=3)
        return st.one_of(few, few, values.map(lambda one: [one] * 101))
    if operator == "between":
        return st.lists(values, min_size=2, max_size=2)
    if operator == "isNull":
        return st.booleans()
    return values


@st.composite
def _comparisons(draw: st.DrawFn, entity: str) -> Plan:
    field = draw(st.sampled_from([*ENTITIES[entity].fields.values()]))
    if field.kind is Kind.JSON and draw(st.booleans()):
        scalars = draw(st.sampled_from([_texts, _numbers, st.booleans(), st.one_of(_texts, _junk)]))
        operator = draw(st.sampled_from([*OPERATORS]))
        path = draw(st.lists(_texts, max_size=3))
        return {field.name: {"path": path, operator: draw(_argument(operator, scalars))}}
    values = _values(field.kind, field.values)
    if not draw(st.integers(0, 7)):
        values = st.one_of(values, _junk)
    fitting = [one.name for one in OPERATORS.values() if field.kind in one.kinds]
    operator = draw(st.sampled_from(fitting if draw(st.integers(0, 5)) else [*OPERATORS]))
    return {field.name: {operator: draw(_argument(operator, values))}}


@st.composite
def plans(draw: st.DrawFn, entity: str = "Install", depth: int = 0) -> Plan:
    """A filter as JSON: often one that the service takes, sometimes not, for one reason or more."""
    forms = ["comparison"] * 3 + (["AND", "OR", "NOT", "relation"] if depth < 5 else [])
    form = draw(st.sampled_from(forms))
    if form in ("AND", "OR"):
        return {form: draw(st.lists(plans(entity, depth + 1), max_size=3))}
    if form == "NOT":
        return {form: draw(plans(entity, depth + 1))}
    relations = [*ENTITIES[entity].relations.values()]
    if form == "comparison" or not relations:
        return draw(_comparisons(entity))
    relation = draw(st.sampled_from(relations))
    inner = draw(plans(relation.target, depth + 1))
    if relation.many:
        inner = {draw(st.sampled_from(["some", "every", "none"])): inner}
    return {relation.name: inner}


@st.composite
def stretched(draw: st.DrawFn) -> Plan:
    """A plan with something around it that brings it near a limit."""
    plan = draw(plans())
    way = draw(st.sampled_from(["as it is", "deep", "wide", "large", "related"]))
    if way == "deep":
        for _ in range(draw(st.integers(0, 9))):
            plan = {"NOT": plan}
    elif way == "wide":
        plan = {"OR": [{"id": {"eq": "a"}}] * draw(st.integers(95, 102)) + [plan]}
    elif way == "large":
        text = "é" * 1000
        plan = {"AND": [{"id": {"in": [text] * draw(st.integers(6, 9))}}, plan]}
    elif way == "related":
        for _ in range(draw(st.integers(0, 3))):
            plan = {"addOns": {"some": plan}}
    return plan


def taken(text: str) -> bool:
    try:
        parse_filter(text)
    except InvalidFilterError:
        return False
    return True


def text_of(plan: Plan) -> str:
    """The plan as the builder sends JSON, as far as it can be written at all."""
    return json.dumps(plan, ensure_ascii=False, separators=(",", ":"))


@thorough(500)
@given(plan=stretched())
def test_the_builder_takes_what_the_service_takes_and_no_other(plan: Plan) -> None:
    try:
        made = build(plan, where.install, "Install")
    except Refused:
        assert not taken(text_of(plan))
        return
    sent = made.to_json()
    assert taken(sent)
    assert _instants(json.loads(sent)) == _instants(json.loads(text_of(plan)))


def _instants(value: object) -> object:
    """A filter with its times as instants, whatever zone they are written in."""
    if isinstance(value, dict):
        return {key: _instants(one) for key, one in value.items()}
    if isinstance(value, list):
        return [*map(_instants, value)]
    found = _time(value)
    aware = isinstance(found, datetime) and found.tzinfo is not None
    return found.timestamp() if aware and isinstance(found, datetime) else value


@thorough(500)
@given(
    keys=st.lists(
        st.tuples(
            st.one_of(
                st.tuples(st.sampled_from([*INSTALL.fields, "solution"])),
                st.sampled_from(
                    [
                        (relation.name, field)
                        for relation in INSTALL.relations.values()
                        for field in target(relation).fields
                    ]
                ),
            ),
            st.sampled_from([*DIRECTIONS]),
        ),
        max_size=6,
    )
)
def test_orders_likewise(keys: list[tuple[tuple[str, ...], str]]) -> None:
    entries = [{path[0]: way if len(path) == 1 else {path[1]: way}} for path, way in keys]
    text = json.dumps(entries, separators=(",", ":"))
    try:
        parse_order_by(text)
        good = True
    except InvalidOrderByError:
        good = False
    try:
        made = order_text([_key(path, way) for path, way in keys])
    except (InvalidRequestError, AttributeError, TypeError):
        assert not good
    else:
        assert good
        assert made == text


def _key(path: tuple[str, ...], way: str) -> object:
    """A sort key as a client makes it."""
    first = getattr(where.install, snake(path[0]))
    if len(path) == 1:
        return getattr(first, way)()
    return getattr(first, way)(getattr(first.target, snake(path[1])))
