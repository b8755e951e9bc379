"""The list's query parameters (CONTRACT.md section 2)."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installs.errors import (
    InstallsError,
    InvalidCursorError,
    InvalidParameterError,
    QueryTooLongError,
)
from installs.query.language.cursor import encode
from installs.query.language.length import MAX_QUERY_CHARACTERS, encoded_length
from installs.query.language.nodes import TRUE, And, Leaf
from installs.query.language.order import DEFAULT_ORDER
from installs.query.language.parameters import SHORTHANDS, Deleted, ListQuery, parse


def parsed(**given: str) -> ListQuery:
    return parse({name: [value] for name, value in given.items()})


def test_without_parameters_it_is_the_first_hundred_of_the_live() -> None:
    query = parsed()
    assert (query.filter, query.deleted, query.order) == (TRUE, Deleted.EXCLUDED, DEFAULT_ORDER)
    assert (query.limit, query.after, query.before) == (100, None, None)


@pytest.mark.parametrize(("parameter", "field"), SHORTHANDS.items())
def test_a_shorthand_is_an_equality(parameter: str, field: str) -> None:
    value = {"memberPolicy": "manual", "retentionTier": "short"}.get(field, "id_1")
    assert parsed(**{parameter: value}).filter == Leaf(field, "eq", value)


def test_everything_is_and_ed() -> None:
    query = parsed(ids="a,b,a", workspace_id="wsp_1", filter='{"memberPolicy":"manual"}')
    assert query.filter == And(
        (
            Leaf("workspaceId", "eq", "wsp_1"),
            Leaf("id", "in", ("a", "b")),
            Leaf("memberPolicy", "eq", "manual"),
        )
    )


@pytest.mark.parametrize(
    ("given", "deleted"),
    [
        ({}, Deleted.EXCLUDED),
        ({"retention_tier": "short"}, Deleted.INCLUDED),
        ({"filter": '{"retentionTier":"short"}'}, Deleted.INCLUDED),
        ({"filter": '{"OR":[{"id":"a"},{"NOT":{"deletedAt":{"isNull":true}}}]}'}, Deleted.INCLUDED),
        ({"filter": '{"addOns":{"some":{"deletedAt":{"isNull":false}}}}'}, Deleted.EXCLUDED),
        ({"retention_tier": "short", "include_deleted": "false"}, Deleted.EXCLUDED),
        ({"include_deleted": "only"}, Deleted.ONLY),
        ({"include_deleted": "true"}, Deleted.INCLUDED),
    ],
)
def test_deleted_rows_are_there_when_asked_about(given: dict[str, str], deleted: Deleted) -> None:
    assert parsed(**given).deleted is deleted


@pytest.mark.parametrize(
    ("given", "code"),
    [
        *(
            ({"limit": [text]}, "invalid_value")
            for text in ["0", "101", "-1", "1.0", "\u0661", " 1", "x"]
        ),
        *(({name: [""]}, "empty") for name in ["limit", "ids", "filter", "after", "workspace_id"]),
        *(({name: ["a", "a"]}, "repeated") for name in ["limit", "ids", "filter"]),
        ({"Limit": ["1"]}, "unknown_parameter"),
        ({"\ud800": ["1"]}, "unknown_parameter"),
        ({"include_deleted": ["yes"]}, "invalid_value"),
        ({"member_policy": ["auto"]}, "invalid_value"),
        *(
            ({"workspace_id": [text]}, "invalid_value")
            for text in ["a b", "\0", "\ud800", "x" * 129, "caf\u00e9", "a#live"]
        ),
        *(
            ({"ids": [text]}, "invalid_value")
            for text in [",", "a,", "a,,b", "a b", "a,\0", "\ud800"]
        ),
        ({"ids": [",".join("a" * 101)]}, "too_many"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(given: dict[str, list[str]], code: str) -> None:
    with pytest.raises(InvalidParameterError) as raised:
        parse(given)
    (issue,) = raised.value.issues
    assert (issue.parameter, issue.code) == (next(iter(given)), code)


@pytest.mark.parametrize(
    ("name", "meant"), [("order_by", "orderBy"), ("workspaceId", "workspace_id"), ("id", "ids")]
)
def test_what_is_nearly_a_parameter_is_told_what_is_meant(name: str, meant: str) -> None:
    with pytest.raises(InvalidParameterError, match=f"did you mean '{meant}'"):
        parse({name: ["1"]})


@pytest.mark.parametrize(("name", "meant"), [("offset", "after"), ("sort", "orderBy")])
def test_what_other_apis_call_the_same_is_told_too(name: str, meant: str) -> None:
    with pytest.raises(InvalidParameterError, match=f"{name}.* is not a parameter: use '{meant}'"):
        parse({name: ["1"]})


def test_the_id_that_is_none_is_named_among_many() -> None:
    with pytest.raises(InvalidParameterError, match=r"ids: 'c d' is not a valid id: an id has"):
        parsed(ids="a,b,c d,e")


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidParameterError) as raised:
        parsed(limit="0", member_policy="auto", include_deleted="yes")
    named = {issue.parameter for issue in raised.value.issues}
    assert named == {"limit", "member_policy", "include_deleted"}


def test_of_many_problems_twenty_are_told_each_in_few_words() -> None:
    with pytest.raises(InvalidParameterError) as raised:
        parse({f"{'x' * 200}{n}": ["1"] for n in range(35)})
    assert len(raised.value.issues) == 20
    assert len(raised.value.detail) + sum(len(issue.detail) for issue in raised.value.issues) < 3000


def test_a_cursor_is_bound_to_what_filters_and_not_to_the_limit() -> None:
    values = ("2026-11-23T10:00:00.000Z", "ins_1")
    text = encode(DEFAULT_ORDER, values, parsed(workspace_id="wsp_1").canonical_query)
    again = parsed(workspace_id="wsp_1", after=text, before=text, limit="1")
    assert (again.after, again.before) == (values, values)
    for other in (
        {"workspace_id": "wsp_2"},
        {"workspace_id": "wsp_1", "include_deleted": "true"},
        {"workspace_id": "wsp_1", "orderBy": '[{"id":"asc"}]'},
    ):
        with pytest.raises(InvalidCursorError) as raised:
            parsed(after=text, **other)
        assert raised.value.issues[0].code == "cursor_of_another_query"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"filter": '{"id":"' + "a" * 6_136 + '"}'}, "filter"),
        ({"filter": '{"id":"' + "é" * 3_068 + '"}'}, "filter"),
        ({"filter": "[" * 2_700}, "filter"),
        ({"ids": ",".join(["a" * 100] * 79)}, "ids"),
        ({"after": "a" * 4_100, "before": "a" * 4_000}, "after"),
        ({"orderBy": "é" * 1_400}, "orderBy"),
        ({"x" * 8_000: "1"}, "x" * 8_000),
        ({f"p{n}": "1" for n in range(2_000)}, "p1000"),
    ],
)
def test_a_query_that_no_address_holds_is_refused_by_name(
    given: dict[str, str], named: str
) -> None:
    with pytest.raises(QueryTooLongError) as raised:
        parsed(**given)
    (issue,) = raised.value.issues
    assert (issue.parameter, issue.code) == (named, "too_long")
    assert len(raised.value.detail) < 200


@pytest.mark.parametrize(
    "given",
    [
        {"filter": '{"variables":{"path":["a"],"in":[' + ",".join(["1"] * 100) + "]}}"},
        {"ids": ",".join(f"ins_{'a' * 60}_{n:02}" for n in range(100))},
    ],
)
def test_what_an_address_holds_is_read(given: dict[str, str]) -> None:
    parsed(**given)


@given(st.text(st.characters()))
def test_a_length_is_that_of_the_percent_encoding(text: str) -> None:
    assert encoded_length(text) == len(quote(text, safe="", errors="surrogatepass"))


def test_the_longest_query_fits_with_its_address() -> None:
    # AWS: a regional REST API takes an address of 10,240 characters
    host = f"https://{'a' * 10}.execute-api.ap-southeast-2.amazonaws.com.cn"
    path = "/staging/api/integration-installs?"
    assert len(host + path) + MAX_QUERY_CHARACTERS < 10_240 - 1_000


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"ids": ["ins_a", "ins_b"]}, "may be given once: it is ids separated by commas"),
        ({"limit": ["1", "2"]}, "may be given once"),
        ({"ids[]": ["ins_a"]}, "'ids' is one parameter, ids separated by commas"),
        ({"filter[memberPolicy]": ["manual"]}, "'filter' is one parameter, one JSON value"),
        ({"filter.memberPolicy": ["manual"]}, "'filter' is one parameter, one JSON value"),
        ({"orderBy[0][installedAt]": ["asc"]}, "'orderBy' is one parameter, one JSON value"),
        ({"filter": ["[object Object]"]}, "use JSON.stringify"),
        ({"orderBy": ["[object Object]"]}, "use JSON.stringify"),
        ({"filter": ["%7B%22id%22%3A%22a%22%7D"]}, "percent-encoded twice"),
        ({"filter": ["%257B%2522id%2522"]}, "percent-encoded twice"),
        ({"filter": ['"{\\"id\\":\\"a\\"}"']}, "encoded twice"),
        ({"orderBy": ['"[{\\"id\\":\\"asc\\"}]"']}, "encoded twice"),
        ({"filter": ['{"OR":["{}"]}']}, "encoded twice"),
    ],
)
def test_a_wrong_encoding_is_told_with_the_right_one(
    given: dict[str, list[str]], advice: str
) -> None:
    with pytest.raises(InstallsError) as raised:
        parse(given)

    assert advice in raised.value.issues[0].detail
