"""The API as a caller sees it, and what is expected of an answer (CONTRACT.md sections 1, 2, 9)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

from installs.model import Install

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

ROUTE: Final = "/api/integration-installs"
PROBLEM: Final = {"type", "title", "status", "detail", "code", "requestId", "errors"}
PAGE_INFO: Final = {"total", "hasNextPage", "hasPreviousPage", "startCursor", "endCursor"}
FIELDS: Final = len(fields(Install))

Json = dict[str, Any]


class UnexpectedError(Exception):
    """An answer is not what it should be."""


@dataclass(frozen=True, slots=True)
class Api:
    """Speaks to one API as one caller. ``client`` keeps connections; the token is in no message."""

    base_url: str
    token: str = field(repr=False)
    client: httpx.Client

    def ask(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        *,
        token: str | None = "",
    ) -> httpx.Response:
        """Ask for a path below the base URL; ``token``: another than the caller's, or none."""
        given = self.token if token == "" else token
        return self.client.request(
            method,
            self.base_url.rstrip("/") + path,
            params=parameters,
            headers={} if given is None else {"Authorization": f"Bearer {given}"},
        )

    def page(self, **parameters: str) -> Json:
        """A page of the list.

        Raises
        ------
        UnexpectedError
            It is none.
        """
        page = body(self.ask("GET", ROUTE, parameters), 200)
        expect(isinstance(page.get("data"), list), "there is no list in 'data'")
        info = page.get("pageInfo")
        expect(isinstance(info, dict) and info.keys() == PAGE_INFO, "'pageInfo' is not complete")
        expect(
            all(len(row) == FIELDS for row in page["data"]), f"a row has not its {FIELDS} fields"
        )
        return page

    def install(self, install_id: str) -> Json:
        """An install."""
        return body(self.ask("GET", f"{ROUTE}/{install_id}"), 200)


def expect(holds: bool, otherwise: str) -> None:
    """Go on if it holds.

    Raises
    ------
    UnexpectedError
        It does not.
    """
    if not holds:
        raise UnexpectedError(otherwise)


def body(answer: httpx.Response, status: int) -> Json:
    """The body of an answer that should have a status.

    Raises
    ------
    UnexpectedError
        It has another one, or is no JSON object.
    """
    try:
        told = answer.json()
    except ValueError:
        told = None
    if answer.status_code != status:
        detail = told.get("detail") if isinstance(told, dict) else answer.text[:200]
        request = told.get("requestId") if isinstance(told, dict) else None
        known = f" (request {request})" if request else "; is the base URL that of a stage?"
        raise UnexpectedError(f"{answer.status_code} in place of {status}: {detail}{known}")
    expect(isinstance(told, dict), f"the {status} has no JSON object in it")
    found: Json = told
    return found


def problem(answer: httpx.Response, status: int, code: str) -> Json:
    """The body of an answer that should be an error.

    Raises
    ------
    UnexpectedError
        It is another one, or of another shape than RFC 9457's.
    """
    told = body(answer, status)
    kind = answer.headers.get("content-type", "").partition(";")[0]
    expect(kind == "application/problem+json", f"the {status} is {kind}")
    expect(told.keys() == PROBLEM, f"the {status} has the members {', '.join(told)}")
    expect(told["code"] == code, f"the code is {told['code']} in place of {code}")
    expect(bool(told["requestId"]), "the error names no request")
    return told
