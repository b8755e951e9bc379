"""The importer: rows of a file into the table (CONTRACT.md section 10)."""

from __future__ import annotations

from tools.importer.errors import (
    ImporterError,
    ImportRefusedError,
    ImportStoppedError,
    Problem,
)
from tools.importer.run import ImportReport, import_file

__all__ = [
    "ImportRefusedError",
    "ImportReport",
    "ImportStoppedError",
    "ImporterError",
    "Problem",
    "import_file",
]
