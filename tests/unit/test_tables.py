"""Rows as lines for other programs."""

from __future__ import annotations

from tools.local.paths import ROOT
from tools.tables import tab_separated


def test_a_row_is_one_line_whatever_its_values_hold() -> None:
    assert tab_separated(["a b", None, 3, "é\tx\r\ny\x1b[2J"]) == "a b\t\t3\té\\tx\\r\\ny\\x1b[2J"


def test_no_command_makes_such_lines_by_itself() -> None:
    joining = [path for path in (ROOT / "tools").rglob("*.py") if '"\\t".join' in path.read_text()]
    assert [path.name for path in joining] == ["tables.py"]
