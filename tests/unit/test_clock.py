"""Ages that neither a frozen environment nor a wall clock set back makes shorter (section 8)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from installs.clock import Stamp
from tests.clocks import Time
from tools.local.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MAY_USE = {
    "layers/core/installs/clock.py": {"monotonic"},
    "layers/core/installs/http.py": {"perf_counter"},
}
"""The duration of a request is measured while it runs; everything older has a stamp."""


@pytest.mark.parametrize(
    ("go", "within"),
    [
        (lambda time: time.pass_(9), True),
        (lambda time: time.pass_(10), False),
        (lambda time: time.freeze(10), False),
        (lambda time: time.set_back(1), False),
        (lambda time: (time.pass_(11), time.set_back(5)), False),
        (lambda time: (time.pass_(3), time.freeze(6)), True),
    ],
)
def test_something_is_as_old_as_the_older_clock_says(
    go: Callable[[Time], object], within: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = Time(monkeypatch)
    stamp = Stamp()
    go(time)
    assert stamp.within(10) is within


def used_of_time(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "time":
                yield node.attr
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (name.name for name in node.names)


def test_nothing_that_runs_on_lambda_measures_an_age_by_a_clock_of_its_own() -> None:
    code = [path for top in ("layers/core", "functions") for path in (ROOT / top).rglob("*.py")]
    found = {
        path.relative_to(ROOT).as_posix(): used
        for path in code
        if (used := {*used_of_time(path)} - {"sleep"})
    }
    assert found == MAY_USE
