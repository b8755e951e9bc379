"""Each function may do what it does, and nothing else: its policy against what it is seen to do.

Every function runs in process through all that it can do, on a real engine, while botocore's own
events tell which operations it asks AWS for, of which resources and keys. Then, both ways: its
policy, as SAM's transform leaves it, allows each of them; and each leave that it gives was needed.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import pytest

from functions.authorizer.handler import handler as authorizer
from functions.cascade.handler import handler as cascade
from functions.get_install.handler import handler as get_install
from functions.ingest.handler import handler as ingest
from functions.list_installs.handler import handler as list_installs
from functions.publish.handler import handler as publish
from functions.purge_install.handler import handler as purge_install
from functions.repair.handler import handler as repair
from functions.restore_install.handler import handler as restore_install
from functions.uninstall_install.handler import handler as uninstall_install
from installs import clock
from installs.errors import UnavailableError
from installs.principals import KeyKind
from installs.store import bus, dead_letters, installs, items, keys, row_queue
from installs.store.connection import Connection
from tests import rows
from tests.loading import load_file
from tests.template import listed, resource_name, statements, transformed
from tools.api_keys.keys import create
from tools.importer.table import open_table
from tools.local.paths import ROOT as PROJECT
from tools.tokens import AUDIENCE, ISSUER, SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from installs.store.connection import PendingCall
    from installs.store.parallel import Call as DynamoDBCall
    from installs.store.table import Table

TABLE: Final = "InstallsTable.Arn"
BUCKET: Final = "a-bucket"
UNPUBLISHED: Final = "unpublished"
ROOT: Final = "usr_root"

OF_LAMBDA: Final = {
    ("logs:CreateLogStream", "Logs"), ("logs:PutLogEvents", "Logs"),
    ("xray:PutTraceSegments", "*"), ("xray:PutTelemetryRecords", "*"),
    ("dynamodb:DescribeStream", "InstallsTable.StreamArn"),
    ("dynamodb:GetRecords", "InstallsTable.StreamArn"),
    ("dynamodb:GetShardIterator", "InstallsTable.StreamArn"),
    ("dynamodb:ListStreams", "*"), ("s3:ListBucket", "ParkingBucket.Arn"),
    ("s3:ListBucket", "UnpublishedBucket.Arn"),
    ("sqs:DeleteMessage", "RowsQueue.Arn"), ("sqs:GetQueueAttributes", "RowsQueue.Arn"),
    ("sqs:ReceiveMessage", "RowsQueue.Arn"),
}  # fmt: skip
"""Actions of Lambda itself under the function's role: logs, traces, stream, queue, destination."""

_IN_TRANSACTIONS: Final = {
    "Put": "dynamodb:PutItem", "Update": "dynamodb:UpdateItem", "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that IAM is asked: an action on a resource, and the partition key it is about."""

    action: str
    resource: str
    leading_key: str = ""


class Recorder:
    """Takes down what the functions' clients ask AWS for, while it watches."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.calls: set[Call] = set()
        self._watching = False
        pending = Connection.pending

        def recorded(made: Connection, call: DynamoDBCall) -> PendingCall:
            self._dynamodb(*call)
            return pending(made, call)

        patch.setattr(Connection, "pending", recorded)
        objects: Any = dead_letters._client().meta.events
        objects.register("before-call.s3", self._s3)
        queues: Any = row_queue._client().meta.events
        queues.register("before-call.sqs", self._sqs)
        buses: Any = bus._client().meta.events
        buses.register("before-call.events", self._events)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Setup and cleanup are not counted."""
        self._watching = True
        yield
        self._watching = False

    def _dynamodb(self, operation: str, request: Mapping[str, Any]) -> None:
        if self._watching:
            self.calls.update(Call(*asked) for asked in _dynamodb_calls(operation, request))

    def _s3(self, model: Any, params: Any, **_: object) -> tuple[object, object]:  # noqa: ANN401
        """An answer, so that none is asked for: there is no engine of S3 here."""
        if self._watching:
            bucket = "Unpublished" if UNPUBLISHED in params["url"] else "Parking"
            self.calls.add(Call(f"s3:{model.name}", f"${{{bucket}Bucket.Arn}}/*"))
        return SimpleNamespace(status_code=200), {}

    def _events(self, model: Any, params: Any, **_: object) -> tuple[object, object]:  # noqa: ANN401
        """An answer that takes every entry."""
        entries = json.loads(params["body"])["Entries"]
        if self._watching:
            names = {entry["EventBusName"] for entry in entries}
            self.calls |= {Call(f"events:{model.name}", f"{name}.Arn") for name in names}
        return SimpleNamespace(status_code=200), {"Entries": [{"EventId": "x"} for _ in entries]}

    def _sqs(self, model: Any, params: Any, **_: object) -> tuple[object, object]:  # noqa: ANN401
        """An answer, so that none is asked for."""
        if self._watching:
            queue = "RowsDeadLetters" if "dead-letters" in str(params["body"]) else "RowsQueue"
            self.calls.add(Call(f"sqs:{model.name}", f"{queue}.Arn"))
        return SimpleNamespace(status_code=200), {}


def _dynamodb_calls(name: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    if name == "TransactWriteItems":
        for action in params["TransactItems"]:
            ((kind, of),) = action.items()
            yield _IN_TRANSACTIONS[kind], TABLE, of["Key"][keys.PK]["S"]
    elif name == "BatchGetItem":
        for of in params["RequestItems"].values():
            for key in of["Keys"]:
                yield "dynamodb:BatchGetItem", TABLE, key[keys.PK]["S"]
    elif name == "Query":
        index = params.get("IndexName")
        resource = TABLE if index is None else f"${{InstallsTable.Arn}}/index/{index}"
        (partition,) = (
            params["ExpressionAttributeValues"][part.split("=")[1].strip()]["S"]
            for part in params["KeyConditionExpression"].split(" AND ")
            if " = " in part
        )
        yield "dynamodb:Query", resource, partition
    else:
        yield f"dynamodb:{name}", TABLE, params["Key"][keys.PK]["S"]


def allows(statement: Mapping[str, Any], call: Call) -> bool:
    """Return True if a statement of a policy allows a call (IAM: policy evaluation logic)."""
    actions, resources = listed(statement["Action"]), listed(statement["Resource"])
    if call.action not in actions or call.resource not in map(resource_name, resources):
        return False
    for operator, conditions in statement.get("Condition", {}).items():
        assert operator == "ForAllValues:StringLike", "an operator that this test does not know"
        for name, patterns in conditions.items():
            assert name == "dynamodb:LeadingKeys", "a key that this test does not know"
            if not any(fnmatchcase(call.leading_key, pattern) for pattern in patterns):
                return False
    return True


@pytest.fixture
def world(
    table_name: str, dynamodb_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Table:
    families = ("kept", "taken", "back", "purged", "gone")
    data = rows.write(
        tmp_path / "rows.ndjson",
        [
            *rows.base(),
            rows.user(ROOT, role="admin"),
            *(row for name in families for row in rows.family(name)),
        ],
    )
    load_file(data, table_name, dynamodb_endpoint)
    monkeypatch.setenv("DEAD_LETTER_BUCKET", BUCKET)
    monkeypatch.setenv("ISSUER", ISSUER)
    monkeypatch.setenv("AUDIENCE", AUDIENCE)
    return open_table(table_name, dynamodb_endpoint)


def as_user(handler: Callable[..., Any], user: str, path: str | None, **query: str) -> int:
    answer = handler(
        {
            "requestContext": {"authorizer": {"principal": user, "kind": "user"}},
            "pathParameters": None if path is None else {"id": path},
            "multiValueQueryStringParameters": {n: [v] for n, v in query.items()} or None,
        },
        None,
    )
    return int(answer["statusCode"])


def run_authorizer(world: Table, seen: Recorder, patch: pytest.MonkeyPatch) -> None:
    signing = SigningKey.generate()
    patch.setenv("JWKS", signing.key_set())
    secrets = [create(world, KeyKind.SECRET, rows.WORKSPACE).secret, signing.token("usr_ada")]
    secrets.append(create(world, KeyKind.TOKEN, "usr_ada").secret)
    for secret in secrets:
        event = {
            "authorizationToken": f"Bearer {secret}",
            "methodArn": "arn:aws:x:r:1:api/dev/GET/",
        }
        with seen.watching():
            assert authorizer(event, None)["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    with seen.watching(), pytest.raises(Exception, match="Unauthorized"):
        authorizer({"authorizationToken": "Bearer sec_none"}, None)


LISTS: Final[tuple[dict[str, str], ...]] = (
    {}, {"ids": "ins_kept"}, {"workspace_id": rows.WORKSPACE}, {"integration_id": "itg_crm"},
    {"integration_id": "itg_crm", "workspace_id": rows.WORKSPACE}, {"solution_id": "sol_kept"},
    {"parent_install_id": "ins_kept"}, {"include_deleted": "true", "limit": "1"},
    {"orderBy": '[{"lastUpgradedAt": "desc"}]', "limit": "1"},
    {"include": "integration,installer"},
    *(
        {"filter": json.dumps(wanted)}
        for wanted in [
            {"members": {"some": {"enabled": True}}}, {"addOns": {"none": {"id": "x"}}},
            {"solution": {"name": "Sales"}}, {"parentInstall": {"integration": {"name": "CRM"}}},
            {"installer": {"name": "x"}}, {"workspace": {"name": "x"}},
            {"integrationVersion": {"version": "x"}},
        ]
    ),
)  # fmt: skip
"""Every way to the rows, and every relation."""


def run_list(world: Table, seen: Recorder, _: pytest.MonkeyPatch) -> None:
    by_key = create(world, KeyKind.SECRET, rows.WORKSPACE).key.id
    with seen.watching():
        for user in ("usr_ada", ROOT):
            for query in LISTS:
                assert as_user(list_installs, user, None, **query) == 200
        context = {"authorizer": {"principal": by_key, "kind": "key"}}
        assert list_installs({"requestContext": context}, None)["statusCode"] == 200


def run_get(_: Table, seen: Recorder, __: pytest.MonkeyPatch) -> None:
    with seen.watching():
        assert as_user(get_install, "usr_vera", "ins_kept") == 200
        assert as_user(get_install, "usr_vera", "ins_none") == 404
        assert (
            as_user(get_install, "usr_vera", "ins_kept", include="solution,addOns,history") == 200
        )
        everything = {"include": "members,addOns", "include_deleted": "true"}
        assert as_user(get_install, "usr_vera", "ins_kept", **everything) == 200


def run_uninstall(_: Table, seen: Recorder, __: pytest.MonkeyPatch) -> None:
    with seen.watching():
        assert as_user(uninstall_install, "usr_ed", "ins_taken") == 200
        assert as_user(uninstall_install, "usr_ed", "ins_taken") == 200
        assert as_user(uninstall_install, "usr_vera", "ins_kept") == 403


def run_restore(_: Table, seen: Recorder, __: pytest.MonkeyPatch) -> None:
    for install in ("ins_back", "ins_kept_addon"):
        assert as_user(uninstall_install, "usr_ed", install) == 200
    with seen.watching():
        for install in ("ins_back", "ins_kept_addon"):
            assert as_user(restore_install, "usr_ed", install) == 200


def run_purge(_: Table, seen: Recorder, __: pytest.MonkeyPatch) -> None:
    assert as_user(uninstall_install, "usr_ed", "ins_purged") == 200
    with seen.watching():
        assert as_user(purge_install, "usr_ada", "ins_purged") == 200


class Context:
    """Lambda's, with all the time in the world."""

    aws_request_id = "invocation-1"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def run_cascade(world: Table, seen: Recorder, _: pytest.MonkeyPatch) -> None:
    def records(name: str, image: str) -> list[dict[str, Any]]:
        """The records of a family's installs, as they are now."""
        ids = ("ins_gone", "ins_gone_addon", "ins_gone_addon_addon")
        states = installs.get_many(world, ids)
        return [
            {
                "eventID": f"{name}{install_id}",
                "eventName": name,
                "dynamodb": {
                    "SequenceNumber": "1",
                    "Keys": items.encode_key(keys.install(install_id)),
                    image: items.install_to_item(states[install_id]),
                },
            }
            for install_id in ids
        ]

    def deliver(given: list[dict[str, Any]]) -> None:
        with seen.watching():
            assert cascade({"Records": given}, Context()) == {"batchItemFailures": []}

    assert as_user(uninstall_install, "usr_ed", "ins_gone") == 200
    deliver(records("MODIFY", "NewImage"))
    assert as_user(restore_install, "usr_ed", "ins_gone") == 200
    deliver(records("MODIFY", "OldImage"))
    assert as_user(uninstall_install, "usr_ed", "ins_gone") == 200
    deliver(records("MODIFY", "NewImage"))
    removed = records("REMOVE", "OldImage")
    assert as_user(purge_install, "usr_ada", "ins_gone") == 200
    deliver(removed)
    deliver([{"eventID": "x", "eventName": "MODIFY", "dynamodb": {"SequenceNumber": "1"}}])


def run_publish(world: Table, seen: Recorder, patch: pytest.MonkeyPatch) -> None:
    """A change, a purge, what TTL deletes, and what is no record of an install."""
    patch.setenv("DEAD_LETTER_BUCKET", UNPUBLISHED)
    patch.setenv("EVENT_BUS_NAME", "EventBus")
    given = [
        record
        for name in ("uninstall", "purge", "expiry")
        for record in json.loads((PROJECT / "events" / "publish" / f"{name}.json").read_text())[
            "Records"
        ]
    ]
    poison = {"eventID": "x", "eventName": "MODIFY", "dynamodb": {"SequenceNumber": "1"}}
    with seen.watching():
        answer = publish({"Records": [*given, poison]}, Context())
    assert answer == {"batchItemFailures": []}


def run_repair(_: Table, seen: Recorder, patch: pytest.MonkeyPatch) -> None:
    """Changes that no stream record announced: found minutes later, expired ones weeks later."""
    started = clock.now()

    def later(time: timedelta) -> None:
        patch.setattr(clock, "now", lambda: started + time)
        with seen.watching():
            outcome = repair({}, Context())
        assert outcome["failed"] == 0
        assert outcome["finished"] > 0

    assert as_user(uninstall_install, "usr_ed", "ins_gone") == 200
    later(timedelta(minutes=6))
    later(timedelta(days=40))


def run_ingest(_: Table, seen: Recorder, patch: pytest.MonkeyPatch) -> None:
    """A row of each kind of write: created, moved, removed, unknown; by a call and by messages."""
    patch.setenv("ROWS_QUEUE_URL", "https://sqs.example/rows.fifo")
    patch.setenv("ROWS_DEAD_LETTERS_URL", "https://sqs.example/dead-letters.fifo")
    lines = [
        rows.install("ins_new", parentInstallId="ins_kept", solutionId="sol_kept"),
        rows.member("mem_new", "ins_new"),
        rows.member("mem_new", "ins_kept"),
        {"type": "integrationMember", "id": "mem_new", "delete": True},
        rows.install("ins_ghost", workspaceId="wsp_ghost"),
    ]
    (message,) = json.loads((PROJECT / "events" / "ingest" / "queue.json").read_text())["Records"]
    with seen.watching():
        assert len(ingest({"rows": lines}, Context())["results"]) == len(lines)
        body = json.dumps({"rows": lines[-1:]})
        ingest({"Records": [message | {"body": body}]}, Context())
        with patch.context() as busy:
            busy.setattr(Connection, "pending", _unavailable)
            ingest({"Records": [message]}, Context())


def _unavailable(*_: object, **__: object) -> None:
    raise UnavailableError(cause={"operation": "Query", "code": "x", "attempts": 1, "seconds": 0.0})


RUNS: Final[dict[str, Callable[[Table, Recorder, pytest.MonkeyPatch], None]]] = {
    "Authorizer": run_authorizer,
    "ListInstalls": run_list,
    "GetInstall": run_get,
    "UninstallInstall": run_uninstall,
    "RestoreInstall": run_restore,
    "PurgeInstall": run_purge,
    "Cascade": run_cascade,
    "Repair": run_repair,
    "Ingest": run_ingest,
    "Publish": run_publish,
}


def test_every_function_is_here() -> None:
    found = transformed()["Resources"].items()
    functions = {name for name, one in found if one["Type"] == "AWS::Lambda::Function"}
    assert functions == {f"{name}Function" for name in RUNS}


@pytest.mark.parametrize("name", RUNS)
def test_a_function_may_do_what_it_does_and_does_what_it_may(
    name: str, world: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given the policy of a function
    policy = statements(transformed()["Resources"][f"{name}Role"]["Properties"])
    # when it does all that it does
    seen = Recorder(monkeypatch)
    RUNS[name](world, seen, monkeypatch)
    # then it was allowed to
    assert seen.calls
    refused = {call for call in seen.calls if not any(allows(one, call) for one in policy)}
    assert not refused
    # and it needed each leave that it has: every action, on every resource, of every kind of key
    needless = {
        granted
        for statement in policy
        for granted in _grants(statement)
        if not any(_uses(call, granted) for call in seen.calls)
    }
    of_lambda = {(action, where.replace("Logs", f"{name}Logs.Arn") if where == "Logs" else where)
                 for action, where in OF_LAMBDA}  # fmt: skip
    assert {(action, resource) for action, resource, _ in needless} <= of_lambda


Grant = tuple[str, str, str]


def _grants(statement: Mapping[str, Any]) -> Iterator[Grant]:
    """Each leave of a statement alone: an action, a resource, a pattern of keys."""
    patterns = [
        pattern
        for conditions in statement.get("Condition", {}).values()
        for given in conditions.values()
        for pattern in given
    ]
    for action in listed(statement["Action"]):
        for resource in listed(statement["Resource"]):
            for pattern in patterns or ["*"]:
                yield action, resource_name(resource), pattern


def _uses(call: Call, granted: Grant) -> bool:
    action, resource, pattern = granted
    return (call.action, call.resource) == (action, resource) and fnmatchcase(
        call.leading_key, pattern
    )


@pytest.mark.parametrize(
    ("key", "allowed"),
    [("SECRET#ab", True), ("KEY#k", True), ("WORKSPACE#w", True), ("USER#usr_ada", False),
     ("INSTALL#ins_1", False)],
)  # fmt: skip
def test_the_authorizer_reads_keys_and_nothing_of_the_rows(key: str, allowed: bool) -> None:
    policy = statements(transformed()["Resources"]["AuthorizerRole"]["Properties"])
    call = Call("dynamodb:GetItem", TABLE, key)
    assert any(allows(statement, call) for statement in policy) is allowed
