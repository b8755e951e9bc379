"""Rows of a test into a table: what a backup is restored by, with the workspaces that rows name."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from installs import repair
from installs.cascade import Work
from installs.ingest.decisions import Options
from tests import rows
from tools.importer.run import import_file
from tools.importer.table import open_table

if TYPE_CHECKING:
    from pathlib import Path

    from installs.store.table import Table
    from tools.importer.run import ImportReport

FROM_FILE = Options(lifecycle_from_file=True)
"""Rows may be in the trash already, and say so."""


def load_file(
    path: Path, table_name: str, endpoint: str, options: Options = FROM_FILE
) -> ImportReport:
    """Load a file into a table; a row that is rejected fails the test."""
    text = path.read_text(encoding="utf-8")
    added = missing_workspaces([json.loads(line) for line in text.splitlines() if line])
    whole = path.with_suffix(".whole")
    whole.write_text("\n".join([*map(json.dumps, added), text]), encoding="utf-8")
    report = import_file(whole, table_name, endpoint, lambda *_: None, options=options)
    assert not report.rejected.count, report.rejected.lines()
    finish_cascades(open_table(table_name, endpoint))
    return report


def finish_cascades(table: Table) -> None:
    """Do all pending work now, as the stream's consumer would within a moment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repair, "GRACE_PERIOD", timedelta(seconds=-1))
        assert repair.finish_overdue(Work(table)).failed == 0


def missing_workspaces(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the workspaces that rows name and nobody gives: a row must have its own."""
    given = {line["id"] for line in lines if line.get("type") == "workspace"}
    needing = ("install", "solution", "workspaceMember", "apiKey")
    named = {line.get("workspaceId") for line in lines if line.get("type") in needing}
    return [rows.workspace(name, name) for name in sorted(filter(None, named - given))]
