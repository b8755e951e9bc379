"""The service itself: its handlers, called in process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.get_install.handler import handler as get
from functions.list_installs.handler import handler as list_installs
from functions.restore_install.handler import handler as restore
from functions.uninstall_install.handler import handler as uninstall
from installs import http

if TYPE_CHECKING:
    from installs.store.usage import Usage
    from tools.bench.compared.events import Answer, Event

last_read: list[Usage] = []
"""The usage of the last request."""


def _note(*, usage: Usage, **_: object) -> None:
    last_read[:] = [usage]


# The request's log line is not compared: the alternative writes none.
http.__dict__["log_request"] = _note


def handler(event: Event) -> Answer:
    """Answer a request as the function of its route does."""
    route = event["httpMethod"], event["pathParameters"] is None
    if route == ("GET", True):
        return list_installs(event, None)
    if route == ("GET", False):
        return get(event, None)
    return (uninstall if route[0] == "DELETE" else restore)(event, None)
