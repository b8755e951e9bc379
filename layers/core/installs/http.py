"""HTTP requests and responses: the only module that knows status codes (CONTRACT.md section 9)."""

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
from installs.origin import trace_id
from installs.principals import PrincipalKind
from installs.store import parallel
from installs.store.table import Table
from installs.store.usage import Usage

TITLES: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",  # Python 3.11 has an older RFC's
}
"""The titles of RFC 9110 that not every Python has."""

STATUS: Final[Mapping[type[InstallsError], HTTPStatus]] = {
    errors.InvalidParameterError: HTTPStatus.BAD_REQUEST,
    errors.QueryTooLongError: HTTPStatus.BAD_REQUEST,
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
"""The longest duration of a request, even if Lambda allows more; after it comes a 503."""

RETRY_AFTER: Final = "1"
"""Seconds after which a client may retry, in responses for which a retry may succeed."""

MAX_BYTES: Final = 6_000_000
"""The largest response as JSON, its body escaped (AWS: Lambda quotas, 6 MB)."""
_HEAD: Final = 1_000
"""An upper bound of the bytes of status and headers."""

ANY_ORIGIN: Final = "*"
ALLOW_ORIGIN: Final = "Access-Control-Allow-Origin"
_EXPOSED: Final = {
    "Access-Control-Expose-Headers": "Retry-After, WWW-Authenticate, x-amzn-RequestId"
}
_VARYING: Final = {"Vary": "Origin"}

Event = Mapping[str, Any]
Response = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the gateway let through."""

    id: str
    """The gateway's request id, which error responses contain."""
    principal: Principal
    path: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    usage: Usage = field(default_factory=Usage)
    """The reads of the request."""
    deadline: Deadline = NO_DEADLINE
    """The deadline of the response."""
    headers: Mapping[str, str] = field(default_factory=dict)

    def table(self) -> Table:
        """Return the table for this request."""
        return Table.of_function(self.usage, self.deadline)

    @property
    def trace_id(self) -> str | None:
        """The trace that the request is part of, if its headers tell."""
        headers = self.headers
        return trace_id(_header(headers, "x-amzn-trace-id"), _header(headers, "traceparent"))

    @property
    def install_id(self) -> str:
        """The ``id`` of the path.

        Raises
        ------
        NotFoundError
            It is not a valid id, so there is no such install.
        """
        install_id = self.path.get("id")
        if not is_id(install_id):
            raise NotFoundError("There is no such install.")
        return install_id


def endpoint(respond: Callable[[Request], object]) -> Callable[[Event, Context | None], Response]:
    """Return a Lambda handler for a function from a request to the value of a JSON response."""

    def handler(event: Event, context: Context | None) -> Response:
        started = time.perf_counter()
        deadline = Deadline.of(context, at_most=REQUEST_SECONDS)
        request_id = _request_id(event)
        usage = Usage()
        unhandled: Exception | None = None
        cause: Mapping[str, object] | None = None
        try:
            request = request_of(event, usage, deadline)
            response = _response(HTTPStatus.OK, respond(request), "application/json")
            _check_size(response, event)
        except InstallsError as error:
            cause = error.cause if isinstance(error, UnavailableError) else None
            response = problem(error, request_id)
        except Exception as error:
            unhandled = error
            response = problem(InstallsError("Something went wrong on our side."), request_id)
        finally:
            parallel.drop_unfinished()
        response["headers"] |= _cors_headers(event)
        log_request(
            request_id=request_id,
            install_id=_install_id(event),
            status=response["statusCode"],
            seconds=time.perf_counter() - started,
            usage=usage,
            unavailable=cause,
            unhandled=unhandled,
        )
        return response

    return handler


def request_of(event: Event, usage: Usage, deadline: Deadline = NO_DEADLINE) -> Request:
    """Return the request of an API Gateway event; fail closed without the authorizer's context.

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
        event.get("headers") or {},
    )


def _request_id(event: Event) -> str:
    return str((event.get("requestContext") or {}).get("requestId") or "")


def _install_id(event: Event) -> str | None:
    install_id = (event.get("pathParameters") or {}).get("id")
    return install_id if is_id(install_id) else None


def _query(event: Event) -> Mapping[str, Sequence[str]]:
    parameters = event.get("multiValueQueryStringParameters") or {}
    return {name: values or [""] for name, values in parameters.items()}


def no_parameters(request: Request) -> None:
    """Refuse query parameters of an endpoint that takes none.

    Raises
    ------
    InvalidParameterError
        The request has one.
    """
    if request.query:
        raise InvalidParameterError(
            "This endpoint takes no query parameters.",
            [Issue("unknown_parameter", "is not a parameter", name) for name in request.query],
        )


def _check_size(response: Response, event: Event) -> None:
    """Refuse a response that is too large for Lambda: very large rows on a page, or included.

    Raises
    ------
    QueryTooExpensiveError
        The page has to be smaller, or less has to be included.
    """
    # A character takes four bytes at most, escaped or not: small bodies need not be measured.
    if 4 * len(response["body"]) + _HEAD > MAX_BYTES < len(orjson.dumps(response)):
        name, detail = "limit", "the page would be larger than 6 MB; ask for fewer rows at once"
        if _install_id(event) is not None:
            name, detail = "include", "the answer would be larger than 6 MB; include less"
        raise QueryTooExpensiveError(f"{name}: {detail}", [Issue("too_large", detail, name)])


def problem(error: InstallsError, request_id: str) -> Response:
    """Return an error as problem details (RFC 9457)."""
    status = STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)
    body = {
        "type": "about:blank",
        "title": TITLES.get(status, status.phrase),
        "status": status.value,
        "detail": _encodable(error.detail),
        "code": error.code,
        "requestId": request_id,
        "errors": [_issue(issue) for issue in error.issues],
    }
    response = _response(status, body, "application/problem+json")
    if status is HTTPStatus.UNAUTHORIZED:
        response["headers"]["WWW-Authenticate"] = "Bearer"
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        response["headers"]["Retry-After"] = RETRY_AFTER
    return response


def _issue(issue: Issue) -> dict[str, str]:
    location = {"parameter": issue.parameter, "pointer": issue.pointer}
    present = {name: _encodable(value) for name, value in location.items() if value is not None}
    return {**present, "code": issue.code, "detail": _encodable(issue.detail)}


def _encodable(text: str) -> str:
    """Replace lone surrogates in a text that may quote the caller; UTF-8 cannot encode them."""
    return text.encode(errors="replace").decode()


def _response(status: HTTPStatus, body: object, content_type: str) -> Response:
    return {
        "statusCode": status.value,
        "headers": {
            "Content-Type": content_type,
            "Cache-Control": "no-store",
        },
        "body": orjson.dumps(body).decode(),
    }


def _cors_headers(event: Event) -> Mapping[str, str]:
    """Return the CORS headers (docs/adr/0040): the caller's origin, if it is an allowed one."""
    allowed = config.allowed_origins()
    if not allowed:
        return {}
    if ANY_ORIGIN in allowed:
        return {ALLOW_ORIGIN: ANY_ORIGIN, **_EXPOSED}
    origin = _header(event.get("headers") or {}, "origin")
    if origin is None or origin not in allowed:
        return _VARYING
    return {ALLOW_ORIGIN: origin, **_EXPOSED, **_VARYING}


def _header(headers: Mapping[str, str], name: str) -> str | None:
    """Return a header of a request, whatever the case of its name; ``None`` if there is none."""
    return next((value for key, value in headers.items() if key.lower() == name), None)
