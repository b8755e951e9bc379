"""Past its retention a row is gone for every reader, swept or not (CONTRACT.md sections 2-6)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from functions.get_install.handler import handler as get
from functions.list_installs.handler import handler as list_installs
from functions.purge_install.handler import handler as purge
from functions.restore_install.handler import handler as restore
from functions.uninstall_install.handler import handler as uninstall
from installs import access, clock
from installs.store import table
from tests import rows
from tools.importer import import_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DAYS: Final = {"short": 7, "medium": 30, "long": 90}
ONE: Final = "ins_a"


def call(handler: Callable[..., Any], install_id: str | None = None, **query: str) -> Any:  # noqa: ANN401
    """The status and the body of an answer."""
    answer = handler(
        {
            "requestContext": {"authorizer": {"principal": "usr_ada", "kind": "user"}},
            "pathParameters": None if install_id is None else {"id": install_id},
            "multiValueQueryStringParameters": {n: [v] for n, v in query.items()} or None,
        },
        None,
    )
    return answer["statusCode"], json.loads(answer["body"])


def listed(**query: str) -> list[str]:
    status, body = call(list_installs, **query)
    assert status == 200
    found = [row["id"] for row in body["data"]]
    assert body["pageInfo"]["total"] == len(found)
    return found


@pytest.fixture
def load(
    table_name: str, dynamodb_endpoint: str, tmp_path: Path
) -> Iterator[Callable[[str], None]]:
    """Puts an install and its add-on into a workspace that chose a tier."""

    def put(tier: str) -> None:
        base = rows.base()
        base[0]["defaultRetentionTier"] = tier
        family = [rows.install(ONE), rows.install("ins_b", parentInstallId=ONE)]
        data = rows.write(tmp_path / "rows.ndjson", [*base, *family])
        import_file(data, table_name, dynamodb_endpoint, lambda *_: None)

    table.client.cache_clear()
    access._seen.clear()
    yield put
    table.client.cache_clear()


@pytest.fixture
def move(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Sets the clock so much later than when the test began."""
    started = clock.now()

    def to(later: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: started + later)

    to(timedelta())
    return to


def seen_everywhere(tier: str) -> bool:
    """Whether the install is there, by each way of reading; all agree."""
    child = '{"id":"ins_b","parentInstall":{"id":{"isNull":false}}}'
    ways: set[bool] = {
        call(get, ONE)[0] == 200,
        ONE in listed(include_deleted="only"),
        ONE in listed(include_deleted="true"),
        ONE in listed(retention_tier=tier),
        ONE in listed(ids=ONE, include_deleted="true"),
        ONE in listed(include_deleted="only", orderBy='[{"deletedAt":"desc"}]'),
        ONE in listed(include_deleted="only", orderBy='[{"memberPolicy":"asc"}]'),
        bool(listed(filter=child)),
    }
    assert len(ways) == 1
    return ways.pop()


@pytest.mark.parametrize("tier", DAYS)
def test_a_tier_runs_out_for_every_reader_and_writer(
    load: Callable[[str], None], move: Callable[[timedelta], None], tier: str
) -> None:
    # given an install that was uninstalled, whose row nobody sweeps
    load(tier)
    assert call(uninstall, ONE)[0] == 200
    assert call(get, ONE)[1]["retentionTier"] == tier
    # when the last seconds of its retention have come, it is there
    move(timedelta(days=DAYS[tier], seconds=-2))
    assert seen_everywhere(tier)
    # and when they are over, it is not, for reading or for anything else
    move(timedelta(days=DAYS[tier], seconds=1))
    assert not seen_everywhere(tier)
    for handler in (uninstall, restore, purge):
        assert call(handler, ONE)[0] == 404
    # nor does it count as the parent that an add-on needs
    assert call(uninstall, "ins_b")[0] == 200
    assert call(restore, "ins_b")[0] == 409


def test_without_retention_it_stays_and_comes_back(
    load: Callable[[str], None], move: Callable[[timedelta], None]
) -> None:
    load("none")
    assert call(uninstall, ONE)[0] == 200
    move(timedelta(days=3650))
    assert seen_everywhere("none")
    assert call(restore, ONE)[0] == 200
    assert call(get, ONE)[1]["deletedAt"] is None
