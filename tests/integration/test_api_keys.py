"""API keys from their making to their end, through the authorizer and the handlers (section 8)."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, Final

import pytest
from typer.testing import CliRunner

from functions.authorizer.handler import handler as authorizer
from functions.get_install.handler import handler as get_install
from functions.list_installs.handler import handler as list_installs
from functions.purge_install.handler import handler as purge_install
from functions.uninstall_install.handler import handler as uninstall_install
from installs import access, api_keys
from installs.clock import timestamp
from installs.ingest.decisions import Options
from installs.principals import KeyKind, WorkspaceRole
from installs.store import api_keys as stored
from installs.store import items, keys
from installs.store.expressions import Update
from tests import rows
from tests.clocks import Time
from tests.commands import APP
from tests.loading import load_file
from tools.api_keys import keys as tool
from tools.importer.table import open_table
from tools.tokens import AUDIENCE, ISSUER, SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from installs.store.table import Table

METHOD: Final = "arn:aws-cn:execute-api:cn-north-1:123456789012:api/dev/GET/api/x"
INSTALL: Final = "ins_crm"

Answer = tuple[int, Any]


@pytest.fixture
def world(
    table_name: str, dynamodb_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Table:
    elsewhere = rows.install("ins_far", workspaceId="wsp_other")
    data = rows.write(tmp_path / "rows.ndjson", [*rows.base(), *rows.family("crm"), elsewhere])
    load_file(data, table_name, dynamodb_endpoint)
    for name, value in {
        "ISSUER": ISSUER,
        "AUDIENCE": AUDIENCE,
        "JWKS": SigningKey.generate().key_set(),
    }.items():
        monkeypatch.setenv(name, value)
    return open_table(table_name, dynamodb_endpoint)


def let_in(secret: str) -> dict[str, Any]:
    return authorizer({"authorizationToken": f"Bearer {secret}", "methodArn": METHOD}, None)


def refused(secret: str) -> bool:
    try:
        let_in(secret)
    except Exception as error:
        return str(error) == "Unauthorized"
    return False


def call(handler: Callable[..., Any], context: dict[str, str], path: str | None = None) -> Answer:
    answer = handler(
        {
            "requestContext": {"requestId": "req", "authorizer": context},
            "pathParameters": None if path is None else {"id": path},
            "multiValueQueryStringParameters": None,
        },
        None,
    )
    return answer["statusCode"], json.loads(answer["body"])


def statuses(context: dict[str, str]) -> Sequence[int]:
    """Return the statuses that a caller gets: reading an install, uninstalling it, purging it."""
    handlers = get_install, uninstall_install, purge_install
    return [call(handler, context, INSTALL)[0] for handler in handlers]


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_secret_has_256_random_bits_and_is_kept_nowhere(world: Table, kind: KeyKind) -> None:
    owner = "usr_vera" if kind is KeyKind.TOKEN else rows.WORKSPACE
    made = tool.create(world, kind, owner)

    prefix, _, random = made.secret.partition("_")
    assert prefix == kind
    assert len(random) * math.log2(64) >= 256
    assert made.key.secret_sha256 == api_keys.digest(made.secret)
    found = world.client.scan(TableName=world.name)["Items"]
    assert made.key.secret_sha256 in json.dumps(found)
    assert random not in json.dumps(found)
    assert random not in repr(made.key)


def test_hashes_are_compared_in_constant_time(
    world: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tool.create(world, KeyKind.SECRET, rows.WORKSPACE)
    compared = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return compare_digest(one, other)

    monkeypatch.setattr(api_keys, "compare_digest", compare)
    let_in(made.secret)
    assert compared == [(api_keys.digest(made.secret), made.key.secret_sha256)]


def test_no_two_secrets_are_the_same() -> None:
    assert len({api_keys.new_secret(KeyKind.SECRET) for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("role", "expected"),
    [(None, [200, 200, 200]), (WorkspaceRole.EDITOR, [200, 200, 403]),
     (WorkspaceRole.VIEWER, [200, 403, 403])],
)  # fmt: skip
def test_a_secret_key_is_an_admin_of_its_workspace_unless_it_says_less(
    world: Table, role: WorkspaceRole | None, expected: Sequence[int]
) -> None:
    answer = let_in(tool.create(world, KeyKind.SECRET, rows.WORKSPACE, role=role).secret)

    assert answer["context"]["kind"] == "key"
    (statement,) = answer["policyDocument"]["Statement"]
    assert (statement["Effect"], statement["Resource"]) == (
        "Allow", "arn:aws-cn:execute-api:cn-north-1:123456789012:api/dev/*",
    )  # fmt: skip
    assert statuses(answer["context"]) == expected
    # and the other workspace is not there
    assert call(get_install, answer["context"], "ins_far")[0] == 404
    assert {row["workspaceId"] for row in call(list_installs, answer["context"])[1]["data"]} <= {
        rows.WORKSPACE
    }


def test_a_public_key_reads_whatever_its_row_says(world: Table) -> None:
    made = tool.create(world, KeyKind.PUBLIC, rows.WORKSPACE)
    world.transact([Update(keys.api_key(made.key.id), set={"role": "admin"})])

    assert statuses(let_in(made.secret)["context"]) == [200, 403, 403]


@pytest.mark.parametrize(
    ("user", "expected"),
    [("usr_vera", [200, 403, 403]), ("usr_ed", [200, 200, 403]), ("usr_ada", [200, 200, 200]),
     (rows.STRANGER, [404, 404, 404])],
)  # fmt: skip
def test_a_token_acts_as_its_user(world: Table, user: str, expected: Sequence[int]) -> None:
    assert statuses(let_in(tool.create(world, KeyKind.TOKEN, user).secret)["context"]) == expected


@pytest.mark.parametrize(
    "spoil",
    [
        lambda secret: secret[:-1],
        lambda secret: secret + "A",
        lambda secret: secret.swapcase(),
        lambda secret: "pub" + secret[3:],
        lambda secret: "tok" + secret[3:],
        lambda secret: "sec_" + api_keys.digest(secret),
        lambda secret: "sec_" + "A" * 43,
        lambda secret: "sec_" + "A" * 10_000,
        lambda secret: secret + "\n",
        lambda secret: secret + "\x00",
        lambda secret: secret.replace("_", "_\u0430", 1),
    ],
)
def test_nothing_else_opens(world: Table, spoil: Callable[[str], str]) -> None:
    secret = tool.create(world, KeyKind.SECRET, rows.WORKSPACE).secret

    assert refused(spoil(secret))
    assert not refused(secret)


def test_a_hash_that_leads_to_another_key_opens_nothing(world: Table) -> None:
    one = tool.create(world, KeyKind.SECRET, rows.WORKSPACE)
    other = tool.create(world, KeyKind.SECRET, "wsp_other")
    pointer = keys.secret(one.key.secret_sha256)
    world.transact([Update(pointer, set={stored.KEY_ID: other.key.id})])

    assert refused(one.secret)
    world.transact([Update(pointer, set={stored.KEY_ID: "key_gone"})])
    assert refused(one.secret)


def test_a_key_ends_at_its_time(world: Table) -> None:
    made = tool.create(world, KeyKind.SECRET, rows.WORKSPACE, days=1)
    context = let_in(made.secret)["context"]
    now = datetime.now(UTC)
    assert api_keys.works(made.key, now)
    assert not api_keys.works(made.key, now + timedelta(days=1, seconds=1))
    assert made.key.expires_at is not None
    assert not api_keys.works(made.key, datetime.fromisoformat(made.key.expires_at))
    # when its time is over
    past = timestamp(now - timedelta(milliseconds=1))
    world.transact([Update(keys.api_key(made.key.id), set={"expiresAt": past})])
    # then nobody comes in with it, and whoever is in does nothing
    assert refused(made.secret)
    assert statuses(context) == [401, 401, 401]


def test_a_revoked_key_is_out_at_once_for_writes_and_within_a_minute_for_reads(
    world: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a caller whom the gateway and a warm function know
    made = tool.create(world, KeyKind.SECRET, rows.WORKSPACE)
    context = let_in(made.secret)["context"]
    time = Time(monkeypatch)
    assert call(list_installs, context)[0] == 200
    # when the key is revoked
    tool.revoke(world, made.key.id)
    # then the authorizer refuses it, and so does every write, whatever the gateway still caches
    assert refused(made.secret)
    assert call(list_installs, context)[0] == 200
    assert [call(handler, context, INSTALL)[0] for handler in (uninstall_install, purge_install)] \
        == [401, 401]  # fmt: skip
    # and every read after the cache's time
    time.pass_(access.CACHE_SECONDS)
    assert [call(list_installs, context)[0], call(get_install, context, INSTALL)[0]] == [401, 401]
    with pytest.raises(tool.ApiKeyError):
        tool.revoke(world, made.key.id)


def test_a_membership_that_is_removed_bites_in_a_warm_function(
    world: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = {"principal": "usr_ada", "kind": "user"}
    time = Time(monkeypatch)
    assert call(get_install, context, INSTALL)[0] == 200
    role = items.encode_key(keys.role("usr_ada", rows.WORKSPACE))
    world.client.delete_item(TableName=world.name, Key=role)

    assert call(uninstall_install, context, INSTALL)[0] == 404
    time.pass_(access.CACHE_SECONDS)
    assert call(get_install, context, INSTALL)[0] == 404
    assert call(list_installs, context)[1]["data"] == []


def deleted(world: Table) -> None:
    world.transact([Update(keys.workspace(rows.WORKSPACE), set={"deletedAt": rows.CREATED})])


def gone(world: Table) -> None:
    key = items.encode_key(keys.workspace(rows.WORKSPACE))
    world.client.delete_item(TableName=world.name, Key=key)


@pytest.mark.parametrize("close", [deleted, gone])
def test_the_key_of_a_closed_workspace_is_denied_and_told_so_for_every_route(
    world: Table, close: Callable[[Table], None]
) -> None:
    secret = tool.create(world, KeyKind.SECRET, rows.WORKSPACE).secret
    close(world)

    (statement,) = let_in(secret)["policyDocument"]["Statement"]

    assert statement["Effect"] == "Deny"
    assert statement["Resource"].endswith("/dev/*")


def test_a_user_who_is_gone_has_none_of_the_roles_left_behind(world: Table) -> None:
    # given a user, by a token and by a key, and roles that outlive the user's own row
    by_key = let_in(tool.create(world, KeyKind.TOKEN, "usr_ada").secret)["context"]
    by_token = {"principal": "usr_ada", "kind": "user"}
    user = items.encode_key(keys.user("usr_ada"))
    world.client.delete_item(TableName=world.name, Key=user)

    for context in (by_key, by_token):
        assert statuses(context) == [404, 404, 404]
        assert call(list_installs, context)[1]["data"] == []


def test_the_context_is_small_scalars(world: Table) -> None:
    for kind in KeyKind:
        owner = "usr_vera" if kind is KeyKind.TOKEN else rows.WORKSPACE
        made = tool.create(world, kind, owner)
        answer = let_in(made.secret)
        assert all(isinstance(value, str) for value in answer["context"].values())
        assert len(json.dumps(answer["context"])) < 200
        assert made.secret not in json.dumps(answer)


def test_an_imported_key_works(world: Table, dynamodb_endpoint: str, tmp_path: Path) -> None:
    line = {
        "type": "apiKey", "id": "key_1", "kind": "sec", "workspaceId": rows.WORKSPACE,
        "role": "editor", "secretSha256": api_keys.digest("sec_old"),
    }  # fmt: skip
    data = rows.write(tmp_path / "keys.ndjson", [line])
    load_file(data, world.name, dynamodb_endpoint)
    assert let_in("sec_old")["principalId"] == "key_1"
    # when the key gets another secret
    data = rows.write(data, [line | {"secretSha256": api_keys.digest("sec_new")}])
    load_file(data, world.name, dynamodb_endpoint)
    # then the old one is worth nothing
    assert refused("sec_old")
    assert let_in("sec_new")["principalId"] == "key_1"


def test_a_secret_of_one_kind_opens_no_key_of_another(
    world: Table, dynamodb_endpoint: str, tmp_path: Path
) -> None:
    line = {
        "type": "apiKey", "id": "key_1", "kind": "sec", "workspaceId": rows.WORKSPACE,
        "role": "admin", "secretSha256": api_keys.digest("pub_on_a_page"),
    }  # fmt: skip
    data = rows.write(tmp_path / "keys.ndjson", [line])
    load_file(data, world.name, dynamodb_endpoint)
    assert refused("pub_on_a_page")


def test_no_import_brings_a_revoked_key_back(
    world: Table, dynamodb_endpoint: str, tmp_path: Path
) -> None:
    # given an imported key that was revoked since
    lines = [
        {
            "type": "apiKey", "id": f"key_{number}", "kind": "sec", "workspaceId": rows.WORKSPACE,
            "role": "editor", "secretSha256": api_keys.digest(f"sec_{number}"),
        }
        for number in range(2)
    ]  # fmt: skip
    data = rows.write(tmp_path / "keys.ndjson", lines)
    load_file(data, world.name, dynamodb_endpoint)
    tool.revoke(world, "key_0")
    # when the same file comes again
    load_file(data, world.name, dynamodb_endpoint, Options())
    # then it opens nothing, and the other still does
    assert refused("sec_0")
    assert let_in("sec_1")["principalId"] == "key_1"


def test_the_commands(
    world: Table, dynamodb_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_endpoint)

    def run(*arguments: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(APP, ["keys", *arguments, "--table", world.name])
        return done.exit_code, done.stdout, done.stderr

    status, secret, told = run("create", "sec", rows.WORKSPACE, "--role", "editor", "--days", "30")
    assert status == 0
    assert let_in(secret.strip())["context"]["kind"] == "key"
    found = re.search(r"key_[0-9a-f]{32}", told)
    assert found is not None
    assert secret.strip() not in told
    _, listed, _ = run("list")
    assert re.search(rf"{found[0]}\tsec\t{rows.WORKSPACE}\teditor\texpires", listed)
    assert secret.strip() not in listed
    assert run("revoke", found[0])[0] == 0
    assert refused(secret.strip())
    assert "revoked" in run("list")[1]
    for wrong in (
        ("revoke", found[0]),
        ("create", "sec", "wsp_none"),
        ("create", "tok", rows.WORKSPACE),
        ("create", "pub", rows.WORKSPACE, "--role", "admin"),
        ("create", "sec", "not an id"),
    ):
        status, _, told = run(*wrong)
        assert status == 1
        assert len(told.splitlines()) == 1
