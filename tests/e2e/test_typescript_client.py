"""The TypeScript client: its own tests, against the local stack too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.node import CLIENT, NPM, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Stack


def test_its_own_tests_pass_on_the_local_stack(stack: Stack, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    options = ["--", "--reporter=json", f"--outputFile={report}"]

    run([NPM, "test", *options], CLIENT, INSTALLS_STACK=str(stack.state / "stack.json"))

    result = json.loads(report.read_text())
    assert result["numPassedTests"] == result["numTotalTests"] > 40, "some were skipped"
