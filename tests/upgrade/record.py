"""Record the table of a release, and its answers: ``python -m tests.upgrade.record VERSION``.

Run it on the released commit itself, once; what it writes is committed and never changes.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import pytest

from tests import rows
from tests.loading import load_file
from tests.upgrade import world
from tests.upgrade.questions import CALLERS, QUERIES
from tests.upgrade.releases import FOLDER
from tests.upgrade.service import Service, service
from tools.local import dynoxide
from tools.local.paths import TEMPLATE
from tools.local.tables import TableDefinition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Json = dict[str, Any]

START: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)


def record(folder: Path, endpoint: str, patch: pytest.MonkeyPatch) -> None:
    """Write the four files of a release into ``folder``."""
    folder.mkdir(parents=True)
    definition = TableDefinition.from_template(TEMPLATE)
    _write(folder / "definition.json", json.dumps(asdict(definition), indent=1))
    with _table_of(world.settled(), endpoint, patch) as installs:
        _live_through(installs)
        _write(folder / "table.ndjson", *_dump(installs))
        _write(folder / "answers.json", _answers(installs))
    with _table_of(world.under_way(), endpoint, patch) as installs:
        _cut_short(installs)
        _write(folder / "under-way.ndjson", *_dump(installs))


@contextmanager
def _table_of(
    lines: Iterable[rows.Row], endpoint: str, patch: pytest.MonkeyPatch
) -> Iterator[Service]:
    """A service over a table that these rows were imported into."""
    client = dynoxide.dynamodb_client(endpoint)
    name = f"release-{uuid4().hex}"
    TableDefinition.from_template(TEMPLATE).create(client, name)
    with service(name, endpoint, START, patch) as opened, tempfile.TemporaryDirectory() as folder:
        load_file(rows.write(Path(folder) / "rows", lines), name, endpoint)
        yield opened
    client.delete_table(TableName=name)


def _live_through(installs: Service) -> None:
    """Uninstall, restore and purge, and finish each cascade."""
    _change(installs, "uninstall", "ins_apart_addon")
    installs.finish()
    for install_id in ("deleted", "restored", "purged", "apart", "expired", "kept", "shared_a"):
        _change(installs, "uninstall", f"ins_{install_id}")
    _change(installs, "uninstall", "ins_page_07")
    installs.finish()
    _change(installs, "restore", "ins_restored")
    _change(installs, "purge", "ins_purged")
    installs.finish()
    installs.later(timedelta(days=3))
    _change(installs, "uninstall", "ins_page_08")
    installs.finish()
    # What was kept seven days is past its retention, and not swept.
    installs.later(timedelta(days=5))


def _cut_short(installs: Service) -> None:
    """Leave the cascades of an uninstall, a restore and a purge to the next version."""
    _change(installs, "uninstall", "ins_restoring")
    _change(installs, "uninstall", "ins_purging")
    installs.finish()
    _change(installs, "uninstall", "ins_unfinished")
    _change(installs, "restore", "ins_restoring")
    _change(installs, "purge", "ins_purging")


def _change(installs: Service, name: str, install_id: str) -> None:
    status, body = installs.call(name, install_id)
    assert status == 200, body


def _dump(installs: Service) -> list[str]:
    pages = installs.table.client.get_paginator("scan").paginate(TableName=installs.table.name)
    items: list[Any] = [item for page in pages for item in page["Items"]]
    items.sort(key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
    return [json.dumps(item, sort_keys=True) for item in items]


def _answers(installs: Service) -> str:
    named = (row["id"] for row in world.settled() if row["type"] == "install")
    gets = [(install_id, ("usr_root", "user")) for install_id in sorted(named)]
    gets += [
        (install_id, caller)
        for install_id in ("ins_live", "ins_expired", "ins_kept", "ins_nowhere")
        for caller in CALLERS
    ]
    asked = [_call("get", caller, install_id, {}) for install_id, caller in gets]
    asked += [_call("list", caller, None, query) for query in QUERIES for caller in CALLERS]
    answers, cursors = [], []
    for call in asked:
        status, body = installs.call(
            call["call"], call["id"], call["principal"], call["kind"], **call["query"]
        )
        answers.append(call | {"status": status, "answer": comparable(status, body)})
        if call["call"] == "list" and body["pageInfo"]["hasNextPage"]:
            after = call["query"] | {"after": body["pageInfo"]["endCursor"]}
            _, rest = installs.call("list", None, call["principal"], call["kind"], **after)
            ids = [row["id"] for row in rest["data"]]
            cursors.append(call | {"query": after, "answer": ids})
    lists = ",\n".join(f'"{name}": [\n{_lines(found)}\n]' for name, found in
                       {"answers": answers, "cursors": cursors}.items())  # fmt: skip
    return f'{{"now": "{installs.at.isoformat()}",\n{lists}}}'


def _call(name: str, caller: tuple[str, str], install_id: str | None, query: Json) -> Json:
    principal, kind = caller
    return {"call": name, "principal": principal, "kind": kind, "id": install_id, "query": query}


def comparable(status: int, body: Json) -> object:
    """Return the part of an answer that the next version must repeat; cursors may change."""
    if status != 200:
        return body["code"]
    if "pageInfo" not in body:
        return body
    flags = {k: v for k, v in body["pageInfo"].items() if k not in ("startCursor", "endCursor")}
    return {"data": [row["id"] for row in body["data"]], "pageInfo": flags}


def _lines(found: Iterable[Json]) -> str:
    return ",\n".join(json.dumps(one) for one in found)


def _write(path: Path, *lines: str) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    settings = {
        "AWS_REGION": dynoxide.REGION,
        "AWS_DEFAULT_REGION": dynoxide.REGION,
        **dynoxide.CREDENTIALS,
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
    with pytest.MonkeyPatch.context() as monkeypatch, dynoxide.running_dynoxide() as (at, _):
        for variable, value in settings.items():
            monkeypatch.setenv(variable, value)
        record(FOLDER / sys.argv[1], at, monkeypatch)
