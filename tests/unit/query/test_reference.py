"""docs/query-language.md says what the code does: its tables, and its examples on the demo."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from installs.errors import InvalidFilterError
from installs.query.execution.executor import run
from installs.query.language.parameters import parse
from tests.property.list.memory import Memory
from tests.property.list.world import Stage
from tools.demo import demo_lines
from tools.query_reference import PAGE, with_tables

NOW: Final = datetime(2026, 11, 24, 9, tzinfo=UTC)
EXAMPLE: Final = re.compile(r"```json (\w+)\n(.*?)\n```\n```(?:ids|text)\n(.*?)```", re.DOTALL)
EXAMPLES: Final = [found.groups() for found in EXAMPLE.finditer(PAGE.read_text())]
ENTITIES: Final = {
    "install": "install",
    "integrationMember": "member",
    "solution": "solution",
    "integration": "integration",
    "integrationVersion": "version",
    "workspace": "workspace",
    "user": "user",
}


def demo() -> tuple[Stage, frozenset[str]]:
    """The demo's rows, and the workspaces that Ada sees."""
    world: dict[str, list[dict[str, Any]]] = {name: [] for name in ENTITIES.values()}
    scope = set()
    for line in demo_lines(NOW):
        row = json.loads(line)
        entity = ENTITIES.get(row.pop("type"))
        if entity is not None:
            objects = {"variables", "permissions"} & row.keys()
            row |= {name: json.dumps(row[name]) for name in objects}
            world[entity].append(row)
        elif row.get("userId") == "usr_ada" and "role" in row and "secretSha256" not in row:
            scope.add(row["workspaceId"])
    return Stage(world, None), frozenset(scope)


def answer(parameter: str, text: str) -> str:
    stage, scope = demo()
    given = parse({parameter: [text], "limit": ["5"]})
    page = run(given, scope, Memory(stage.items(), 100), NOW)
    ids = " ".join(item["id"]["S"] for item in page.rows)
    return f"{ids}{' ...' if page.has_next else ''} (total {page.total})\n"


def test_the_tables_are_those_of_the_code() -> None:
    assert with_tables(PAGE.read_text()) == PAGE.read_text(), "run: python -m tools query-reference"


@pytest.mark.parametrize(("kind", "text", "shown"), EXAMPLES)
def test_an_example_gives_what_the_page_shows(kind: str, text: str, shown: str) -> None:
    if kind == "error":
        with pytest.raises(InvalidFilterError) as refused:
            parse({"filter": [text]})
        assert refused.value.detail + "\n" == shown
    else:
        assert answer(kind, text) == shown
        assert "(total 0)" not in shown, "it shows nothing"


def test_there_are_examples_of_each_kind() -> None:
    assert {kind for kind, _, _ in EXAMPLES} == {"filter", "orderBy", "error"}
