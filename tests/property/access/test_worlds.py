"""No answer tells of what the caller may not see (CONTRACT.md sections 2 to 6, 8 and 9).

Each request goes to both worlds of a pair, which differ in hidden rows alone: the answers must be
the same, byte for byte. ``make worlds CASES=10000`` runs that many requests.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from functions.get_install.handler import handler as get_install
from functions.list_installs.handler import handler as list_installs
from functions.purge_install.handler import handler as purge_install
from functions.restore_install.handler import handler as restore_install
from functions.uninstall_install.handler import handler as uninstall_install
from installs import clock, commands
from installs.errors import InstallsError
from installs.query.language import cursor
from installs.query.language.parameters import parse
from tests import rows
from tests.property.access.pairs import CALLER, INSTALLS, KEY, LINES, Pair, moment, pair
from tests.property.query.filters import filters, orders
from tests.property.query.worlds import ENUMS, IDS, TO_MANY, TO_ONE
from tests.upgrade.importer_0_1_0.run import import_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

    from tools.local.tables import TableDefinition

CASES: Final = int(os.environ.get("CASES", "1000"))
PER_PAIR: Final = 100
PAIRS: Final = max(1, CASES // PER_PAIR)

Query = dict[str, str]
Answer = dict[str, Any]

INSTALL_IDS: Final = (*INSTALLS, "absent")
COMMANDS: Final = {
    "get": get_install,
    "uninstall": uninstall_install,
    "restore": restore_install,
    "purge": purge_install,
}

_ids: Final = st.sampled_from(INSTALL_IDS)


def _names(relations: Iterable[str]) -> st.SearchStrategy[str]:
    """Names to include."""
    some = st.lists(st.sampled_from(sorted(relations)), min_size=1, max_size=4, unique=True)
    return some.map(",".join)


_PARAMETERS: Final = {
    "orderBy": orders.map(json.dumps),
    "limit": st.sampled_from(["1", "2", "3", "100"]),
    "include_deleted": st.sampled_from(["true", "only", "false"]),
    "ids": st.lists(_ids, min_size=1, max_size=6).map(",".join),
    "workspace_id": st.sampled_from(IDS),
    "integration_id": st.sampled_from(IDS),
    "integration_version_id": st.sampled_from(IDS),
    "parent_install_id": _ids,
    "solution_id": st.sampled_from(IDS),
    "installed_by": st.sampled_from(IDS),
    "member_policy": st.sampled_from(ENUMS["memberPolicy"]),
    "retention_tier": st.sampled_from(ENUMS["retentionTier"]),
    "include": _names(TO_ONE),
}
_NAMES: Final = sorted(_PARAMETERS)
_OF_INSTALL: Final = {"include": _names([*TO_ONE, *TO_MANY, "history"])}
_OPTIONAL: Final = {"include_deleted": _PARAMETERS["include_deleted"]}
_few: Final = st.lists(st.sampled_from(_NAMES), max_size=2, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: _PARAMETERS[name] for name in names})
)
"""Most parameters at once leave nothing: a few of them show more."""


def _wide(wanted: object, form: int) -> object:
    """A filter, its opposite, or one that lets others in too, so that many rows pass."""
    others = {"memberPolicy": {"neq": "manual"}}
    return (wanted, {"NOT": wanted}, {"OR": [wanted, others]}, {"OR": [{"NOT": wanted}, others]})[
        form
    ]


_wanted: Final = st.builds(_wide, filters, st.integers(0, 3)).map(json.dumps)
_lists: Final = st.one_of(
    _few,
    st.builds(lambda wanted, query: {**query, "filter": wanted}, _wanted, _few),
    st.builds(
        lambda wanted, order: {"filter": wanted, "orderBy": order, "include_deleted": "true"},
        _wanted,
        orders.map(json.dumps),
    ),
)
_walks: Final = st.sampled_from(["", "next", "previous", "forged"])
_requests: Final = st.one_of(
    *[st.tuples(st.just("list"), _lists, _walks)] * 8,
    st.tuples(st.sampled_from(list(COMMANDS)), _ids, st.integers(0, 3)),
    *[st.tuples(st.just("include"), _ids, st.fixed_dictionaries(_OF_INSTALL, optional=_OPTIONAL))]
    * 2,
)


class Both:
    """Both worlds of a pair, as tables that the handlers find by themselves."""

    def __init__(self, made: Pair, tables: tuple[str, str], patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self._tables = tables
        kind, principal = ("key", KEY) if made.by_key else ("user", CALLER)
        self._context = {
            "requestId": "req",
            "authorizer": {"principal": principal, "kind": kind},
        }
        self.pair = made
        self.shown = 0
        """Answers so far that showed a row."""

    def list(self, query: Query, walk: str) -> Answer:
        answer = self._same(None, query)
        body = json.loads(answer["body"])
        if answer["statusCode"] != 200 or not walk:
            return answer
        if walk == "forged":
            self._same(None, query | _forged(query, self.pair))
            return answer
        edge, parameter = {"next": ("endCursor", "after"), "previous": ("startCursor", "before")}[
            walk
        ]
        if (found := body["pageInfo"][edge]) is not None:
            self._same(None, query | {parameter: found})
        return answer

    def command(self, name: str, install_id: str) -> Answer:
        return self._same(name, {}, install_id)

    def include(self, install_id: str, query: Query) -> Answer:
        return self._same("get", query, install_id)

    def _same(self, command: str | None, query: Query, install_id: str | None = None) -> Answer:
        handler = list_installs if command is None else COMMANDS[command]
        answers = []
        for table_name in self._tables:
            self._patch.setenv("TABLE_NAME", table_name)
            event = {
                "requestContext": self._context,
                "pathParameters": None if install_id is None else {"id": install_id},
                "multiValueQueryStringParameters": {n: [v] for n, v in query.items()} or None,
            }
            answers.append(handler(event, None))
        assert answers[0] == answers[1], (command, install_id, query)
        assert answers[0]["statusCode"] < 500
        self.shown += '"id":' in answers[0]["body"]
        return answers[0]


def _forged(query: Query, made: Pair) -> Query:
    """A cursor of the query at a row that the caller may not see."""
    try:
        read = parse({name: [value] for name, value in query.items()})
    except InstallsError:
        return {}
    guesses = [row for row in made.hidden if row["id"] in INSTALL_IDS]
    if not guesses:
        return {}
    row = guesses[len(json.dumps(query)) % len(guesses)]
    return {
        "after": cursor.encode(
            read.order, read.order.values(made.joined(row)), read.canonical_query
        )
    }


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch, cold_start: None) -> pytest.MonkeyPatch:
    monkeypatch.setattr(clock, "now", moment)
    # The history that comes with an install has the ids of its deletions, which are random.
    monkeypatch.setattr(commands, "uuid4", lambda: UUID(int=1))
    return monkeypatch


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def both(
    seed: int,
    dynamodb: DynamoDBClient,
    dynamodb_endpoint: str,
    table_definition: TableDefinition,
    frozen: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[Both]:
    frozen.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_endpoint)
    made = pair(seed)
    names = f"world-{seed}-a", f"world-{seed}-b"
    for name, lines in zip(names, made.worlds, strict=True):
        table_definition.create(dynamodb, name)
        data = rows.write(tmp_path / f"{name}.ndjson", lines)
        import_file(data, name, dynamodb_endpoint, lambda *_: None)
    yield Both(made, names, frozen)
    for name in names:
        dynamodb.delete_table(TableName=name)


@pytest.mark.parametrize("seed", range(PAIRS), indirect=True)
def test_every_answer_is_the_same_in_both_worlds(both: Both) -> None:
    @settings(
        max_examples=PER_PAIR,
        deadline=None,
        database=None,
        derandomize="CASES" not in os.environ,  # a long run asks for what was never asked before
        phases=[Phase.generate],  # requests change the worlds: an earlier one cannot be run again
        suppress_health_check=list(HealthCheck),
    )
    @given(request=_requests)
    def requests(request: tuple[str, Any, Any]) -> None:
        name, what, how = request
        if name == "list":
            both.list(what, how)
        elif name == "include":
            both.include(what, how)
        # A purge takes a row away from the requests that follow: most of them wait.
        elif name != "purge" or how == 0:
            both.command(name, what)

    requests()
    assert both.shown > PER_PAIR // 10


def test_the_pairs_differ_and_show_something() -> None:
    # given the pairs that are compared
    made = [pair(seed) for seed in range(PAIRS)]
    # then each differs in rows of every type together, and the caller sees something of them
    assert all(one.differences >= 5 for one in made)
    differing = {
        line["type"]
        for one in made
        for lines, others in (one.worlds, one.worlds[::-1])
        for line in lines
        if line not in others
    }
    assert differing >= {*LINES.values(), "workspaceMember", "apiKey"}
    assert sum(one.by_key for one in made) > sum(one.public for one in made) > 0
