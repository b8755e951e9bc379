"""The events of the functions: every file of ``events/``, in an order that makes sense."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import pytest

from installs.store.items import PURGE_AT
from tests import rows
from tests.loading import load_file
from tests.runtime.functions import Functions
from tools.local.dynoxide import CREDENTIALS, REGION
from tools.local.paths import ROOT
from tools.tokens import AUDIENCE, ISSUER, SigningKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.runtime.functions import Machine
    from tools.local.tables import TableDefinition

SECRET: Final = "sec_" + "0123456789" * 4

LIFE: Final = (
    "get_install/get",
    "uninstall_install/uninstall",
    "get_install/get",
    "restore_install/restore",
    "purge_install/purge",
    "uninstall_install/uninstall",
    "purge_install/purge",
    "get_install/get",
    "restore_install/restore",
)
"""A life with its refusals: what is live is not purged, and what is gone is not found."""

CASCADE: Final = ("uninstall", "restore", "uninstall", "expiry", "purge")
EVENTS: Final = sorted(
    f"{path.parent.name}/{path.stem}"
    for path in (ROOT / "events").glob("*/*.json")
    if path.parent.name != "schemas"
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """A DynamoDB engine, and the key that tokens are signed with."""

    client: DynamoDBClient
    endpoint: str
    definition: TableDefinition
    key: SigningKey

    def answers(self, machine: Machine, directory: Path) -> dict[str, Any]:
        """The functions' answers on a machine, on a new table; by the name of each step."""
        directory.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**CREDENTIALS, "AWS_DEFAULT_REGION": REGION}.items():
                patch.setenv(name, value)
            return self._answers(machine, directory)

    def _answers(self, machine: Machine, directory: Path) -> dict[str, Any]:
        table = f"runtime-{uuid4().hex[:12]}"
        self.definition.create(self.client, table)
        data = [*rows.base(), *rows.family("crm"), *rows.to_page_through()]
        data.append(rows.api_key("key_1", SECRET))
        load_file(rows.write(directory / "rows.ndjson", data), table, self.endpoint)
        values = {
            "InstallsTable": table,
            "ParkingBucket": "parked",
            "UnpublishedBucket": "unpublished",
            "EventBus": "bus",
            "RowsQueue": "https://sqs.example/rows.fifo",
            "RowsDeadLetters": "https://sqs.example/dead-letters.fifo",
            "Issuer": ISSUER,
            "Audience": AUDIENCE,
            "Jwks": self.key.key_set(),
            "AWS::URLSuffix": "amazonaws.com",
        }
        began = datetime.now(UTC)
        steps: dict[str, Any] = {}
        with Functions(machine, values, self.endpoint, directory) as functions:
            for number, (name, event) in enumerate(self._steps(table)):
                answer = functions.invoke(name.partition("/")[0], event)
                steps[f"{number:02} {name}"] = _comparable(answer, began)
        self.client.delete_table(TableName=table)
        return steps

    def _steps(self, table: str) -> Iterator[tuple[str, object]]:
        """The name and the event of each step; made as it is wanted, for the table changes."""
        yield from self._callers()
        first = [name for name in EVENTS if name.startswith("list_installs/")]
        yield from ((name, event(name)) for name in first)
        yield "list_installs/bad_filter", _filtered('{"id": {"eqq": "a"}}')
        yield "list_installs/deep_filter", _filtered("[" * 9_000)
        rows_in = [name for name in EVENTS if name.startswith("ingest/")]
        yield from ((name, event(name)) for name in rows_in)
        for name in CASCADE[:3]:
            yield self._record(name, table)
        yield "cascade/restore", self._record("restore", table)[1]
        yield from ((name, event(name)) for name in LIFE)
        for name in CASCADE[3:]:
            yield self._record(name, table)
        done = {
            *first,
            *rows_in,
            *LIFE,
            *(f"cascade/{name}" for name in CASCADE),
            "authorizer/token",
        }
        yield from ((name, event(name)) for name in EVENTS if name not in done)

    def _callers(self) -> Iterator[tuple[str, object]]:
        """A forged token, a good one, an API key and an unknown one."""
        forged = event("authorizer/token")
        yield "authorizer/token", forged
        for name, token in (
            ("good_token", self.key.token("usr_ada")),
            ("api_key", SECRET),
            ("unknown_key", f"{SECRET}0"),
        ):
            yield f"authorizer/{name}", forged | {"authorizationToken": f"Bearer {token}"}

    def _record(self, name: str, table: str) -> tuple[str, object]:
        """A stream's record, of a change that has been made."""
        found = event(f"cascade/{name}")
        for record in found["Records"]:
            change = record["dynamodb"]
            if "NewImage" in change:
                self.client.put_item(TableName=table, Item=change["NewImage"])
            else:
                self.client.delete_item(TableName=table, Key=change["Keys"])
        return f"cascade/{name}", found


def event(name: str) -> Json:
    """An event of ``events/``; its time of purging is still to come."""
    loaded: Json = json.loads((ROOT / "events" / f"{name}.json").read_text())
    for record in loaded.get("Records", []):
        for image in ("OldImage", "NewImage"):
            if PURGE_AT in record.get("dynamodb", {}).get(image, {}):
                record["dynamodb"][image][PURGE_AT] = {"N": "4000000000"}
    return loaded


def _filtered(text: str) -> Json:
    plain = event("list_installs/plain")
    return plain | {
        "queryStringParameters": {"filter": text},
        "multiValueQueryStringParameters": {"filter": [text]},
    }


def _comparable(answer: Any, began: datetime) -> object:  # noqa: ANN401
    """An answer without what differs from run to run: the present, and lines of a trace."""
    if not answer.ok:
        return {name: answer.body[name] for name in ("errorType", "errorMessage")}
    since = began.isoformat(timespec="milliseconds")

    def present(found: re.Match[str]) -> str:
        return "<now>" if found[0][:23] >= since[:23] else found[0]

    text = json.dumps(answer.body)
    return json.loads(re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", present, text))
