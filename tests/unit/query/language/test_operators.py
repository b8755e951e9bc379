"""The table of operators (CONTRACT.md section 2, Filter)."""

from __future__ import annotations

from itertools import groupby
from unicodedata import combining, normalize

import pytest

from installs.query.language import operators
from installs.query.language.operators import OPERATORS, find, fold, operators_of, path_operators
from installs.query.language.schema import Kind

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


def test_a_path_takes_the_operators_of_scalars_and_of_objects() -> None:
    assert set(path_operators()) == {*DATE, *TEXT, "hasKey"}


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


@pytest.mark.parametrize(
    "unit",
    [
        "\u0301\u0327", "\u0f73", "\u0344\u0327", "\u0345\u0301", "é\u0327", "각",
        "a" + "\u0301\u0327" * 400,
    ],
    ids=lambda unit: ascii(unit[:3]),
)  # fmt: skip
def test_marks_are_folded_in_a_time_that_follows_their_number(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "A" + unit * (3_000 // len(unit))
    expected = normalize("NFC", normalize("NFD", text).casefold())

    def checked(form: str, given: str) -> str:
        """Sorting by insertion takes the square of a run's length, unless that is sorted."""
        for marks, run in groupby(map(combining, given), key=bool):
            classes = list(run)
            assert not marks or len(classes) <= 256 or classes == sorted(classes)
        return normalize(form, given)  # type: ignore[arg-type]

    monkeypatch.setattr(operators, "normalize", checked)
    assert fold(text) == expected


def test_case_is_folded_of_the_decomposed_text() -> None:
    """A mark that turns into a letter stands behind the other marks (section 3.13, D145)."""
    assert fold("\u1fb3\u0301") == fold("\u0391\u0301\u0345")
    assert fold("\u03b1\u0345\u0301") == fold("\u03b1\u0301\u0345")
