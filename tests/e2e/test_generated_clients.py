"""Clients that generators make of openapi.yaml work (docs/clients.md).

Each is used by a small program of ``tests/generated``: a nested filter, two pages, uninstall, the
trash, restore, and a typed 404. ``make clients`` has made the clients and compiled the programs.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.generated.generators import GENERATED, GENERATORS, HERE, PROGRAMS
from tests.node import GENERATORS_HOME, NODE, run

if TYPE_CHECKING:
    from tests.e2e.conftest import Stack

PROGRAM: Final = {
    "openapi-typescript": [NODE, str(PROGRAMS / "openapi-fetch.mjs")],
    "hey-api": [NODE, str(PROGRAMS / "hey-api.mjs")],
    "orval": [NODE, str(PROGRAMS / "orval.mjs")],
    "openapi-python-client": [sys.executable, str(HERE / "with_openapi_python_client.py")],
    "openapi-generator": [sys.executable, str(HERE / "with_openapi_generator.py")],
}
"""The program that uses the client of each generator."""


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generated_client_works(stack: Stack, name: str) -> None:
    output = run(
        PROGRAM[name],
        GENERATORS_HOME,
        BASE_URL=stack.running.base_url,
        TOKEN=stack.running.tokens["usr_ed"],
        PYTHONPATH=os.pathsep.join(map(str, (GENERATED, GENERATED / "openapi_generator"))),
    )

    assert json.loads(output) == {
        "ids": [f"ins_page_{day:02}" for day in range(1, 31)],
        "total": 30,
        "uninstalled": True,
        "tier": "medium",
        "restored": None,
        "absent": "not_found",
    }
