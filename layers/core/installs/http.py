"""Request in, answer out: the only place that knows HTTP's status codes (CONTRACT.md section 9)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import orjson

from installs import config, errors
from installs.access import Principal
from installs.deadline import NO_DEADLINE, Context, Deadline
from installs.errors import (
    InstallsError,
    InvalidParameterError,
    Issue,
    NotFoundError,
    QueryTooExpensiveError,
    UnauthorizedError,
    UnavailableError,
)
from installs.ids import is_id
from installs.log import log_request
from installs.model import PrincipalKind
from installs.store import parallel
from installs.store.table import Table
from installs.store.usage import Usage

STATUS: Final[Mapping[type[InstallsError], HTTPStatus]] = {
    errors.InvalidParameterError: HTTPStatus.BAD_REQUEST,
    errors.InvalidFilterError: HTTPStatus.BAD_REQUEST,
    errors.InvalidOrderByError: HTTPStatus.BAD_REQUEST,
    errors.InvalidCursorError: HTTPStatus.BAD_REQUEST,
    errors.UnauthorizedError: HTTPStatus.UNAUTHORIZED,
    errors.ForbiddenError: HTTPStatus.FORBIDDEN,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.InstallNotDeletedError: HTTPStatus.CONFLICT,
    errors.ParentDeletedError: HTTPStatus.CONFLICT,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.QueryTooExpensiveError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ThrottledError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}

REQUEST_SECONDS: Final = 15.0
"""What a request may take in all, also where Lambda would give it more: then it is a 503."""

RETRY_AFTER: Final = "1"
"""Seconds after which to try again, where an answer says that it may help."""

MAX_BYTES: Final = 6_000_000
"""What an answer may take as JSON, its body escaped (AWS: Lambda quotas, 6 MB of response)."""
_HEAD: Final = 1_000
"""More than status and headers take."""

Event = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the gateway let through."""

    id: str
    """The gateway's, as the caller is told it with an error."""
    principal: Principal
    path: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    usage: Usage = field(default_factory=Usage)
    """What answering it has read."""
    deadline: Deadline = NO_DEADLINE
    """When it has to be answered."""

    def table(self) -> Table:
        """The table, for what answering takes."""
        return Table.of_function(self.usage, self.deadline)

    @property
    def install_id(self) -> str:
        """The ``id`` of the path.

        Raises
        ------
        NotFoundError
            It is no id, so there is no such install.
        """
        found = self.path.get("id")
        if not is_id(found):
            raise NotFoundError("There is no such install.")
        return found


def endpoint(respond: Callable[[Request], object]) -> Callable[[Event, Context | None], Answer]:
    """A Lambda handler of a function from a request to what is sent back as JSON."""

    def handler(event: Event, context: Context | None) -> Answer:
        started = time.perf_counter()
        deadline = Deadline.of(context, at_most=REQUEST_SECONDS)
        request_id = _request_id(event)
        usage = Usage()
        unhandled: Exception | None = None
        cause: Mapping[str, object] | None = None
        try:
            request = request_of(event, usage, deadline)
            answer = _answer(HTTPStatus.OK, respond(request), "application/json")
            _check_size(answer)
        except InstallsError as error:
            cause = error.cause if isinstance(error, UnavailableError) else None
            answer = problem(error, request_id)
        except Exception as error:
            unhandled = error
            answer = problem(InstallsError("Something went wrong on our side."), request_id)
        finally:
            parallel.drop_unfinished()
        log_request(
            request_id=request_id,
            install_id=_install_id(event),
            status=answer["statusCode"],
            seconds=time.perf_counter() - started,
            usage=usage,
            unavailable=cause,
            unhandled=unhandled,
        )
        return answer

    return handler


def request_of(event: Event, usage: Usage, deadline: Deadline = NO_DEADLINE) -> Request:
    """The request of an API Gateway event; fails closed without the authorizer's context.

    Raises
    ------
    UnauthorizedError
        The event has no principal.
    """
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    principal, kind = authorizer.get("principal"), authorizer.get("kind")
    if not is_id(principal) or kind not in list(PrincipalKind):
        raise UnauthorizedError("A bearer token is needed.")
    return Request(
        _request_id(event),
        Principal(principal, PrincipalKind(kind)),
        event.get("pathParameters") or {},
        _query(event),
        usage,
        deadline,
    )


def _request_id(event: Event) -> str:
    return str((event.get("requestContext") or {}).get("requestId") or "")


def _install_id(event: Event) -> str | None:
    found = (event.get("pathParameters") or {}).get("id")
    return found if is_id(found) else None


def _query(event: Event) -> Mapping[str, Sequence[str]]:
    given = event.get("multiValueQueryStringParameters") or {}
    return {name: values or [""] for name, values in given.items()}


def no_parameters(request: Request) -> None:
    """Refuse query parameters where an endpoint takes none.

    Raises
    ------
    InvalidParameterError
        There is one.
    """
    if request.query:
        raise InvalidParameterError(
            "This endpoint takes no query parameters.",
            [Issue("unknown_parameter", "is not a parameter", name) for name in request.query],
        )


def _check_size(answer: Answer) -> None:
    """Refuse what Lambda would not carry: a page of very large rows.

    Raises
    ------
    QueryTooExpensiveError
        The page is to be asked for in smaller ones.
    """
    # A character takes four bytes at most, escaped or not: small bodies need not be measured.
    if 4 * len(answer["body"]) + _HEAD > MAX_BYTES < len(orjson.dumps(answer)):
        detail = "the page would be larger than 6 MB; ask for fewer rows at once"
        raise QueryTooExpensiveError(f"limit: {detail}", [Issue("too_large", detail, "limit")])


def problem(error: InstallsError, request_id: str) -> Answer:
    """An error as problem details (RFC 9457)."""
    status = STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": _encodable(error.detail),
        "code": error.code,
        "requestId": request_id,
        "errors": [_issue(issue) for issue in error.issues],
    }
    answer = _answer(status, body, "application/problem+json")
    if status is HTTPStatus.UNAUTHORIZED:
        answer["headers"]["WWW-Authenticate"] = "Bearer"
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        answer["headers"]["Retry-After"] = RETRY_AFTER
    return answer


def _issue(issue: Issue) -> dict[str, str]:
    place = {"parameter": issue.parameter, "pointer": issue.pointer}
    given = {name: _encodable(value) for name, value in place.items() if value is not None}
    return {**given, "code": issue.code, "detail": _encodable(issue.detail)}


def _encodable(text: str) -> str:
    """A text that may quote the caller; half a surrogate pair has no place in UTF-8."""
    return text.encode(errors="replace").decode()


def _answer(status: HTTPStatus, body: object, content_type: str) -> Answer:
    return {
        "statusCode": status.value,
        "headers": {
            "Content-Type": content_type,
            "Cache-Control": "no-store",
            **_for_browsers(config.allowed_origin()),
        },
        "body": orjson.dumps(body).decode(),
    }


def _for_browsers(origin: str | None) -> Mapping[str, str]:
    """Which pages may read an answer (docs/adr/0022): the same for all who ask, so without Vary."""
    if origin is None:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After, WWW-Authenticate, x-amzn-RequestId",
    }
