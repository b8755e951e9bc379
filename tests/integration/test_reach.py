"""The access scope of a caller of very many workspaces, and the age of its cache (section 8)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from installs import access, api_keys, cascade, commands
from installs.access import Principal
from installs.cascade import Work
from installs.clock import Stamp
from installs.errors import ForbiddenError, NotFoundError, ParentDeletedError, UnauthorizedError
from installs.lifecycle import OwnerRefs
from installs.principals import PrincipalKind, WorkspaceRole
from installs.store import installs, items, keys
from installs.store.expressions import Update
from installs.store.table import ConditionFailedError
from tests import rows
from tests.clocks import Time
from tests.loading import load_file
from tools.importer.table import open_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

    from installs.store.table import Table

MANY = 1_000


@pytest.fixture
def world(table_name: str, dynamodb_endpoint: str, tmp_path: Path) -> Table:
    return with_roles(10, table_name, dynamodb_endpoint, tmp_path)


@pytest.fixture
def large_world(table_name: str, dynamodb_endpoint: str, tmp_path: Path) -> Table:
    return with_roles(MANY, table_name, dynamodb_endpoint, tmp_path)


def with_roles(number: int, table_name: str, endpoint: str, directory: Path) -> Table:
    """Return a table in which a user has a role in so many workspaces."""
    roles = [
        rows.role("usr_many", f"wsp_{n}", ("viewer", "editor", "admin")[n % 3])
        for n in range(number)
    ]
    data = rows.write(directory / "rows.ndjson", [rows.user("usr_many"), *roles])
    load_file(data, table_name, endpoint)
    return open_table(table_name, endpoint)


def test_a_thousand_workspaces_each_with_its_role(large_world: Table) -> None:
    scope = access.scope_of(large_world, Principal("usr_many"))

    assert scope.workspace_ids == frozenset(f"wsp_{n}" for n in range(MANY))
    assert scope.role("wsp_2") is WorkspaceRole.ADMIN
    assert scope.role("wsp_none") is None
    assert large_world.usage.calls == 1


def test_a_role_that_changes_is_felt_at_once_by_whoever_reads_anew(world: Table) -> None:
    caller = Principal("usr_many")
    access.scope_of(world, caller)
    gone = items.encode_key(keys.role("usr_many", "wsp_7"))
    world.client.delete_item(TableName=world.name, Key=gone)

    assert access.scope_of(world, caller).role("wsp_7") is not None
    assert access.scope_of(world, caller, fresh=True).role("wsp_7") is None
    # and what was read anew is what reads see from then on
    assert access.scope_of(world, caller).role("wsp_7") is None


def test_a_role_that_goes_is_gone_for_whoever_only_reads_within_the_minute(
    world: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a warm function that has just read the roles
    time = Time(monkeypatch)
    caller = Principal("usr_many")
    access.scope_of(world, caller)
    gone = items.encode_key(keys.role("usr_many", "wsp_7"))
    world.client.delete_item(TableName=world.name, Key=gone)
    # when nobody writes, and what the gateway's own cache leaves of the minute is over
    time.pass_(60 - 30)
    assert access.scope_of(world, caller).role("wsp_7") is None


def frozen(time: Time) -> None:
    time.freeze(3600)


def set_back(time: Time) -> None:
    time.pass_(access.CACHE_SECONDS)
    time.set_back(access.CACHE_SECONDS - 1)


@pytest.mark.parametrize("go", [frozen, set_back])
def test_no_clock_lets_a_role_that_was_taken_away_last_longer(
    world: Table, monkeypatch: pytest.MonkeyPatch, go: Callable[[Time], None]
) -> None:
    # given a warm function that has just read the roles, and a role that is taken away
    time = Time(monkeypatch)
    caller = Principal("usr_many")
    access.scope_of(world, caller)
    gone = items.encode_key(keys.role("usr_many", "wsp_7"))
    world.client.delete_item(TableName=world.name, Key=gone)
    # when the environment is frozen for an hour, or time passes and the wall clock is set back
    go(time)
    assert access.scope_of(world, caller).role("wsp_7") is None


def test_a_user_and_a_key_of_one_id_are_two_callers(world: Table) -> None:
    assert access.scope_of(world, Principal("usr_many")).roles
    with pytest.raises(UnauthorizedError):
        access.scope_of(world, Principal("usr_many", PrincipalKind.KEY))


def test_the_cache_holds_what_it_may_and_no_more(world: Table) -> None:
    for number in range(1_001):
        access._scopes[world.name, Principal(f"usr_{number}")] = (Stamp(), access.Scope())
    access.scope_of(world, Principal("usr_new"))
    assert len(access._scopes) == 1


def test_the_caches_keep_within_the_minute() -> None:
    # the gateway's 30 seconds are in the template, and tested there
    assert 30 + access.CACHE_SECONDS <= 60


def test_a_parent_out_of_reach_counts_as_gone_whatever_its_state(
    table_name: str, dynamodb_endpoint: str, tmp_path: Path
) -> None:
    # given deleted add-ons of parents in a workspace that the caller does not see
    deleted = {"deletedAt": rows.CREATED, "retentionTier": "none"}
    elsewhere = {"workspaceId": "wsp_other"}
    lines = [
        *rows.base(),
        rows.install("ins_live", **elsewhere),
        rows.install("ins_deleted", **elsewhere, **deleted),
        *(rows.install(f"ins_of_{state}", **deleted) for state in ("live", "deleted", "absent")),
    ]
    data = rows.write(tmp_path / "rows.ndjson", lines)
    load_file(data, table_name, dynamodb_endpoint)
    table = open_table(table_name, dynamodb_endpoint)
    # as the importer of version 0.1.0 could make them
    for state in ("live", "deleted", "absent"):
        parent = {"parentInstallId": f"ins_{state}", "parentKey": f"ins_{state}#deleted"}
        table.transact([Update(keys.install(f"ins_of_{state}"), set=parent)])
    # when they are restored, then each stands by itself, for the cascade too
    for state in ("live", "deleted", "absent"):
        after = commands.restore(table, Principal("usr_ed"), f"ins_of_{state}")
        assert after.live
        for refs in (OwnerRefs(f"ins_{state}", None, None), after.owner_refs):
            cascade.reconcile(Work(table), refs)
        restored = installs.get(table, f"ins_of_{state}")
        assert restored is not None
        assert restored.live


def test_a_deleted_parent_is_named_to_whoever_sees_it(
    table_name: str, dynamodb_endpoint: str, tmp_path: Path
) -> None:
    deleted = {"deletedAt": rows.CREATED, "retentionTier": "none"}
    lines = [
        *rows.base(),
        rows.install("ins_parent", **deleted),
        rows.install("ins_addon", parentInstallId="ins_parent", **deleted),
    ]
    data = rows.write(tmp_path / "rows.ndjson", lines)
    load_file(data, table_name, dynamodb_endpoint)
    table = open_table(table_name, dynamodb_endpoint)
    with pytest.raises(ParentDeletedError, match="ins_parent"):
        commands.restore(table, Principal("usr_ed"), "ins_addon")


KEY = {
    "type": "apiKey", "id": "key_1", "kind": "sec", "workspaceId": rows.WORKSPACE, "role": "admin",
    "secretSha256": api_keys.digest("sec_1"),
}  # fmt: skip


@pytest.fixture
def family(table_name: str, dynamodb_endpoint: str, tmp_path: Path) -> Table:
    data = rows.write(tmp_path / "rows.ndjson", [*rows.base(), *rows.family("crm"), KEY])
    load_file(data, table_name, dynamodb_endpoint)
    return open_table(table_name, dynamodb_endpoint)


class Watched:
    """A client that notes how consistently it is asked to read."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client
        self.consistent: list[bool] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any operation
        operation = getattr(self._client, name)

        def call(**request: Any) -> Any:  # noqa: ANN401 - the service's own
            if name != "transact_write_items":
                self.consistent.append(request["ConsistentRead"])
            return operation(**request)

        return call


@pytest.mark.parametrize(
    "caller", [Principal("usr_ada"), Principal("key_1", PrincipalKind.KEY)], ids=["user", "key"]
)
def test_roles_and_rows_are_read_as_they_are_now(family: Table, caller: Principal) -> None:
    # the engine of the tests reads consistently whatever it is asked: so look at what it is asked
    watched = Watched(family.client)
    table = replace(family, client=cast("DynamoDBClient", watched))

    commands.get(table, caller, "ins_crm")
    commands.uninstall(table, caller, "ins_crm", stack_tier="medium")
    commands.restore(table, caller, "ins_crm_addon")

    assert len(watched.consistent) >= 6
    assert all(watched.consistent)


def demote(table: Table) -> None:
    table.transact([Update(keys.role("usr_ada", rows.WORKSPACE), set={"role": "viewer"})])


def remove(table: Table) -> None:
    role = items.encode_key(keys.role("usr_ada", rows.WORKSPACE))
    table.client.delete_item(TableName=table.name, Key=role)


@pytest.mark.parametrize(
    ("take", "refusal"), [(demote, ForbiddenError), (remove, NotFoundError)], ids=["less", "none"]
)
def test_a_role_that_goes_while_a_write_is_repeated_ends_it(
    family: Table,
    monkeypatch: pytest.MonkeyPatch,
    take: Callable[[Table], None],
    refusal: type[Exception],
) -> None:
    # given a write that finds the row changed, and a role that was taken away meanwhile
    attempts = 0

    def commit(*_: object, **__: object) -> None:
        nonlocal attempts
        attempts += 1
        take(family)
        raise ConditionFailedError([0])

    monkeypatch.setattr(installs, "commit", commit)
    # when the write is tried again, then as whom the caller is by now
    with pytest.raises(refusal):
        commands.uninstall(family, Principal("usr_ada"), "ins_crm", stack_tier="medium")
    assert attempts == 1


def test_whether_an_install_may_change_is_told_to_nobody_whose_role_is_too_low(
    family: Table,
) -> None:
    # a live install is not purged: a 409, which only whoever may purge is told
    for caller in ("usr_vera", "usr_ed"):
        with pytest.raises(ForbiddenError):
            commands.purge(family, Principal(caller), "ins_crm")
    for command in (commands.restore, commands.purge):
        with pytest.raises(ForbiddenError):
            command(family, Principal("usr_vera"), "ins_crm")
