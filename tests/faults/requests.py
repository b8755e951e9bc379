"""Requests to the functions, as the gateway would make them of a caller's, and what was told.

``ask`` checks what holds of every answer, whatever the table does: one of ours, in our shape, and
with ``Retry-After`` where another attempt may help.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from functions.get_install.handler import handler as get
from functions.list_installs.handler import handler as list_installs
from functions.purge_install.handler import handler as purge
from functions.restore_install.handler import handler as restore
from functions.uninstall_install.handler import handler as uninstall
from installs.http import STATUS
from tests.gateway import event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HANDLERS: Final[Mapping[str, Callable[..., Any]]] = {
    "list": list_installs,
    "get": get,
    "uninstall": uninstall,
    "restore": restore,
    "purge": purge,
}
CODES: Final = {kind.code: int(status) for kind, status in STATUS.items()}


@dataclass(frozen=True)
class Answer:
    """The answer to a caller, and the seconds until it came."""

    status: int
    body: Any
    seconds: float


class WrongAnswerError(AssertionError):
    """An answer that no caller may get."""


def ask(name: str, user: str, install_id: str | None = None, **query: str) -> Answer:
    """The answer of an endpoint to a user.

    Raises
    ------
    WrongAnswerError
        It is not of the contract: another shape, a 500, a 503 without ``Retry-After``.
    """
    asked = event(
        requestContext={"requestId": "r", "authorizer": {"principal": user, "kind": "user"}},
        pathParameters=None if install_id is None else {"id": install_id},
        multiValueQueryStringParameters={key: [value] for key, value in query.items()} or None,
    )
    began = time.monotonic()
    answer = HANDLERS[name](asked, None)
    seconds = time.monotonic() - began
    status, body, headers = answer["statusCode"], json.loads(answer["body"]), answer["headers"]
    if status != 200:
        shape = {"type", "title", "status", "detail", "code", "requestId", "errors"}
        if body.keys() != shape or CODES.get(body["code"]) != status:
            raise WrongAnswerError(f"{name}: {status} {body}")
        if (status == 503) is not ("Retry-After" in headers):
            raise WrongAnswerError(f"{name}: {status} with {headers}")
    return Answer(status, body, seconds)
