"""Requests in, problem details out, and one line of log (CONTRACT.md sections 8 and 9)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import pytest

from installs import errors
from installs.http import REQUEST_SECONDS, STATUS, TITLES, Request, endpoint, no_parameters
from installs.rows import row_to_json
from tests import records
from tests.gateway import event

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT: Final = Path(__file__).parents[2]


def call(respond: Callable[[Request], object], **given: object) -> tuple[Any, Any]:
    answer = endpoint(respond)(event(**given), None)
    return answer, json.loads(answer["body"])


@pytest.mark.parametrize("error", errors.InstallsError.__subclasses__())
def test_every_error_has_its_status_and_shape(error: type[errors.InstallsError]) -> None:
    def respond(_: Request) -> object:
        raise error("Why.", [errors.Issue("bad", "is bad", "filter", "/a/\ud800")])

    answer, body = call(respond)
    assert answer["statusCode"] == STATUS[error] == body["status"]
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert body == {
        "type": "about:blank", "title": TITLES.get(STATUS[error], STATUS[error].phrase),
        "status": STATUS[error],
        "detail": "Why.", "code": error.code, "requestId": "req_1",
        "errors": [{"parameter": "filter", "pointer": "/a/?", "code": "bad", "detail": "is bad"}],
    }  # fmt: skip
    assert ("WWW-Authenticate" in answer["headers"]) is (answer["statusCode"] == 401)


@pytest.mark.parametrize(
    ("error", "status"), [(errors.ThrottledError, 429), (errors.UnavailableError, 503)]
)
def test_an_answer_that_another_attempt_may_change_says_when(
    error: type[errors.InstallsError], status: int
) -> None:
    def respond(_: Request) -> object:
        raise error("Why.")

    answer, _ = call(respond)
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (status, "1")
    answer, _ = call(lambda _: {})
    assert "Retry-After" not in answer["headers"]


def test_no_function_says_that_the_caller_asks_too_often() -> None:
    # 429 is the gateway's, of the caller's own rate; what stands behind us is a 503
    code = [path for top in ("layers/core", "functions") for path in (ROOT / top).rglob("*.py")]
    raising = [path.name for path in code if "ThrottledError(" in path.read_text()]
    assert raising == ["errors.py"]


class LittleTime:
    def get_remaining_time_in_millis(self) -> int:
        return 3_000


@pytest.mark.parametrize("context", [None, LittleTime()])
def test_a_request_has_a_deadline_before_lambdas(context: LittleTime | None) -> None:
    left: list[float] = []
    endpoint(lambda request: left.append(request.deadline.left))(event(), context)
    assert 0 < left[0] <= (REQUEST_SECONDS if context is None else 2)


def test_a_title_is_the_same_on_every_python() -> None:
    """RFC 9110, section 15; Python 3.11 has the phrases of RFC 4918 and RFC 7231."""
    titles = {status.value: TITLES.get(status, status.phrase) for status in STATUS.values()}
    assert titles == {
        400: "Bad Request",
        401: "Unauthorized",
        403: "Forbidden",
        404: "Not Found",
        409: "Conflict",
        422: "Unprocessable Content",
        429: "Too Many Requests",
        503: "Service Unavailable",
    }


def test_an_unknown_error_tells_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    def respond(_: Request) -> object:
        raise ZeroDivisionError

    answer, body = call(respond)
    assert (answer["statusCode"], body["code"]) == (500, "internal_error")
    assert "ZeroDivision" not in answer["body"]


@pytest.mark.parametrize(
    "context",
    [
        None, {}, {"authorizer": None}, {"authorizer": {}},
        *({"authorizer": {"principal": principal, "kind": "user"}}
          for principal in (None, 7, "", "usr ada", "usr_ada#", "x" * 129)),
        *({"authorizer": {"principal": "usr_ada", "kind": kind}}
          for kind in (None, 7, "", "admin", "User", ["user"])),
        {"authorizer": {"principal": "usr_ada"}}, {"authorizer": {"kind": "user"}},
    ],
)  # fmt: skip
def test_without_the_authorizers_word_nobody_comes_in(context: object) -> None:
    answer, _ = call(lambda _: {}, requestContext=context)
    assert (answer["statusCode"], answer["headers"]["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    "path", [None, {}, {"id": None}, {"id": ""}, {"id": "a b"}, {"id": "\ud800"}, {"id": "x" * 129}]
)
def test_what_is_no_id_is_not_there(path: object) -> None:
    answer, body = call(lambda request: request.install_id, pathParameters=path)
    assert (answer["statusCode"], body["code"]) == (404, "not_found")


@pytest.mark.parametrize("query", [{"a": ["1"]}, {"a": []}, {"a": None}, {"\ud800": ["1", "2"]}])
def test_an_endpoint_without_parameters_refuses_them(query: object) -> None:
    answer, body = call(no_parameters, multiValueQueryStringParameters=query)
    assert (answer["statusCode"], body["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize("character", ["x", '"', "\\", "\u00e9", "\u20ac", "\U0001f600"])
def test_a_page_that_lambda_would_not_carry_is_refused(character: str) -> None:
    # given what the response of a function may be at most, as Lambda counts it
    most = 6 * 1024 * 1024
    for size in (400_000, 1_400_000, 2_900_000, 6_100_000):
        page = {"data": character * size}
        answer, body = call(lambda _, page=page: page)  # type: ignore[misc]
        assert len(json.dumps(answer, ensure_ascii=False).encode()) < most
        assert answer["statusCode"] in (200, 422)
        assert answer["statusCode"] == 200 or (
            body["code"] == "query_too_expensive" and body["errors"][0]["parameter"] == "limit"
        )
    assert answer["statusCode"] == 422


def test_variables_come_back_as_they_went_in_and_nulls_are_there() -> None:
    text = '{"b":1.10,"a":10000000000000000000000001,"e":1e400,"n":null}'
    row = replace(records.install("ins_a"), variables=text)
    body = orjson.dumps(row_to_json(row)).decode()
    assert f'"variables":{text}' in body
    assert body.count("null") == 1 + 6


def test_each_request_leaves_one_line_without_secrets() -> None:
    # given requests that end well, badly, and worse, in a process of their own
    script = """
from tests.gateway import event
from installs.errors import NotFoundError, UnavailableError
from installs.http import endpoint
def worse(request): request.usage.count(7, 0.5); raise ZeroDivisionError
def badly(request): raise NotFoundError("hush")
def busy(request):
    request.usage.count_retry()
    raise UnavailableError(cause={"operation": "Query", "code": "Slow", "attempts": 2})
for respond in (lambda request: {"variables": "hush"}, badly, worse, busy):
    endpoint(respond)(event(multiValueQueryStringParameters={"filter": ["hush"]}), None)
"""
    ran = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", script],
        cwd=ROOT, env=dict(os.environ, PYTHONPATH=f"{ROOT}:{ROOT / 'layers/core'}"),
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    # then each has its line
    lines = [json.loads(line) for line in (ran.stdout + ran.stderr).splitlines()]
    assert [(line["request_id"], line["status"], line["RowsExamined"]) for line in lines] == [
        ("req_1", 200, 0),
        ("req_1", 404, 0),
        ("req_1", 500, 7),
        ("req_1", 503, 0),
    ]
    # and of the table's fault it says which call, and why
    assert lines[3]["unavailable"] == {"operation": "Query", "code": "Slow", "attempts": 2}
    assert (lines[3]["level"], lines[3]["retries"]) == ("WARN", 1)
    assert all(line["Milliseconds"] >= 0 for line in lines)
    # and it is read as metrics
    (metrics,) = lines[2]["_aws"]["CloudWatchMetrics"]
    names = {metric["Name"] for metric in metrics["Metrics"]}
    assert {"RowsExamined", "CapacityUnits"} <= names <= lines[2].keys()
    assert "ZeroDivisionError" in lines[2]["exception"]
    assert "hush" not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("DEFAULT_RETENTION_TIER", "forever"), ("DEFAULT_RETENTION_TIER", ""), ("HISTORY_DAYS", ""),
     ("POWERTOOLS_LOG_LEVEL", "LOUD")],
)  # fmt: skip
def test_a_wrong_environment_ends_the_function_at_its_start(name: str, value: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "import functions.uninstall_install.handler"],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core'}", name: value},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode != 0
    assert "ValueError" in ran.stderr


ORIGINS: Final = "https://app.example,http://localhost:5173"


@pytest.mark.parametrize(
    ("allowed", "origin", "named", "varies"),
    [
        ("", "https://app.example", None, False),
        ("https://app.example", "https://app.example", "https://app.example", True),
        ("https://app.example", "https://evil.example", None, True),
        (ORIGINS, "http://localhost:5173", "http://localhost:5173", True),
        (ORIGINS, "http://localhost", None, True),
        (ORIGINS, ORIGINS, None, True),
        (ORIGINS, "null", None, True),
        (ORIGINS, "", None, True),
        (ORIGINS, None, None, True),
        ("*", "https://evil.example", "*", False),
    ],
)
@pytest.mark.parametrize("header", ["Origin", "origin"])
@pytest.mark.parametrize("fails", [False, True])
def test_an_answer_names_the_callers_origin_if_it_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
    *,
    allowed: str,
    origin: str | None,
    named: str | None,
    varies: bool,
    header: str,
    fails: bool,
) -> None:
    monkeypatch.setenv("ALLOWED_ORIGIN", allowed)

    def respond(_: Request) -> object:
        if fails:
            raise RuntimeError
        return {}

    headers = call(respond, headers={} if origin is None else {header: origin})[0]["headers"]

    assert headers.get("Access-Control-Allow-Origin") == named
    assert ("Access-Control-Expose-Headers" in headers) is (named is not None)
    assert headers.get("Vary") == ("Origin" if varies else None)
