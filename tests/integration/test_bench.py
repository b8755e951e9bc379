"""The benchmarks run: every handler gives the same rows, else they end in an error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tools.bench import report

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).parents[2]


def bench(*arguments: str) -> str:
    """Run a command in a process of its own, since handlers bind themselves to one engine."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and commands
        [sys.executable, "-m", "tools", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows_of(text: str, title: str) -> Sequence[Sequence[str]]:
    _, _, behind = text.partition(title)
    table = behind.strip().partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in table.splitlines()]


def test_every_case_is_measured_with_every_handler_that_supports_it() -> None:
    text = bench("bench", "--quick", "--rounds", "3")

    names, _, *measured = rows_of(text, "Wall time, ms: median (quartiles)\n")
    assert names[1:] == ["baseline", "this service", "boto3, pydantic"]
    assert len(measured) == 16
    unsupported = {case for case, *cells in measured if "not supported" in cells}
    assert unsupported == {
        "by lastUpgradedAt, nulls last, page of 100",
        "filter that DynamoDB checks, 700 installs",
    }
    ratios = rows_of(text, "The service against the baseline and the alternative\n")[2:]
    assert [row[0] for row in ratios] == [row[0] for row in measured]
    # What is read is the same every time.
    read = {row[0]: row[1:] for row in rows_of(text, "What the service reads\n")[2:]}
    assert read["later page of 100, 800 installs"][::2] == ["2", "100"]
    assert read["page of 25 over 20 workspaces"][2] == "25"


def test_starts_are_measured_of_every_function() -> None:
    text = bench("bench-start", "--rounds", "3")

    functions = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    functions -= {"publish"}
    measured = {row[0] for row in rows_of(text, "of the bare client's wall |")}
    assert {f"{name}: init and first request" for name in functions} <= measured
    assert "| installs |" in text


def test_a_section_of_the_page_is_replaced_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- a -->\nold\n<!-- end of a -->\nafter\n")
    monkeypatch.setattr(report, "PAGE", page)

    report.put("a", r"new \1")

    assert page.read_text() == "before\n<!-- a -->\nnew \\1\n<!-- end of a -->\nafter\n"
    with pytest.raises(ValueError, match="no section b"):
        report.put("b", "new")


def test_rows_that_come_in_are_measured() -> None:
    # What the local system adds, the queue, is left out: it takes a minute to start.
    program = (
        "from installs.store.table import Table\n"
        "from tools.bench import engine, ingest\n"
        "with engine.engine() as client:\n"
        "    table = Table(engine.TABLE, client)\n"
        "    print(*ingest.import_figures(table, 200, lambda _: None), sep='\\n')\n"
        "    print(*ingest.write_unit_figures(table), sep='\\n')\n"
        "    print(*ingest.function_figures(table, 3), sep='\\n')\n"
    )
    done = subprocess.run(  # noqa: S603 - the program is the one above
        [sys.executable, "-c", program],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "| first |" in done.stdout
    assert "200 unchanged" in done.stdout
    cells = (line.strip("| ").split(" | ") for line in done.stdout.splitlines())
    units = {one[0]: one[1] for one in cells if len(one) == 5}
    assert float(units["install"]) > float(units["user"]) > 0
    # and the pages have these figures
    pages = {name: (ROOT / "docs" / f"{name}.md").read_text() for name in ("ingest", "performance")}
    lines = done.stdout.partition("| type |")[2].partition("\n\n")[0].splitlines()[2:]
    assert len(lines) == 10
    assert [line for line in lines if line not in pages["performance"]] == []
    assert f"costs {units['install']} of them" in pages["ingest"]
    assert f"each member {units['integrationMember']} (" in pages["ingest"]
    assert "| 500 |" in done.stdout
