"""Orders parsed, refused and applied (CONTRACT.md section 2, orderBy)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from installs.errors import InvalidOrderByError
from installs.query.language.order import DEFAULT_ORDER, MAX_SORTED, Order, SortField
from installs.query.language.order_by import DIRECTIONS, parse_order_by
from installs.query.language.schema import PUBLIC_ENTITIES, Row
from tests.unit.query.language.rejections import order_issues

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from installs.query.language.order import OrderKey

ROWS = [
    {"id": "a", "retentionTier": "short"},
    {"id": "b"},
    {"id": "c", "retentionTier": "long"},
    {"id": "d"},
]


def key_of(by: Order) -> Callable[[Mapping[str, object]], OrderKey]:
    """A row's place in an order."""
    return lambda row: by.order_key(by.values(row))


def order(*keys: dict[str, Any]) -> Order:
    return parse_order_by(json.dumps(keys))


def test_the_default_is_newest_first() -> None:
    assert parse_order_by(None) == DEFAULT_ORDER == order({"installedAt": "desc"})
    assert DEFAULT_ORDER.fields == ("installedAt", "id")
    assert not DEFAULT_ORDER.sort_fields[-1].ascending


@pytest.mark.parametrize(
    ("direction", "ids"),
    [
        ("asc", "acbd"),
        ("desc", "dbca"),
        ("asc_nulls_first", "bdac"),
        ("asc_nulls_last", "acbd"),
        ("desc_nulls_first", "dbca"),
        ("desc_nulls_last", "cadb"),
    ],
)
def test_nulls_go_where_the_direction_says(direction: str, ids: str) -> None:
    camel = "".join(word.capitalize() for word in direction.split("_"))
    for spelling in (direction, camel):
        by = order({"retentionTier": spelling})

        assert "".join(row["id"] for row in sorted(ROWS, key=key_of(by))) == ids
        assert "".join(row["id"] for row in sorted(ROWS, key=key_of(by.reversed()))) == ids[::-1]


def test_a_string_that_starts_another_is_before_it_or_behind_it() -> None:
    rows = [{"id": "a"}, {"id": "ab"}, {"id": "b"}]

    descending = sorted(rows, key=key_of(order({"id": "desc"})))

    assert [row["id"] for row in descending] == ["b", "ab", "a"]


def test_the_id_goes_the_way_of_the_key_before_it() -> None:
    assert order({"workspaceId": "desc"}).sort_fields[-1] == SortField("id", False, True)
    assert order({"workspaceId": "asc"}).sort_fields[-1] == SortField("id", True, False)


def test_what_follows_the_id_decides_nothing() -> None:
    assert order({"id": "asc"}, {"workspaceId": "desc"}) == order({"id": "Asc"})


def test_where_there_are_no_nulls_their_place_does_not_matter() -> None:
    assert order({"installedAt": "desc_nulls_last"}).canonical() == DEFAULT_ORDER.canonical()
    assert order({"deletedAt": "desc_nulls_last"}) != order({"deletedAt": "desc"})


def test_sort_cursor_and_predicate_agree() -> None:
    by = order({"retentionTier": "desc_nulls_last"})
    rows = sorted(ROWS, key=key_of(by))

    position = by.order_key(by.values(rows[1]))

    assert [key_of(by)(row) > position for row in rows] == [False, False, True, True]


def test_reversed_twice_is_the_same() -> None:
    by = order({"deletedAt": "asc_nulls_first"}, {"memberPolicy": "desc"})

    assert by.reversed().reversed() == by


@pytest.mark.parametrize(
    ("given", "pointer", "detail"),
    [
        ([], "", "1-5 sort fields"),
        ([{"id": "asc"}] * 6, "", "1-5 sort fields"),
        ({"installedAt": "asc"}, "", "an object is not a list of objects of one key"),
        (["installedAt"], "/0", "'installedAt' is not an object of one key"),
        ([{"id": "asc", "installedAt": "asc"}], "/0", "an object of 2 keys"),
        ([{}], "/0", "an object of 0 keys"),
        ('[{"id": "asc", "id": "asc"}]', "/0/id", "'id' appears twice"),
        ([{"installed_at": "asc"}], "/0/installed_at", "did you mean 'installedAt'?"),
        ([{"variables": "asc"}], "/0/variables", "variables cannot be sorted by"),
        ([{"solution": "asc"}], "/0/solution", "solution cannot be sorted by"),
        ([{"id": "ascending"}], "/0/id", "'ascending' is not one of asc, desc, asc_nulls_first"),
        ([{"id": "ASC"}], "/0/id", "did you mean 'asc'?"),
        ([{"id": 1}], "/0/id", "1 is not one of asc"),
        ([{"id": "asc"}, {"id": "desc"}], "/1/id", "id appears twice"),
        ([{"members": {"addedAt": "asc"}}], "/0/members", "members cannot be sorted by"),
        ([{"solution": {}}], "/0/solution", "an object of 0 keys"),
        ([{"solution": {"name": "asc", "id": "asc"}}], "/0/solution", "an object of 2 keys"),
        ('[{"solution": {"name": "asc", "name": "asc"}}]', "/0/solution/name", "appears twice"),
        ([{"solution": {"nam": "asc"}}], "/0/solution/nam", "did you mean 'name'?"),
        ([{"solution": {"id": "asc"}}], "/0/solution/id", "id cannot be sorted by; of a related"),
        ([{"integration": {"trustTier": "asc"}}], "/0/integration/trustTier", "cannot be sorted"),
        ([{"solution": {"name": "up"}}], "/0/solution/name", "'up' is not one of asc"),
        ([{"solution": {"name": {"name": "asc"}}}], "/0/solution/name", "an object is not one of"),
        ([{"solution.name": "asc"}], "/0/solution.name", '{"integration": {"name": "asc"}}'),
        (
            [{"solution": {"name": "asc"}}, {"solution": {"name": "desc"}}],
            "/1/solution/name",
            "solution.name appears twice",
        ),
        ("[", "", "not JSON"),
        ("[" * 8000, "", "nested too deep"),
        (" " * 8000 + "[]", "", "8,000 bytes"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(given: object, pointer: str, detail: str) -> None:
    issue = order_issues(given)[0]

    assert (issue.parameter, issue.pointer) == ("orderBy", pointer)
    assert detail in issue.detail


def test_all_that_is_wrong_is_told_at_once() -> None:
    issues = order_issues([{"x": "asc"}, {"id": "up"}])

    assert [issue.pointer for issue in issues] == ["/0/x", "/1/id"]


def test_a_related_field_sorts_by_its_casefolded_value_then_by_the_value() -> None:
    by = order({"integration": {"name": "asc"}}, {"installer": {"createdAt": "desc"}})
    assert by.fields == ("integration.name", "installer.createdAt", "id")
    assert set(by.own_fields) == {"id"}
    fields = {relation: list(names) for relation, names in by.related_fields.items()}
    assert fields == {"installer": ["createdAt"], "integration": ["name"]}
    names = [None, "b", "B", "a", "\u00c9", "e\u0301", "z", "E"]
    rows = [
        {"id": str(n), "integration": None if name is None else {"name": name}}
        for n, name in enumerate(names)
    ]
    ordered = sorted(rows, key=lambda row: by.order_key(by.values(row)))
    assert [names[int(str(row["id"]))] for row in ordered] == [
        "a", "B", "b", "E", "z", "e\u0301", "\u00c9", None,
    ]  # fmt: skip


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_related_row_that_is_absent_is_null(direction: str) -> None:
    by = order({"solution": {"name": direction}})
    absent: tuple[Row, ...] = ({"id": "a"}, {"id": "b", "solution": None})
    there: Row = {"id": "c", "solution": {"name": ""}}
    keys = [by.order_key(by.values(row)) for row in (*absent, there)]
    first = DIRECTIONS[direction][1]
    assert all((key < keys[2]) is first for key in keys[:2])


def test_of_a_long_related_string_the_beginning_sorts() -> None:
    by = order({"solution": {"description": "asc"}})
    row = {"id": "a", "solution": {"description": "\u00e9" * 1_000}}
    assert by.values(row) == ("\u00e9" * MAX_SORTED, "a")


def test_to_a_public_key_a_person_has_no_address_to_sort_by() -> None:
    wanted = '[{"installer": {"email": "asc"}}]'
    assert parse_order_by(wanted).fields == ("installer.email", "id")
    with pytest.raises(InvalidOrderByError, match="'email' is not a field of User"):
        parse_order_by(wanted, PUBLIC_ENTITIES)
