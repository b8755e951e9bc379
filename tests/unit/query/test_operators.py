"""The table of operators (CONTRACT.md section 2, Filter)."""

from __future__ import annotations

import pytest

from installs.query.operators import OPERATORS, find, fold, operators_of, path_operators
from installs.query.schema import Kind

DATE = ("eq", "neq", "in", "nin", "lt", "lte", "gt", "gte", "between", "isNull")
TEXT = ("contains", "startsWith", "endsWith", "eqi", "containsi", "startsWithi", "endsWithi")


@pytest.mark.parametrize(
    ("kind", "nullable", "names"),
    [
        (Kind.ID, False, {"eq", "neq", "in", "nin"}),
        (Kind.ENUM, True, {"eq", "neq", "in", "nin", "isNull"}),
        (Kind.DATE, False, {*DATE}),
        (Kind.STRING, False, {*DATE, *TEXT}),
        (Kind.BOOLEAN, False, {"eq", "neq"}),
        (Kind.JSON, False, {"hasKey"}),
    ],
)
def test_a_kind_takes_the_operators_of_the_contract(
    kind: Kind, nullable: bool, names: set[str]
) -> None:
    assert set(operators_of(kind, nullable=nullable)) == names


def test_a_path_takes_what_scalars_can_be_asked() -> None:
    assert set(path_operators()) == {*DATE, *TEXT}


def test_the_aliases_are_a_closed_list() -> None:
    aliases = {alias: o.name for o in OPERATORS.values() for alias in o.aliases}

    assert aliases == {"ne": "neq", "notIn": "nin", "equals": "eq"}
    assert find("notIn") is OPERATORS["nin"]
    assert find("not_in") is None


def test_an_inverse_is_mutual() -> None:
    for operator in OPERATORS.values():
        if operator.inverse is not None:
            assert OPERATORS[operator.inverse].inverse == operator.name


def test_every_operator_is_documented_in_one_sentence_or_two() -> None:
    assert all(o.doc.endswith(".") and len(o.doc) < 100 for o in OPERATORS.values())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Crm", "cRM"),
        ("Straße", "STRASSE"),
        ("é", "E\u0301"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("\u212a", "k"),
        ("ﬁ", "FI"),
        ("İ", "i\u0307"),
    ],
)
def test_case_and_spelling_do_not_matter_once_folded(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_folding_keeps_apart_what_case_does_not_join() -> None:
    assert fold("i") != fold("\u0131")
    assert fold("e") != fold("é")


def test_folding_twice_changes_nothing_more() -> None:
    for text in ("Straße", "E\u0301", "\u1fb3\u0301", "İ"):
        assert fold(fold(text)) == fold(text)
