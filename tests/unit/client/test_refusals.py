"""Impossible filters: mypy refuses them (an unneeded ignore is an error), and Python too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from installs_client import Filter, InvalidRequestError, all_of, any_of, where
from installs_client.query import parameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from installs_client.where import InstallFields

NOW: Final = datetime(2026, 11, 25, 12, 30, 0, 123456, tzinfo=UTC)
install, member, parent, solution = (
    where.install, where.member, where.parent_install, where.solution,
)  # fmt: skip
ONE: Final = install.id.eq("a")
FEW: Final = member.enabled.eq(True)


def test_an_operator_that_the_field_does_not_take() -> None:
    refused: list[Callable[[], object]] = [
        lambda: install.id.is_null(),  # type: ignore[attr-defined]
        lambda: install.id.lt("a"),  # type: ignore[attr-defined]
        lambda: install.member_policy.contains("a"),  # type: ignore[attr-defined]
        lambda: install.member_policy.is_null(),  # type: ignore[attr-defined]
        lambda: install.installed_at.contains("2026"),  # type: ignore[attr-defined]
        lambda: install.variables.eq({}),  # type: ignore[attr-defined]
        lambda: install.variables.asc(),  # type: ignore[attr-defined]
        lambda: member.enabled.in_(True),  # type: ignore[attr-defined]
        lambda: member.id.is_null(),  # type: ignore[attr-defined]
        lambda: solution.name.asc(),  # type: ignore[attr-defined]
        lambda: install.members(FEW),  # type: ignore[operator]
        lambda: install.solution.some(ONE),  # type: ignore[attr-defined]
        lambda: member.solution,  # type: ignore[attr-defined]
    ]
    for attempt in refused:
        with pytest.raises((AttributeError, TypeError)):
            attempt()


def test_a_value_that_the_field_cannot_hold() -> None:
    refused: list[Callable[[], object]] = [
        lambda: install.id.eq(5),  # type: ignore[arg-type]
        lambda: install.id.eq(None),  # type: ignore[arg-type]
        lambda: install.id.in_(["a"]),  # type: ignore[arg-type]
        lambda: install.member_policy.eq("automatic"),  # type: ignore[arg-type]
        lambda: install.retention_tier.in_("short", "eternal"),  # type: ignore[arg-type]
        lambda: install.installed_at.gte("2026-01-01T00:00:00Z"),  # type: ignore[arg-type]
        lambda: install.variables.at("a").eq(None),  # type: ignore[arg-type]
        lambda: install.variables.at("a").eq({}),  # type: ignore[arg-type]
        lambda: install.variables.at(0),  # type: ignore[arg-type]
        lambda: install.variables.has_key(1),  # type: ignore[arg-type]
        lambda: install.solution_id.is_null("yes"),  # type: ignore[arg-type]
        lambda: member.enabled.eq("true"),  # type: ignore[arg-type]
        # Beyond what types tell:
        lambda: install.installed_at.gte(datetime(2026, 1, 1)),
        lambda: install.id.eq("\ud800"),
        lambda: install.id.eq("a" * 1025),
        lambda: install.id.in_(*["a"] * 101),
        lambda: install.variables.at("a").lt(True),
        lambda: install.variables.at("a").between(1, "b"),
        lambda: install.variables.at("a").in_(1, True),
        lambda: install.variables.at("a").eq(float("nan")),
        lambda: install.variables.at("a").eq(10**309),
        lambda: install.variables.at(),
        lambda: install.variables.at(*["a"] * 101),
    ]
    for attempt in refused:
        with pytest.raises(InvalidRequestError):
            attempt()


def test_a_filter_of_other_rows() -> None:
    refused: list[Callable[[], object]] = [
        lambda: install.solution(FEW),  # type: ignore[arg-type]
        lambda: install.members.some(ONE),  # type: ignore[arg-type]
        lambda: install.members.some({"enabled": True}),  # type: ignore[arg-type]
        lambda: install.add_ons.none(parent.id.is_null()),  # type: ignore[arg-type]
        lambda: ONE & FEW,  # type: ignore[operator]
        lambda: ONE | solution.id.eq("a"),  # type: ignore[operator]
        lambda: solution.created_at.asc(),  # type: ignore[misc]
        lambda: parent.id.desc(),  # type: ignore[misc]
        lambda: all_of(ONE, FEW),
    ]
    for attempt in refused:
        with pytest.raises(InvalidRequestError):
            attempt()


def test_a_filter_of_an_install_serves_for_its_parent_too() -> None:
    absent: Filter[where.ParentFields] = ONE | parent.id.is_null()
    made: Filter[InstallFields] = install.parent_install(absent)
    assert made.to_json() == '{"parentInstall":{"OR":[{"id":{"eq":"a"}},{"id":{"isNull":true}}]}}'


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"filter": {"memberPolicy": "manual"}}, "a string of JSON"),
        ({"include_deleted": True}, "not a string: 'true'"),
        ({"workspace_id": 5}, "workspace_id is 5"),
        ({"solution_id": ""}, "leave it out"),
        ({"filter": '"\udcff"'}, "filter holds half of a surrogate pair"),
        ({"after": "\ud800"}, "after holds half of a surrogate pair"),
    ],
)
def test_a_refusal_says_what_to_do(query: Any, told: str) -> None:  # noqa: ANN401 - on purpose
    with pytest.raises(InvalidRequestError, match=told):
        parameters(query)


def test_what_compares_with_none_is_told_how_to_ask_for_nulls() -> None:
    with pytest.raises(InvalidRequestError, match="is_null"):
        install.solution_id.eq(None)  # type: ignore[arg-type]


def test_python_cannot_join_by_and_or() -> None:
    with pytest.raises(TypeError, match="by &"):
        bool(ONE)


def test_more_of_the_same_is_longer_and_not_deeper() -> None:
    found = ONE
    for number in range(40):
        found = found & install.id.neq(str(number))
    assert found.extent.depth == 1
    assert (found.extent.nodes, found.to_json().count("AND")) == (42, 1)
    assert (~(ONE | ONE | ~ONE)).to_json() == (
        '{"NOT":{"OR":[{"id":{"eq":"a"}},{"id":{"eq":"a"}},{"NOT":{"id":{"eq":"a"}}}]}}'
    )


def test_nothing_joined() -> None:
    anything: where.InstallFilter = all_of()
    nothing: where.InstallFilter = any_of()
    assert (anything.to_json(), nothing.to_json()) == ('{"AND":[]}', '{"OR":[]}')
    assert install.solution(any_of()).to_json() == '{"solution":{"OR":[]}}'


def test_a_time_is_sent_in_utc_with_at_least_milliseconds() -> None:
    assert install.installed_at.lt(NOW).to_json() == (
        '{"installedAt":{"lt":"2026-11-25T12:30:00.123456Z"}}'
    )
    assert install.installed_at.lt(NOW.replace(microsecond=0)).to_json() == (
        '{"installedAt":{"lt":"2026-11-25T12:30:00.000Z"}}'
    )
    late = datetime.fromisoformat("9999-12-31T23:59:59-05:00")
    with pytest.raises(InvalidRequestError):
        install.installed_at.lt(late)


def nested(depth: int) -> where.InstallFilter:
    made: where.InstallFilter = ONE
    for _ in range(depth):
        made = ~made
    return made


def test_the_limits() -> None:
    deep = install.add_ons.some
    assert nested(8).extent.depth == 8
    assert deep(deep(ONE)).extent.hops == 2
    assert any_of(*[ONE] * 99).extent.nodes == 100
    three = deep(ONE) & deep(ONE) & deep(ONE)
    large = install.id.in_(*["é" * 1024] * 2)
    too_much: list[Callable[[], object]] = [
        lambda: nested(9),
        lambda: deep(deep(deep(ONE))),
        lambda: any_of(*[ONE] * 100),
        lambda: any_of(*[any_of()] * 101),
        lambda: three & deep(ONE),
        lambda: all_of(*[install.solution(solution.id.eq("a"))] * 9),
        lambda: large & install.id.in_("é" * 1024),
        lambda: parameters({"ids": ["a" * 100] * 80}),
        lambda: parameters({"filter": "[" * 2_000, "order_by": "[" * 1_000}),
    ]
    for attempt in too_much:
        with pytest.raises(InvalidRequestError, match="at most"):
            attempt()
