"""The five functions called in this process, and the cascade's repair, over one table."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from functions.get_install.handler import handler as get_install
from functions.list_installs.handler import handler as list_installs
from functions.purge_install.handler import handler as purge_install
from functions.restore_install.handler import handler as restore_install
from functions.uninstall_install.handler import handler as uninstall_install
from installs import clock, repair
from installs.cascade import Work
from tests import caches
from tools.importer.table import open_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from installs.store.table import Table

ADMIN: Final = "usr_ada"
LEVELS: Final = 4
"""Runs of the repair until the add-ons of add-ons have followed."""

_HANDLERS: Final = {
    "get": get_install,
    "list": list_installs,
    "uninstall": uninstall_install,
    "restore": restore_install,
    "purge": purge_install,
}


class Service:
    """The service over one table, at a time that a test sets."""

    def __init__(self, table: Table, now: datetime, patch: pytest.MonkeyPatch) -> None:
        self.table = table
        self._patch = patch
        self.at = now
        self.later(timedelta())

    def later(self, span: timedelta) -> None:
        """Move the clock."""
        self.at = moment = self.at + span
        self._patch.setattr(clock, "now", lambda: moment)

    def call(
        self,
        name: str,
        install_id: str | None = None,
        principal: str = ADMIN,
        kind: str = "user",
        **query: str,
    ) -> tuple[int, Any]:
        """The status and the body of an answer."""
        caches.reset()
        answer = _HANDLERS[name](
            {
                "requestContext": {
                    "requestId": f"req_{install_id or name}",
                    "authorizer": {"principal": principal, "kind": kind},
                },
                "pathParameters": None if install_id is None else {"id": install_id},
                "multiValueQueryStringParameters": {n: [v] for n, v in query.items()} or None,
            },
            None,
        )
        return answer["statusCode"], json.loads(answer["body"])

    def finish(self) -> None:
        """Let the repair finish every cascade, level by level."""
        for _ in range(LEVELS):
            self.later(timedelta(minutes=10))
            assert repair.finish_overdue(Work(self.table)).failed == 0


@contextmanager
def service(
    table_name: str, endpoint: str, now: datetime, patch: pytest.MonkeyPatch
) -> Iterator[Service]:
    """The service over a table that is there."""
    patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
    patch.setenv("TABLE_NAME", table_name)
    caches.reset()
    yield Service(open_table(table_name, endpoint), now, patch)
    caches.reset()
