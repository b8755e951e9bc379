"""The local system's files, key, ports and template reader."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import jwt
import pytest

from tools.local import dynoxide
from tools.local.errors import LocalSystemError
from tools.local.paths import TEMPLATE
from tools.local.state import RunningStack, StateDirectory
from tools.local.tables import TableDefinition
from tools.tokens import AUDIENCE, ISSUER, LIFETIME_SECONDS, SigningKey

if TYPE_CHECKING:
    from pathlib import Path

RUNNING = RunningStack(
    pages_url="http://127.0.0.1:9001",
    base_url="http://127.0.0.1:8000/x",
    tokens={"usr_a": "token"},
    table_name="table",
    dynamodb_endpoint="http://127.0.0.1:1",
    aws_endpoint="http://127.0.0.1:2",
    dead_letter_bucket="bucket",
    cascade_function="cascade",
    event_bus="bus",
    publish_function="publish",
    unpublished_bucket="unpublished",
    ingest_function="ingest",
    rows_queue="http://127.0.0.1:2/rows.fifo",
    rows_dead_letters="http://127.0.0.1:2/dead.fifo",
    pid=7,
)


def test_the_machines_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key.pem"

    made, found = SigningKey.of_machine(path), SigningKey.of_machine(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert made.key_set() == found.key_set()


def test_a_token_says_who_for_whom_and_until_when() -> None:
    key = SigningKey.generate()
    token = key.token("usr_a")

    (public,) = jwt.PyJWKSet.from_json(key.key_set()).keys
    claims = jwt.decode(token, public, algorithms=["ES256"], issuer=ISSUER, audience=AUDIENCE)

    assert claims["sub"] == "usr_a"
    assert claims["exp"] - claims["iat"] == LIFETIME_SECONDS
    assert jwt.get_unverified_header(token)["kid"] == public.key_id == key.key_id
    assert set(json.loads(key.key_set())["keys"][0]) == {
        "kty",
        "crv",
        "x",
        "y",
        "kid",
        "use",
        "alg",
    }


def test_the_running_stack_is_told_in_a_file(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    with pytest.raises(LocalSystemError, match="make run"):
        state.running()

    state.stack.write_text(RUNNING.as_json())

    assert state.running() == RUNNING
    assert '"baseUrl"' in RUNNING.as_json()


def test_one_system_to_a_directory(tmp_path: Path) -> None:
    with (
        StateDirectory(tmp_path).locked(),
        pytest.raises(LocalSystemError, match="already runs"),
        StateDirectory(tmp_path).locked(),
    ):
        pass
    with StateDirectory(tmp_path).locked():
        pass


@pytest.mark.parametrize("keep", [True, False])
def test_rows_are_kept_if_asked_and_nothing_else_is(tmp_path: Path, keep: bool) -> None:
    state = StateDirectory(tmp_path)
    state.prepare(keep_rows=False)
    for path in (state.database, state.logs / "old.log", state.temporary / "old", state.stack):
        path.write_text("x")

    state.prepare(keep_rows=keep)

    assert state.database.exists() is keep
    assert not (state.logs / "old.log").exists()
    assert not (state.temporary / "old").exists()
    assert not state.stack.exists()


def test_the_table_is_read_from_the_template() -> None:
    definition = TableDefinition.from_template(TEMPLATE)

    assert [key["AttributeName"] for key in definition.keys] == ["pk", "sk"]
    assert definition.stream_view == "NEW_AND_OLD_IMAGES"
    assert definition.ttl_attribute == "purgeAt"


def test_a_missing_engine_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNOXIDE", "/nowhere/dynoxide")

    with pytest.raises(LocalSystemError, match="/nowhere/dynoxide"):
        dynoxide.binary()
