"""The engine's database: a stream's last record is found by an index (ADR 0058)."""

from __future__ import annotations

import sqlite3
import stat
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tools.local import dynoxide
from tools.local.errors import LocalSystemError

if TYPE_CHECKING:
    from pathlib import Path

    from tools.local.tables import TableDefinition

NEXT_NUMBER = (
    "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1"
    " FROM _stream_records WHERE table_name = 'installs'"
)
"""The statement that the engine sends for each stream record."""

ANOTHER_ENGINE = """\
#!{python}
import socket, sqlite3, sys, time
sqlite3.connect(sys.argv[sys.argv.index("--db-path") + 1]).execute("CREATE TABLE streams (id)")
server = socket.create_server(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])))
time.sleep(60)
"""


def test_the_last_record_of_a_stream_is_found_by_an_index(
    tmp_path: Path, table_definition: TableDefinition
) -> None:
    database = tmp_path / "engine.sqlite"
    for writes in (3, 2):  # the second time with the file of the first
        with dynoxide.running_dynoxide(database=database) as (endpoint, _):
            client = dynoxide.dynamodb_client(endpoint)
            if not client.list_tables()["TableNames"]:
                table_definition.create(client, "installs")
            for n in range(writes):
                item = {"pk": {"S": f"{writes}-{n}"}, "sk": {"S": "A"}}
                client.put_item(TableName="installs", Item=item)

    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute(NEXT_NUMBER).fetchone() == (6,)
        (step,) = connection.execute(f"EXPLAIN QUERY PLAN {NEXT_NUMBER}")
    assert "USING INDEX lastStreamRecord" in step[3]


def test_an_engine_with_other_tables_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tmp_path / "engine"
    engine.write_text(ANOTHER_ENGINE.format(python=sys.executable))
    engine.chmod(engine.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("DYNOXIDE", str(engine))

    with (
        pytest.raises(LocalSystemError, match=r"no such table: .*_stream_records"),
        dynoxide.running_dynoxide(),
    ):
        pass
