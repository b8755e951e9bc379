"""Counts of a start's imports and a page's calls: they reveal a slow change, and never flake."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from installs.query.execution.executor import run
from installs.query.language.parameters import parse
from installs.rows import item_to_json
from tests.listing import Watched, install

if TYPE_CHECKING:
    from types import FrameType

ROOT: Final = Path(__file__).parents[2]
CORE: Final = ROOT / "layers" / "core"
NOW: Final = datetime(2026, 11, 23, 10, tzinfo=UTC)

TABLE: Final = {
    "aws_lambda_powertools", "botocore", "jmespath", "orjson", "typing_extensions",
}  # fmt: skip
"""Packages of a function that reads the table; boto3 and pydantic would double its start."""

LINES: Final = {"annotated_types", "pydantic", "pydantic_core", "typing_inspection"}
"""Packages of the function that takes rows in, whose start no caller of the API waits for."""

TOKENS: Final = {"_cffi_backend", "_openssl", "cryptography", "jwt"}
STARTS: Final = {
    "authorizer": (TOKENS, 260),
    "list_installs": (TABLE, 295),
    "get_install": (TABLE, 255),
    "uninstall_install": (TABLE, 255),
    "restore_install": (TABLE, 255),
    "purge_install": (TABLE, 255),
    "cascade": (TABLE, 255),
    "repair": (TABLE, 255),
    "ingest": (TABLE | LINES, 445),
    "publish": (TABLE, 255),
}
"""Packages that each function imports, and the most modules in all."""


def modules_of(function: str) -> set[str]:
    script = f"import sys, functions.{function}.handler; print(*sys.modules)"
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-S", "-c", script],
        cwd=ROOT,
        env={
            "PYTHONPATH": ":".join([str(ROOT), str(CORE), *filter(None, sys.path)]),
            "POWERTOOLS_SERVICE_NAME": "test",
        },
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.split())


@pytest.mark.parametrize("function", STARTS)
def test_a_start_imports_what_it_needs(function: str) -> None:
    packages, most = STARTS[function]

    found = modules_of(function)

    tops = {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names)
    tops = {name for name in tops if not name.startswith("_sysconfigdata")}  # by platform
    assert tops - {"__main__", "__mp_main__"} == packages | {"functions", "installs"}
    assert len(found) <= most


def test_every_function_has_its_count() -> None:
    assert STARTS.keys() == {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}


def calls_of_a_page(limit: int) -> Counter[str]:
    """Python's calls of our own functions for one page, by name."""
    rows = [
        install(f"ins_{n:04}", installedAt=f"2026-01-01T00:{n // 60:02}:{n % 60:02}.000Z")
        for n in range(300)
    ]
    memory = Watched(*rows)
    counted: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(str(CORE)):
            counted[f"{Path(file).name}:{frame.f_code.co_name}"] += 1

    query = parse({"workspace_id": ["wsp_a"], "limit": [str(limit)]})
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        page = run(query, frozenset({"wsp_a"}), memory, NOW)
        data = [item_to_json(row) for row in page.rows]
    finally:
        sys.setprofile(before)
    assert len(data) == limit
    return counted


def test_a_page_calls_few_functions_of_ours_for_each_row() -> None:
    small, large = (calls_of_a_page(limit).total() for limit in (50, 100))

    assert (large - small) / 50 <= 12
    assert small - (large - small) <= 400
