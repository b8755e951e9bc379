"""The names of rows to include (CONTRACT.md section 2, include)."""

from __future__ import annotations

import pytest

from installs.errors import InvalidParameterError
from installs.query.language.include import OF_INSTALL, OF_LIST, TO_ONE
from installs.query.language.parameters import (
    Deleted,
    InstallQuery,
    ListQuery,
    parse,
    parse_of_install,
)
from installs.query.language.schema import ENTITIES, INSTALL, target


def parsed(**given: str) -> ListQuery:
    return parse({name: [value] for name, value in given.items()})


def test_the_names_are_the_relations_of_an_install() -> None:
    to_one = [name for name, relation in INSTALL.relations.items() if not relation.many]
    assert list(OF_LIST) == to_one
    assert set(INSTALL.relations) <= set(OF_INSTALL)
    # and each relation to one has rows of its own type, so that their ids never meet
    targets = {target(INSTALL.relations[name]).name for name in TO_ONE}
    assert len(targets) == len(set(TO_ONE.values())) == len(TO_ONE)


def test_names_are_separated_by_commas() -> None:
    assert parsed(include="installer,integration").include == ("installer", "integration")
    assert parsed().include == ()
    names = ("members", "addOns", "solution")
    assert parse_of_install({"include": [",".join(names)]}).include == names
    assert parse_of_install({}) == InstallQuery((), Deleted.EXCLUDED, ENTITIES)


@pytest.mark.parametrize("deleted", Deleted)
def test_one_install_takes_its_deleted_rows(deleted: Deleted) -> None:
    assert parse_of_install({"include_deleted": [deleted]}) == InstallQuery((), deleted, ENTITIES)


@pytest.mark.parametrize(
    ("text", "code", "detail"),
    [
        ("", "empty", "must not be empty"),
        ("integration,", "empty", "a name is empty"),
        (",", "empty", "a name is empty"),
        ("integration,integration", "repeated", "integration is named twice"),
        ("Integration", "invalid_value", "did you mean 'integration'?"),
        ("installers", "invalid_value", "did you mean 'installer'?"),
        ("members", "invalid_value", "only GET of one install includes it"),
        ("history", "invalid_value", "only GET of one install includes it"),
        ("integration, workspace", "invalid_value", "did you mean 'workspace'?"),
        ("\ud800", "invalid_value", "is not one of"),
    ],
)
def test_a_wrong_name_is_told(text: str, code: str, detail: str) -> None:
    with pytest.raises(InvalidParameterError, match=r"^include: ") as raised:
        parsed(include=text)
    issue = raised.value.issues[0]
    assert (issue.parameter, issue.code) == ("include", code)
    assert detail in issue.detail


def test_however_many_names_are_wrong_the_answer_is_short() -> None:
    with pytest.raises(InvalidParameterError) as raised:
        parse_of_install({"include": ["x," * 3_000]})
    assert len(raised.value.issues) == 20


@pytest.mark.parametrize(
    ("given", "code", "detail"),
    [
        ({"include": ["solution", "members"]}, "repeated", "names separated by commas"),
        ({"include[]": ["solution"]}, "unknown_parameter", "names separated by commas"),
        ({"filter": ["{}"]}, "unknown_parameter", "'filter' is not a parameter"),
        ({"includes": ["members"]}, "unknown_parameter", "did you mean 'include'?"),
        ({"expand": ["members"]}, "unknown_parameter", "use 'include'"),
        ({"page": ["1"]}, "unknown_parameter", "'page' is not a parameter"),
        ({"include": ["member"]}, "invalid_value", "did you mean 'members'?"),
        ({"include": ["History"]}, "invalid_value", "did you mean 'history'?"),
        ({"include_deleted": ["yes"]}, "invalid_value", "not one of false, true, only"),
        ({"include_deleted": [""]}, "empty", "must not be empty"),
        ({"include_deleted": ["only", "true"]}, "repeated", "may be given once"),
        ({"includeDeleted": ["only"]}, "unknown_parameter", "did you mean 'include_deleted'?"),
    ],
)
def test_one_install_takes_no_other_parameter(
    given: dict[str, list[str]], code: str, detail: str
) -> None:
    with pytest.raises(InvalidParameterError) as raised:
        parse_of_install(given)
    (issue,) = raised.value.issues
    assert issue.code == code
    assert detail in issue.detail


def test_what_is_included_does_not_bind_a_cursor() -> None:
    assert parsed(include="integration").canonical_query == parsed().canonical_query
