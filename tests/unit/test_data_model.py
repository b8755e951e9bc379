"""docs/data-model.md and the store agree: each item, each index, each part of a key."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Final

import pytest

from installs.store import counters, keys
from installs.store.keys import Index, Key, State
from tools.local.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE: Final = (ROOT / "docs" / "data-model.md").read_text(encoding="utf-8")
KEYS: Final = {
    name: made
    for name, made in inspect.getmembers(keys, inspect.isfunction)
    if inspect.signature(made).return_annotation == "Key"
}
"""Functions that make a key."""


def table(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    text = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def shaped(key: Key) -> tuple[str, str]:
    """A key with what is variable in it as ``<>``, without padding."""
    return re.sub(r"<\w*>", "<>", key.pk), re.sub(r"0*<\w*>", "<>", key.sk)


def made(make: Callable[..., Key]) -> set[tuple[str, str]]:
    """The shapes of the keys that a function makes, with optional parameters and without."""
    parameters = inspect.signature(make).parameters.values()
    needed = [one.name for one in parameters if one.default is inspect.Parameter.empty]
    names = (needed, [one.name for one in parameters])
    return {shaped(make(**dict.fromkeys(some, "<>"))) for some in names}


def test_the_page_has_every_item_and_no_other() -> None:
    told = {shaped(Key(pk.strip("`"), sk.strip("`"))) for pk, sk, _ in table("Items")}

    assert told == {shape for make in KEYS.values() for shape in made(make)}


@pytest.mark.parametrize("index", [*keys.INDEXES, keys.BY_PENDING], ids=lambda one: one.name)
def test_an_index_is_on_the_page_with_its_keys(index: Index) -> None:
    (row,) = (row for row in table("Indexes") if row[0] == f"`{index.name}`")

    assert row[1].startswith(f"`{index.partition}`: ")
    assert row[2].startswith(f"`{index.sort}`: ")


def test_the_page_has_no_other_index() -> None:
    named = {row[0].strip("`") for row in table("Indexes")}
    used = set(re.findall(r"`(by[A-Z]\w+)`", PAGE))

    assert named == used == {index.name for index in (*keys.INDEXES, keys.BY_PENDING)}


@pytest.mark.parametrize(
    ("index", "partition", "sort"),
    [
        ("byWorkspace", "<workspaceId>", keys.installed("<installedAt>", "<id>")),
        ("byIntegration", "<integrationId>",
         keys.workspace_installed("<workspaceId>", "<installedAt>", "<id>")),
        ("byParent", "<parentInstallId>", keys.installed("<installedAt>", "<id>")),
        ("bySolution", "<solutionId>", keys.installed("<installedAt>", "<id>")),
        ("byShard", "<shard>", keys.installed("<installedAt>", "<id>")),
    ],
)  # fmt: skip
def test_the_values_of_an_index_are_those_that_are_written(
    index: str, partition: str, sort: str
) -> None:
    (row,) = (row for row in table("Indexes") if row[0] == f"`{index}`")
    halves = {keys.partition(partition, state) for state in State}

    (told,) = re.findall(r": `([^`]+)`", row[1])
    assert {told.replace("<state>", state) for state in State} == halves
    assert row[2].endswith(f"`{sort}`")


def test_the_two_that_are_in_order_of_time() -> None:
    rows = {row[0]: row for row in table("Indexes")}

    for value in (keys.latest(None, "<id>"), keys.latest("<time>", "<id>")):
        assert f"`{value}`" in rows["`byLatest`"][2]
    assert f"`{keys.pending_at('<time>', '<id>')}`" in rows["`byDue`"][2]


def test_the_numbers_of_the_page() -> None:
    prose = " ".join(PAGE.split())
    assert f"There are {keys.SHARDS} shards of installs and {keys.COUNTER_SHARDS} of" in prose
    written = counters.counters_of(("<workspaceId>", "<integrationId>"))
    assert f"the pending work, {len(written)} counters" in prose


def test_every_item_that_a_pattern_names_is_there() -> None:
    patterns = " ".join(row[1] for row in table("Access patterns"))
    partitions = {row[0].partition("#")[0].strip("`") for row in table("Items")}

    named = set(re.findall(r"`([A-Z]+)#<", patterns))
    prefixes = set(re.findall(r"prefix `([A-Z]+#)`", patterns))

    assert named <= partitions
    assert prefixes == {
        keys.MEMBER_PREFIX,
        keys.ADD_ON_PREFIX,
        keys.SOLUTION_INSTALL_PREFIX,
        keys.HISTORY_PREFIX,
    }
