"""The smoke test passes on a sound API, and finds each fault of another."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
from typer.testing import CliRunner

from installs_client import Client, Retries
from tests import rows
from tests.commands import APP
from tools.smoke.checks import ROUTE, Api, harmless, outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOKEN: Final = "sec_of_an_editor"  # noqa: S105 - nobody's
URL: Final = "https://api.example/prod"
MINE: Final = "ins_a"

Fault = tuple[str, "Callable[[httpx.Response], httpx.Response]"]


@dataclass
class Service:
    """The API in a few lines: two installs, one with an add-on that follows it; or not."""

    follows: bool = True
    deleted: dict[str, bool] = field(default_factory=lambda: {"ins_a": False, "ins_b": False})
    fault: Fault | None = None
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/prod")
        kind = f"{request.method} {path.removeprefix(ROUTE)}"
        self.asked.append(kind)
        answer = self._answer(request, path)
        if self.fault is not None and self.fault[0] == kind:
            return self.fault[1](answer)
        return answer

    def _answer(self, request: httpx.Request, path: str) -> httpx.Response:
        if not path.startswith(ROUTE):
            return problem(404, "not_found")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return problem(401, "unauthorized", {"WWW-Authenticate": "Bearer"})
        install_id, _, action = path.removeprefix(ROUTE).strip("/").partition("/")
        if not install_id:
            return self._page(dict(request.url.params))
        if install_id not in self.deleted:
            return problem(404, "not_found")
        if request.method == "DELETE":
            self.deleted[install_id] = True
            return httpx.Response(200, json={"success": True})
        if action == "restore":
            self.deleted[install_id] = False
        return httpx.Response(200, json=self._row(install_id))

    def _row(self, install_id: str) -> dict[str, Any]:
        row = {k: v for k, v in rows.install(install_id).items() if k != "type"}
        at = "2026-11-25T00:00:00.000Z" if self.deleted[install_id] else None
        return {**row, "deletedAt": at, "retentionTier": at and "medium"}

    def _page(self, query: dict[str, str]) -> httpx.Response:
        if "eqq" in query.get("filter", ""):
            return problem(400, "invalid_filter", pointer="/memberPolicy/eqq")
        ids = sorted(self.deleted)
        if "parent_install_id" in query:
            gone = self.follows and self.deleted[MINE]
            ids = [] if gone else ["ins_b"]
        elif "ids" in query:
            ids = [MINE] if self.deleted[MINE] and self.follows else []
        after = query.get("after")
        shown = [one for one in ids if after is None or one > after][: int(query.get("limit", 100))]
        info = {
            "total": len(ids),
            "hasNextPage": bool(shown) and shown[-1] != ids[-1],
            "hasPreviousPage": after is not None,
            "startCursor": shown[0] if shown else None,
            "endCursor": shown[-1] if shown else None,
        }
        return httpx.Response(200, json={"data": [*map(self._row, shown)], "pageInfo": info})


def problem(
    status: int, code: str, headers: dict[str, str] | None = None, pointer: str | None = None
) -> httpx.Response:
    body = {
        "type": "about:blank", "title": "No", "status": status, "detail": "No.", "code": code,
        "requestId": "request-1", "errors": [{"pointer": pointer}] if pointer else [],
    }  # fmt: skip
    kind = {"Content-Type": "application/problem+json", **(headers or {})}
    return httpx.Response(status, content=json.dumps(body), headers=kind)


def api(service: Service) -> Api:
    transport = httpx.MockTransport(service)
    once = Retries(attempts=1)
    return Api(
        Client(URL, TOKEN, retries=once, transport=transport),
        httpx.Client(base_url=URL, transport=transport),
    )


def failed(service: Service) -> list[str]:
    """Return the checks that fail."""
    return [name for name, check in harmless(api(service)) if not outcome_of(check)[0]]


def test_a_sound_service_passes_and_is_left_unchanged() -> None:
    service = Service()

    assert failed(service) == []
    assert not any(service.deleted.values())
    changes = {one for one in service.asked if not one.startswith("GET")}
    nobody = "/smoke_no_such_install"
    assert changes == {f"DELETE {nobody}", f"POST {nobody}/restore", f"DELETE {nobody}/purge"}


def changed(**members: object) -> Callable[[httpx.Response], httpx.Response]:
    """Change members of an answer's body."""

    def change(answer: httpx.Response) -> httpx.Response:
        headers = {**answer.headers}
        headers.pop("content-length", None)
        body = json.dumps({**answer.json(), **members})
        return httpx.Response(answer.status_code, content=body, headers=headers)

    return change


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (("GET ", changed(data=[])), {"the list"}),
        (("GET ", changed(pageInfo={})), {"the list", "its next page", "an install"}),
        (("GET ", lambda _: httpx.Response(502, text="<html>")),
         {"the list", "its next page", "an install", "an invalid filter", "no token",
          "an invalid token"}),
        (("GET /ins_a", changed(memberPolicy="manual2")), {"an install"}),
        (("GET /smoke_no_such_install", lambda _: problem(403, "forbidden")),
         {"get of an absent install"}),
        (("DELETE /smoke_no_such_install", lambda _: httpx.Response(500, json={"message": None})),
         {"uninstall of an absent install"}),
        (("POST /smoke_no_such_install/restore", changed(code="conflict")),
         {"restore of an absent install"}),
        (("DELETE /smoke_no_such_install/purge", changed(requestId="")),
         {"purge of an absent install"}),
        (("GET /api/smoke", lambda _: httpx.Response(403, json={"message": "Forbidden"})),
         {"an unknown path"}),
    ],
)  # fmt: skip
def test_it_finds_what_is_wrong(fault: Fault, found: set[str]) -> None:
    assert set(failed(Service(fault=fault))) >= found


def run(service: Service, patch: pytest.MonkeyPatch, *arguments: str, token: str = TOKEN) -> Any:  # noqa: ANN401
    patch.setenv("INSTALLS_TOKEN", token)
    transport = httpx.MockTransport(service)
    patch.setattr("tools.smoke.commands.transport", lambda: transport)
    patch.setattr("tools.smoke.checks.time.sleep", lambda _: None)
    return CliRunner().invoke(APP, ["smoke", "--base-url", URL, *arguments])


def test_the_life_of_an_install_is_looked_at_and_ends_where_it_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = Service()

    done = run(service, monkeypatch, "--write", MINE)

    assert done.exit_code == 0, done.output
    assert "All checks passed." in done.output
    assert "DELETE /ins_a" in service.asked
    assert not service.deleted[MINE]


def test_a_cascade_that_does_not_come_is_said_and_the_install_brought_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = Service(follows=False)

    done = run(service, monkeypatch, "--write", MINE, "--patience", "1")

    assert done.exit_code == 1
    assert "FAIL  dependents are deleted: not within 1 seconds" in done.output
    assert "ok    restore after a failure" in done.output
    assert not service.deleted[MINE]


def test_an_answer_that_never_came_may_have_been_an_uninstall(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lost(_: httpx.Response) -> httpx.Response:
        raise httpx.ReadTimeout("The answer did not come.")

    service = Service(fault=("DELETE /ins_a", lost))

    done = run(service, monkeypatch, "--write", MINE)

    assert done.exit_code == 1
    assert not service.deleted[MINE], "it was left in the trash"


def test_who_may_not_uninstall_is_told_and_nothing_is_brought_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = Service(fault=("DELETE /ins_a", lambda _: problem(403, "forbidden")))
    service.deleted[MINE] = False

    done = run(service, monkeypatch, "--write", MINE)

    assert done.exit_code == 1
    assert "POST /ins_a/restore" not in service.asked


def test_an_install_in_the_trash_is_left_there(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    service.deleted[MINE] = True

    done = run(service, monkeypatch, "--write", MINE)

    assert done.exit_code == 1
    assert service.deleted[MINE]


def test_the_token_may_be_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")

    done = run(Service(), monkeypatch, "--token-file", str(tmp_path / "token"), token="")

    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(("token", "code"), [("", 2), ("sec_another", 3)])
def test_it_says_why_it_could_not_begin(
    token: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(Service(), monkeypatch, token=token)

    assert done.exit_code == code
    assert "sec_another" not in done.output
