"""Counts of a start's imports, of calls and of instructions: they reveal a slow change, and never
flake."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from installs import cascade, commands
from installs.access import Principal
from installs.ingest.apply import apply_values
from installs.ingest.results import Outcome
from installs.lifecycle import OwnerRefs
from installs.query.execution.executor import run
from installs.query.language.parameters import parse
from installs.rows import item_to_json
from installs.store.signing import Credentials, Signer
from tests import rows
from tests.listing import OWN, OWN_WORKSPACE, Watched, days, install
from tests.property.cascade.memory import MemoryTable
from tests.work import Spent, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from installs.store.expressions import Action
    from tests.upgrade.importer_0_1_0.table import Put

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
    "authorizer": (TOKENS, 230),
    "list_installs": (TABLE, 280),
    "get_install": (TABLE, 235),
    "uninstall_install": (TABLE, 235),
    "restore_install": (TABLE, 235),
    "purge_install": (TABLE, 235),
    "cascade": (TABLE, 235),
    "repair": (TABLE, 235),
    "ingest": (TABLE | LINES, 440),
    "publish": (TABLE, 235),
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


def warm(action: Callable[[], object]) -> Spent:
    """Count an action whose caches are filled."""
    action()
    with counted() as spent:
        action()
    return spent


def page(limit: int) -> Spent:
    """Count a page in the order of an index, from the query to JSON."""
    query = parse({"workspace_id": [OWN_WORKSPACE], "limit": [str(limit)]})
    memory = Watched(*days(300))

    def answer() -> None:
        found = run(query, OWN, memory, NOW).rows
        assert len([item_to_json(row) for row in found]) == limit

    return warm(answer)


def top_k(number: int) -> Spent:
    """Count a list whose filter and order no index carries, of a number of rows."""
    query = parse(
        {
            "filter": ['{"variables":{"path":["seats"],"gte":10}}'],
            "orderBy": ['[{"memberPolicy":"asc"},{"id":"desc"}]'],
            "limit": ["10"],
        }
    )
    installs = (install(f"ins_{n:04}", variables={"seats": n % 20}) for n in range(number))
    memory = Watched(*installs)
    return warm(lambda: run(query, OWN, memory, NOW))


def parameters() -> Spent:
    """Count the checks of a list's parameters."""
    tree = {
        "OR": [{"memberPolicy": "manual"}, {"installedAt": {"gte": "2026-01-01T00:00:00Z"}}],
        "integration": {"name": {"startsWithi": "crm"}},
        "members": {"some": {"enabled": True, "detached": False}},
    }
    order = [{"lastUpgradedAt": "desc_nulls_last"}]
    given = {"filter": [json.dumps(tree)], "orderBy": [json.dumps(order)]}
    return warm(lambda: parse(given))


def signature() -> Spent:
    """Count the signature of a request."""
    signer = Signer("https://a/", "eu-west-1", lambda: Credentials("a", "secret", None))
    return warm(lambda: signer.headers("Query", b"{}"))


class EncodingTable(MemoryTable):
    """A table in memory whose transactions are encoded, as for a request."""

    def transact(self, actions: Sequence[Action | Put]) -> None:
        for action in actions:
            action.encode(self.name)
        super().transact(actions)


def ingested(members: int) -> tuple[MemoryTable, Spent]:
    """Take in an install with members, and count it."""
    memory = EncodingTable()
    world = [rows.workspace(rows.WORKSPACE, "acme"), rows.user("usr_ada", role="admin")]
    family = [rows.install("ins_1"), *(rows.member(f"mem_{n}", "ins_1") for n in range(members))]
    apply_values(memory.as_table(), world)
    with counted() as spent:
        results = apply_values(memory.as_table(), [json.dumps(row) for row in family])
    assert {result.outcome for result in results} == {Outcome.CREATED}
    return memory, spent


def uninstalled(members: int) -> Spent:
    """Count the cascade of an install with members."""
    memory, _ = ingested(members)
    table = memory.as_table()
    commands.uninstall(table, Principal("usr_ada"), "ins_1", stack_tier="short")
    work = cascade.Work(table)
    with counted() as spent:
        cascade.reconcile(work, OwnerRefs("ins_1", None, None))
    assert work.tally.deleted == members
    return spent


COUNTS: Final[Mapping[str, tuple[Callable[[], Spent], Callable[[], Spent], int, float, float]]] = {
    "row of a page": (lambda: page(100), lambda: page(50), 50, 11, 509),
    "page of one row": (lambda: page(1), Spent, 1, 355, 7_665),
    "row that no index carries": (lambda: top_k(400), lambda: top_k(200), 200, 14.7, 385),
    "parameters": (parameters, Spent, 1, 256, 5_190),
    "signature": (signature, Spent, 1, 7, 199),
    "row that comes in": (lambda: ingested(80)[1], lambda: ingested(40)[1], 40, 262, 6_870),
    "member of a cascade": (lambda: uninstalled(80), lambda: uninstalled(40), 40, 88, 1_539),
}
"""Each part: a count of it, a count of less, how much less; and the calls and instructions of one.

Where a count has changed on purpose, write the new one down: its history is that of this file.
"""


@pytest.mark.skipif(sys.version_info[:2] != (3, 13), reason="instructions differ by version")
@pytest.mark.parametrize("part", COUNTS)
def test_a_part_takes_its_calls_and_instructions(part: str) -> None:
    """Five per cent more are a regression, and five per cent less are to be kept."""
    more, less, number, calls, instructions = COUNTS[part]

    found = more().each(less(), number)

    assert found == pytest.approx((calls, instructions), rel=0.05)
