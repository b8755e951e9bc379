"""Errors, retries and the token (CONTRACT.md sections 8 and 9)."""

from __future__ import annotations

import logging
import pickle
import random
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import installs_client
from installs.errors import InstallsError as OfTheService
from installs.http import STATUS
from installs_client import (
    InternalError,
    InvalidFilterError,
    InvalidRequestError,
    MaybePurgedError,
    NotFoundError,
    ProblemError,
    Retries,
    ThrottledError,
    UnauthorizedError,
    UnreachableError,
)
from installs_client.errors import BY_CODE
from tests.unit.client.service import ONCE, TOKEN, Service, page, problem, row, sync_client
from tools.local.paths import ROOT

if TYPE_CHECKING:
    from tests.unit.client.service import Make

DONE = httpx.Response(200, json={"success": True})
LOST = httpx.ReadTimeout("lost")
NEVER_SENT = httpx.ConnectError("no way")


@pytest.fixture(autouse=True)
def longest_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda _low, high: high)


def test_there_is_a_class_for_each_code_of_the_service() -> None:
    assert set(BY_CODE) == {OfTheService.code, *(kind.code for kind in STATUS)}
    assert all(getattr(installs_client, kind.__name__) is kind for kind in BY_CODE.values())


def test_the_page_names_the_class_of_each_code() -> None:
    text = (ROOT / "clients/python/README.md").read_text()

    assert [
        code for code, kind in BY_CODE.items() if f"| `{code}` | `{kind.__name__}` |" not in text
    ] == []


@pytest.mark.parametrize("code", BY_CODE)
def test_a_problem_is_raised_as_its_class(make: Make, code: str) -> None:
    client = make(Service([problem(418, code)]))
    with pytest.raises(BY_CODE[code]) as raised:
        client.get("ins_a")

    error = raised.value
    assert type(error) is BY_CODE[code]
    assert (error.status, error.code, error.request_id) == (418, code, "req_1")
    assert [(one.parameter, one.pointer, str(one)) for one in error.errors] == [
        ("filter", "/a", "filter /a: why")
    ]
    assert str(error) == f"It cannot be. (418 {code}, request req_1)"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - just made


def test_a_code_of_a_newer_service_is_a_problem(make: Make) -> None:
    with pytest.raises(ProblemError) as raised:
        make(Service([problem(451, "not_for_you")])).get("ins_a")
    assert (type(raised.value), raised.value.code) == (ProblemError, "not_for_you")


@pytest.mark.parametrize(
    "failure",
    [problem(429, "throttled"), problem(500, "internal_error"), problem(504, "internal_error"),
     httpx.Response(503, text="busy"), LOST, NEVER_SENT, httpx.RemoteProtocolError("cut")],
)  # fmt: skip
def test_what_may_pass_is_tried_again(make: Make, waited: list[float], failure: Any) -> None:  # noqa: ANN401
    service = Service([failure, failure, httpx.Response(200, json=row())])

    assert make(service).get("ins_a").id == "ins_a"
    assert len(service.asked) == 3
    assert waited == [0.25, 0.5]


@pytest.mark.parametrize("method", ["get", "uninstall", "restore", "purge", "list"])
def test_any_operation_is_tried_a_bounded_number_of_times(
    make: Make, waited: list[float], method: str
) -> None:
    service = Service([problem(500, "internal_error")])
    client = make(service, retries=Retries(attempts=7, longest_seconds=2))
    with pytest.raises(InternalError):
        getattr(client, method)(*([] if method == "list" else ["ins_a"]))

    assert len(service.asked) == 7
    assert waited == [0.25, 0.5, 1.0, 2.0, 2.0, 2.0]


def test_no_answer_at_all_is_unreachable(make: Make) -> None:
    service = Service([NEVER_SENT])
    with pytest.raises(UnreachableError, match=r"api\.example\.com after 4 attempts") as raised:
        make(service).list()
    assert raised.value.__cause__ is NEVER_SENT


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_what_will_not_pass_is_not_tried_again(make: Make, status: int) -> None:
    service = Service([problem(status, "whatever")])
    with pytest.raises(ProblemError):
        make(service).get("ins_a")
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("after", "least", "most"),
    [("3", 3.25, 3.25), ("0", 0.25, 0.25), (timedelta(seconds=20), 1.0, 20.25),
     (timedelta(seconds=-5), 0.25, 0.25), ("soon", 0.25, 0.25), ("-1", 0.25, 0.25),
     ("", 0.25, 0.25)],
)  # fmt: skip
def test_retry_after_is_honoured(
    make: Make, waited: list[float], after: str | timedelta, least: float, most: float
) -> None:
    header = (
        after if isinstance(after, str) else format_datetime(datetime.now(UTC) + after, usegmt=True)
    )
    service = Service([problem(429, "throttled", {"Retry-After": header}), DONE])
    make(service).uninstall("ins_a")
    assert least <= waited[0] <= most


@pytest.mark.parametrize("header", ["31", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_retry_after_beyond_patience_is_raised_at_once(
    make: Make, waited: list[float], header: str
) -> None:
    service = Service([problem(429, "throttled", {"Retry-After": header})])
    with pytest.raises(ThrottledError) as raised:
        make(service).uninstall("ins_a")

    assert len(service.asked) == 1
    assert waited == []
    assert (raised.value.problem.retry_after or 0) > 30


@pytest.mark.parametrize("lost", [LOST, problem(504, "internal_error")])
def test_a_purge_that_may_have_been_done_before_says_so(make: Make, lost: Any) -> None:  # noqa: ANN401
    client = make(Service([lost, problem(404, "not_found")]))
    with pytest.raises(MaybePurgedError, match="may have purged it"):
        client.purge("ins_a")


@pytest.mark.parametrize("before", [NEVER_SENT, problem(429, "throttled")])
def test_a_purge_that_was_never_begun_before_is_just_not_found(make: Make, before: Any) -> None:  # noqa: ANN401
    client = make(Service([before, problem(404, "not_found")]))
    with pytest.raises(NotFoundError) as raised:
        client.purge("ins_a")
    assert type(raised.value) is NotFoundError


def test_another_operation_is_not_found_whatever_was_before(make: Make) -> None:
    with pytest.raises(NotFoundError) as raised:
        make(Service([LOST, problem(404, "not_found")])).restore("ins_a")
    assert type(raised.value) is NotFoundError


def test_a_token_is_sent_as_it_is(make: Make) -> None:
    service = Service([page()])
    make(service, f"  {TOKEN}\n").list()
    assert service.tokens == [f"Bearer {TOKEN}"]


def test_a_token_that_is_asked_for_is_kept_and_refreshed_once_after_a_401(make: Make) -> None:
    service = Service([page(), page(), problem(401, "unauthorized"), page(), page()])
    given = iter(["old", "new", "newer"])
    client = make(service, lambda: next(given))
    for _ in range(4):
        client.list()

    assert service.tokens == ["Bearer old"] * 3 + ["Bearer new"] * 2


@pytest.mark.parametrize(("tokens", "asked"), [(("a", "b", "c"), 2), (("a", "a", "a"), 1)])
def test_a_401_that_stays_is_raised(make: Make, tokens: tuple[str, ...], asked: int) -> None:
    service = Service([problem(401, "unauthorized")])
    given = iter(tokens)
    with pytest.raises(UnauthorizedError):
        make(service, lambda: next(given)).list()
    assert len(service.asked) == asked


def test_a_token_that_another_thread_has_renewed_is_not_asked_for_again() -> None:
    def meanwhile(_: httpx.Request) -> httpx.Response:
        client.list()
        return problem(401, "unauthorized")

    service = Service([meanwhile, problem(401, "unauthorized"), page()])
    given = iter(["old", "new"])
    client = sync_client(service, lambda: next(given))
    client.list()

    assert service.tokens == ["Bearer old", "Bearer old", "Bearer new", "Bearer new"]


def test_a_token_given_as_it_is_is_not_tried_twice(make: Make) -> None:
    service = Service([problem(401, "unauthorized")])
    with pytest.raises(UnauthorizedError):
        make(service).list()
    assert len(service.asked) == 1


WORDS = ("", " ", "sec ret", "secret\nX: y", "sécret")


@pytest.mark.parametrize("token", [*WORDS, *(lambda word=word: word for word in (*WORDS, None, 5))])
def test_what_is_no_token_is_refused_and_not_quoted(make: Make, token: object) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        make(Service([page()]), token).list()
    assert "cret" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    "answer", [page("ins_a"), problem(400, "invalid_filter"), LOST, httpx.Response(200, text="<")]
)
def test_the_token_is_told_nowhere(
    make: Make,
    caplog: pytest.LogCaptureFixture,
    answer: Any,  # noqa: ANN401
) -> None:
    caplog.set_level(logging.DEBUG)
    client = make(Service([answer]))
    told = [repr(client), str(vars(client))]
    try:
        told.append(repr(client.list()))
    except installs_client.InstallsError as error:
        told += [repr(error), *traceback.format_exception(error)]

    assert caplog.text
    assert TOKEN not in "".join([*told, caplog.text])


def test_there_is_at_least_one_attempt() -> None:
    with pytest.raises(InvalidRequestError):
        Retries(attempts=0)


def test_an_error_of_the_filter_has_its_place(make: Make) -> None:
    with pytest.raises(InvalidFilterError) as raised:
        make(Service([problem(400, "invalid_filter")]), retries=ONCE).list(filter="{")
    assert raised.value.errors[0].pointer == "/a"
