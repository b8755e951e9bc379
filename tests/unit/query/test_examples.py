"""Docstrings of the list: each module shows an example, and the package the reading order."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

import pytest

from tools.local.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

QUERY: Final = ROOT / "layers" / "core" / "installs" / "query"
MODULES: Final = sorted(path for path in QUERY.rglob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(QUERY)))
def test_a_module_shows_an_example(module: Path) -> None:
    lines = (ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").splitlines()
    starts = [number for number, line in enumerate(lines) if line.endswith("::")]

    assert starts
    for start in starts:
        assert lines[start + 2].startswith("    ")


def test_the_package_names_every_part_and_modules_that_exist() -> None:
    text = ast.get_docstring(ast.parse((QUERY / "__init__.py").read_text(encoding="utf-8"))) or ""
    parts = re.findall(r"^    (\w+) +\w+ -> \w+ +((?:.*\n)(?:     .*\n)*)", text, re.MULTILINE)

    assert [part for part, _ in parts] == ["language", "planning", "execution"]
    for part, listed in parts:
        named = re.findall(r"\w+", listed)
        assert len(named) == len(set(named)) > 5
        assert {*named} <= {path.stem for path in (QUERY / part).glob("*.py")}
