"""Checks of a deployed API: those that change nothing, then the life of one install.

Each check returns a few words, or raises ``UnexpectedError``. The Python client sends
the requests and reads the answers; httpx sends only those that the client cannot make.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from installs_client import (
    Client,
    InstallsError,
    InvalidFilterError,
    NotFoundError,
    ProblemError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from installs_client import Install, Page

ABSENT: Final = "smoke_no_such_install"
ROUTE: Final = "/api/integration-installs"
WRONG_FILTER: Final = '{"memberPolicy":{"eqq":"manual"}}'
NO_LIVE_DEPENDENT: Final = (
    '{"members":{"none":{"deletedAt":{"isNull":true}}},'
    '"addOns":{"none":{"deletedAt":{"isNull":true}}}}'
)

Check = tuple[str, "Callable[[], str]"]


class UnexpectedError(Exception):
    """An answer is not as it should be."""


@dataclass(frozen=True, slots=True)
class Api:
    """One API as one caller: the client, and plain HTTP below the same base URL."""

    client: Client
    http: httpx.Client


def outcome_of(check: Callable[[], str]) -> tuple[bool, str]:
    """Run a check: True if it passed, and what it saw."""
    try:
        return True, check()
    except (UnexpectedError, InstallsError) as error:
        return False, str(error)
    except httpx.HTTPError as error:
        return False, str(error) or type(error).__name__


def expect(condition: bool, otherwise: str) -> None:
    """Raise ``UnexpectedError`` unless the condition holds."""
    if not condition:
        raise UnexpectedError(otherwise)


def harmless(api: Api) -> Iterator[Check]:
    """Yield the checks that change nothing, for any caller."""
    client = api.client
    yield "the list", lambda: _list(client)
    yield "its next page", lambda: _next_page(client)
    yield "an install", lambda: _get(client)
    yield "an invalid filter", lambda: _invalid_filter(client)
    yield "get of an absent install", lambda: _absent(client.get)
    yield "uninstall of an absent install", lambda: _absent(client.uninstall)
    yield "restore of an absent install", lambda: _absent(client.restore)
    yield "purge of an absent install", lambda: _absent(client.purge)
    yield "no token", lambda: _unauthorized(api.http, {})
    yield "an invalid token", lambda: _unauthorized(api.http, {"Authorization": "Bearer a.b.c"})
    yield "an unknown path", lambda: _problem(api.http.get("/api/smoke"), 404, "not_found")


def _list(client: Client) -> str:
    page = client.list(limit=10)
    expect(len(page.rows) == min(10, page.info.total), "rows and total disagree")
    return f"{len(page.rows)} of {page.info.total} installs"


def _next_page(client: Client) -> str:
    first = client.list(limit=1)
    if not first.info.has_next_page:
        return "there is none: the caller sees at most one install"
    second = client.list(limit=1, after=first.info.end_cursor)
    expect(second.info.has_previous_page, "it has no previous page")
    expect(first.rows != second.rows, "it is the first page again")
    return f"{_only(second).id} after {_only(first).id}"


def _only(page: Page) -> Install:
    expect(len(page.rows) == 1, f"{len(page.rows)} rows on a page of 1")
    return page.rows[0]


def _get(client: Client) -> str:
    rows = client.list(limit=1).rows
    if not rows:
        return "the caller sees none"
    row = client.get(rows[0].id)
    expect(row.raw == rows[0].raw, f"{row.id} differs from its row in the list")
    return row.id


def _invalid_filter(client: Client) -> str:
    try:
        client.list(filter=WRONG_FILTER)
    except InvalidFilterError as error:
        pointers = [issue.pointer for issue in error.errors]
        expect(pointers == ["/memberPolicy/eqq"], "the error does not name the place")
        return "400 with the place"
    raise UnexpectedError("it was accepted")


def _absent(operation: Callable[[str], object]) -> str:
    try:
        operation(ABSENT)
    except NotFoundError as error:
        expect(bool(error.request_id), "the error names no request")
        return "404"
    raise UnexpectedError("it was found")


def _unauthorized(http: httpx.Client, headers: dict[str, str]) -> str:
    answer = http.get(ROUTE, headers=headers)
    expect(
        answer.headers.get("www-authenticate", "").startswith("Bearer"), "no scheme is announced"
    )
    return _problem(answer, 401, "unauthorized")


def _problem(answer: httpx.Response, status: int, code: str) -> str:
    """Check that an answer is an error of RFC 9457 with a status and a code."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    expect(answer.status_code == status, f"status {answer.status_code} instead of {status}")
    expect(kind == "application/problem+json", f"the content type is {kind}")
    body = answer.json()
    expect(isinstance(body, dict) and body.get("code") == code, f"the code is not {code}")
    return str(status)


@dataclass(slots=True)
class Life:
    """Uninstall of one install, its cascade, and its restore."""

    client: Client
    install_id: str
    patience: float
    """Seconds that the cascade may take."""
    before: Install | None = None
    add_ons: int = 0
    away: bool = False
    """True while this test has the install in the trash, and must restore it."""

    def checks(self) -> Iterator[Check]:
        """Yield the checks in order; after a failure only ``restore`` makes sense."""
        yield f"{self.install_id} is live", self._live
        yield "uninstall", self._uninstall
        yield "uninstall again", self._again
        yield "dependents are deleted", self._deleted
        yield "restore", self.restore
        yield "dependents are restored", self._restored

    def _live(self) -> str:
        self.before = self.client.get(self.install_id)
        expect(self.before.deleted_at is None, "it is in the trash already")
        self.add_ons = self._live_add_ons()
        return f"add-ons: {self.add_ons}"

    def _uninstall(self) -> str:
        self.away = True
        try:
            self.client.uninstall(self.install_id)
        except ProblemError as error:
            self.away = error.status >= 500  # else it was refused, and is live
            raise
        row = self.client.get(self.install_id)
        expect(row.deleted_at is not None, "it is still live")
        return f"retention: {row.retention_tier}"

    def _again(self) -> str:
        deleted_at = self.client.get(self.install_id).deleted_at
        self.client.uninstall(self.install_id)
        expect(
            self.client.get(self.install_id).deleted_at == deleted_at,
            "it was deleted twice",
        )
        return "nothing changed"

    def _deleted(self) -> str:
        return self._await(lambda: self._no_live_dependent() and self._live_add_ons() == 0)

    def restore(self) -> str:
        """Restore the install; safe at any time."""
        row = self.client.restore(self.install_id)
        self.away = False
        expect(self.before is None or row.raw == self.before.raw, "it differs from before")
        return "the same as before"

    def _restored(self) -> str:
        return self._await(lambda: self._live_add_ons() == self.add_ons)

    def _await(self, condition: Callable[[], bool]) -> str:
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > self.patience:
                raise UnexpectedError(f"not within {self.patience:g} seconds")
            time.sleep(0.2)
        return f"in {time.monotonic() - began:.1f} s"

    def _no_live_dependent(self) -> bool:
        page = self.client.trash(ids=[self.install_id], filter=NO_LIVE_DEPENDENT)
        return page.info.total == 1

    def _live_add_ons(self) -> int:
        return self.client.list(parent_install_id=self.install_id).info.total
