"""Pages and the budget, against plain slices of the sorted rows (CONTRACT.md section 2)."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from installs.errors import QueryTooExpensiveError
from installs.query.execute import Page, run
from installs.query.parameters import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from installs.store.table import Range

Row = dict[str, Any]
NOW: Final = datetime(2026, 11, 23, 10, tzinfo=UTC)
ORDER: Final = '[{"id":"asc"}]'


def install(install_id: str, **fields: object) -> Row:
    row = {"id": install_id, "workspaceId": "wsp_a", "memberPolicy": "manual", "variables": "{}"}
    return {**row, "installedAt": "2026-01-01T00:00:00.000Z", **fields}


class Rows:
    """A reader over a list; one range of an index has them all."""

    def __init__(self, *rows: Row) -> None:
        self._rows = rows
        self.asked: list[str] = []

    def by_ids(self, ids: Iterable[str]) -> Iterable[Row]:
        wanted = set(ids)
        return [row for row in self._rows if row["id"] in wanted]

    def by_range(self, wanted: Range) -> Iterable[Row]:
        return self._rows

    def rows(self, entity: str, ids: Iterable[str]) -> Mapping[str, Row]:
        return {}

    def members(self, install_ids: Iterable[str]) -> Mapping[str, Sequence[Row]]:
        asked = list(install_ids)
        self.asked += asked
        return {one: [{"id": "m", "workspaceId": "wsp_a", "enabled": True}] for one in asked}

    def add_ons(self, install_ids: Iterable[str]) -> Mapping[str, Sequence[Row]]:
        return {}


def listed(reader: Rows, **query: str) -> Page:
    return seen_by(frozenset({"wsp_a"}), reader, **query)


def seen_by(scope: frozenset[str] | None, reader: Rows, **query: str) -> Page:
    return run(parse({name: [value] for name, value in query.items()}), scope, reader, NOW)


def ids(page: Page) -> list[str]:
    return [row["id"] for row in page.rows]


def test_every_page_says_exactly_what_is_ahead_and_behind() -> None:
    # given the cursors of six rows, of which two have gone since
    everything = Rows(*map(install, "abcdef"))
    cursors: dict[str, str] = {}
    after_it: dict[str, str] = {}
    for one in "abcdef":
        cursors[one] = listed(everything, orderBy=ORDER, limit="1", **after_it).end or ""
        after_it = {"after": cursors[one]}
    left = "abdf"
    reader = Rows(*map(install, left))
    for after, before, limit in itertools.product(
        [None, *"abcdef"], [None, *"abcdef"], range(1, 6)
    ):
        given = {"after": after and cursors[after], "before": before and cursors[before]}
        cursor = {name: text for name, text in given.items() if text}
        # when a page is asked for
        page = listed(reader, orderBy=ORDER, limit=str(limit), **cursor)
        # then it is a slice of what lies between
        between = [
            one for one in left
            if (after is None or one > after) and (before is None or one < before)
        ]  # fmt: skip
        backward = before is not None and after is None
        wanted = between[-limit:] if backward else between[:limit]
        assert ids(page) == wanted
        assert page.total == len(left)
        if wanted:
            assert page.has_previous is (left[0] < wanted[0])
            assert page.has_next is (left[-1] > wanted[-1])
            assert (page.start, page.end) == (cursors[wanted[0]], cursors[wanted[-1]])
        else:
            assert page.has_previous is (after is not None and left[0] <= after)
            assert page.has_next is (before is not None and left[-1] >= before)
            assert (page.start, page.end) == (None, None)


def test_what_is_past_its_retention_or_out_of_reach_is_not_counted() -> None:
    reader = Rows(
        install("a"),
        install("b", deletedAt="2026-11-01T00:00:00.000Z", purgeAt=int(NOW.timestamp())),
        install("c", deletedAt="2026-11-22T00:00:00.000Z", purgeAt=int(NOW.timestamp()) + 1),
        install("d", workspaceId="wsp_far"),
    )
    for deleted, wanted in (("false", "a"), ("true", "ac"), ("only", "c")):
        page = listed(reader, include_deleted=deleted, orderBy=ORDER)
        assert (ids(page), page.total) == (list(wanted), len(wanted))
    # and an admin of the platform sees every workspace
    assert ids(seen_by(None, reader, orderBy=ORDER)) == ["a", "d"]
    assert ids(seen_by(None, reader, workspace_id="wsp_far")) == ["d"]


def test_relations_are_read_only_of_rows_that_may_match() -> None:
    reader = Rows(*(install(f"i{n}") for n in range(2_500)), install("x", memberPolicy="auto_all"))
    relation = '{"memberPolicy":"auto_all","members":{"some":{"enabled":true}}}'
    assert ids(listed(reader, filter=relation)) == ["x"]
    assert reader.asked == ["x"]


@pytest.mark.parametrize(
    ("rows", "query"),
    [
        ([install(f"i{n}") for n in range(20_001)], {}),
        ([install(f"i{n}", variables=" " * 400_000) for n in range(60)], {}),
        ([install(f"i{n}") for n in range(2_500)],
         {"filter": '{"members":{"some":{"enabled":true}}}'}),
    ],
    ids=["rows", "bytes", "relations"],
)  # fmt: skip
def test_beyond_the_budget_it_says_so(rows: list[Row], query: dict[str, str]) -> None:
    with pytest.raises(QueryTooExpensiveError, match="workspace_id"):
        listed(Rows(*rows), **query)
