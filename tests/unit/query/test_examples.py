"""Examples in the docstrings of the list: each module shows one, in and out."""

from __future__ import annotations

import ast
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
