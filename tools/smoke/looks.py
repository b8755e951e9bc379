"""What the smoke test looks at: what harms nothing; then, if asked to, the life of an install.

Each look is a function that says in a few words what it saw, or raises ``UnexpectedError``.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from tools.smoke.api import ROUTE, Api, Json, UnexpectedError, body, expect, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOBODY: Final = "smoke_no_such_install"

NOTHING_LIVE: Final = {
    "members": {"none": {"deletedAt": {"isNull": True}}},
    "addOns": {"none": {"deletedAt": {"isNull": True}}},
}
"""A filter: nothing that hangs from an install is live."""

Look = tuple[str, "Callable[[], str]"]


def tried(look: Callable[[], str]) -> tuple[bool, str]:
    """Whether it saw what it should, and what it saw."""
    try:
        return True, look()
    except UnexpectedError as error:
        return False, str(error)
    except httpx.HTTPError as error:
        return False, str(error) or type(error).__name__
    except (LookupError, TypeError, AttributeError) as error:
        return False, f"the answer is of another shape ({error!r})"


def harmless(api: Api) -> Iterator[Look]:
    """Looks that change nothing, whoever asks."""
    yield "the list", lambda: _list(api)
    yield "its next page", lambda: _next_page(api)
    yield "an install", lambda: _get(api)
    yield "a filter that is wrong", lambda: _wrong_filter(api)
    for name, method, path in (
        ("get", "GET", ""), ("uninstall", "DELETE", ""),
        ("restore", "POST", "/restore"), ("purge", "DELETE", "/purge"),
    ):  # fmt: skip
        yield f"{name} of an install that is not there", _absent(api, method, path)
    yield "no token", lambda: _unauthorized(api, None)
    yield "a token that is none", lambda: _unauthorized(api, "a.b.c")
    yield "a path that is not there", lambda: _unknown_path(api)


def _list(api: Api) -> str:
    page = api.page(limit="10")
    expect(len(page["data"]) == min(10, page["pageInfo"]["total"]), "rows and total disagree")
    return f"{len(page['data'])} of {page['pageInfo']['total']} installs"


def _next_page(api: Api) -> str:
    first = api.page(limit="1")
    if not first["pageInfo"]["hasNextPage"]:
        return "there is none: the caller sees one install at the most"
    second = api.page(limit="1", after=first["pageInfo"]["endCursor"])
    expect(second["pageInfo"]["hasPreviousPage"], "it knows of no page before it")
    expect(first["data"][0]["id"] != second["data"][0]["id"], "it shows the first page again")
    return f"{second['data'][0]['id']} after {first['data'][0]['id']}"


def _get(api: Api) -> str:
    rows = api.page(limit="1")["data"]
    if not rows:
        return "the caller sees none"
    row = api.install(rows[0]["id"])
    expect(row == rows[0], f"{row['id']} is another than in the list")
    return str(row["id"])


def _wrong_filter(api: Api) -> str:
    wanted = json.dumps({"memberPolicy": {"eqq": "manual"}})
    told = problem(api.ask("GET", ROUTE, {"filter": wanted}), 400, "invalid_filter")
    expect(told["errors"][0]["pointer"] == "/memberPolicy/eqq", "it does not say where")
    return "400, and where"


def _absent(api: Api, method: str, path: str) -> Callable[[], str]:
    def look() -> str:
        problem(api.ask(method, f"{ROUTE}/{NOBODY}{path}"), 404, "not_found")
        return "404"

    return look


def _unauthorized(api: Api, token: str | None) -> str:
    answer = api.ask("GET", ROUTE, token=token)
    problem(answer, 401, "unauthorized")
    expect(answer.headers.get("www-authenticate") == "Bearer", "it does not say which scheme")
    return "401"


def _unknown_path(api: Api) -> str:
    problem(api.ask("GET", "/api/smoke"), 404, "not_found")
    return "404"


@dataclass(slots=True)
class Life:
    """Uninstalls one install, watches what hangs from it follow, and brings it back."""

    api: Api
    install_id: str
    patience: float
    """Seconds that the cascade has."""
    before: Json | None = None
    add_ons: int = 0
    away: bool = False
    """Whether it is in the trash by this test, and so has to come back."""

    def looks(self) -> Iterator[Look]:
        """In this order; if one fails, no other makes sense but ``restore``."""
        yield f"{self.install_id}, live", self._live
        yield "uninstall", self._uninstall
        yield "uninstall again", self._again
        yield "what hangs from it follows", self._follows
        yield "restore", self.restore
        yield "what hung from it is back", self._back

    def _live(self) -> str:
        self.before = self.api.install(self.install_id)
        expect(self.before["deletedAt"] is None, "it is in the trash already")
        self.add_ons = self._live_add_ons()
        return f"add-ons: {self.add_ons}"

    def _uninstall(self) -> str:
        self.away = True
        answer = self.api.ask("DELETE", f"{ROUTE}/{self.install_id}")
        self.away = not 400 <= answer.status_code < 500  # then it was refused, and is live
        expect(body(answer, 200) == {"success": True}, "no success")
        row = self.api.install(self.install_id)
        expect(row["deletedAt"] is not None, "it is live still")
        return f"kept as {row['retentionTier']}"

    def _again(self) -> str:
        at = self.api.install(self.install_id)["deletedAt"]
        body(self.api.ask("DELETE", f"{ROUTE}/{self.install_id}"), 200)
        expect(self.api.install(self.install_id)["deletedAt"] == at, "it was deleted once more")
        return "nothing happened"

    def _follows(self) -> str:
        return self._await(lambda: self._nothing_live() and self._live_add_ons() == 0)

    def restore(self) -> str:
        """Bring it back; safe at any time."""
        row = body(self.api.ask("POST", f"{ROUTE}/{self.install_id}/restore"), 200)
        self.away = False
        expect(self.before is None or row == self.before, "it is another than before")
        return "the same as before"

    def _back(self) -> str:
        return self._await(lambda: self._live_add_ons() == self.add_ons)

    def _await(self, holds: Callable[[], bool]) -> str:
        began = time.monotonic()
        while not holds():
            if time.monotonic() - began > self.patience:
                raise UnexpectedError(f"not within {self.patience:g} seconds")
            time.sleep(0.2)
        return f"in {time.monotonic() - began:.1f} s"

    def _nothing_live(self) -> bool:
        page = self.api.page(
            ids=self.install_id, include_deleted="only", filter=json.dumps(NOTHING_LIVE)
        )
        return bool(page["pageInfo"]["total"] == 1)

    def _live_add_ons(self) -> int:
        total: int = self.api.page(parent_install_id=self.install_id)["pageInfo"]["total"]
        return total
