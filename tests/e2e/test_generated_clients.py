"""Clients that generators make of openapi.yaml work (docs/clients.md).

Each is used by a small program of ``tests/generated``: a nested filter, two pages, uninstall, the
trash, restore, and a typed 404. ``make clients`` has made the clients and compiled the programs;
``make clients GO=1`` adds Go.
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
    "openapi-generator-go": [str(PROGRAMS / "go-program")],
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


def test_the_typescript_of_the_page_for_front_ends_works(stack: Stack) -> None:
    output = run(
        [NODE, str(PROGRAMS / "frontend.mjs")],
        GENERATORS_HOME,
        BASE_URL=stack.running.base_url,
        TOKEN=stack.running.tokens["usr_ed"],
    )

    seen = json.loads(output)
    assert seen["total"] > 30
    assert "error" not in seen
