"""Errors: one base, and a class for each code of the API (CONTRACT.md section 9).

No message holds a token or a header.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final


class InstallsError(Exception):
    """The base of everything that this package raises."""


class InvalidRequestError(InstallsError, ValueError):
    """The request is invalid; nothing was sent."""


class TokenError(InstallsError):
    """The caller's own token function raised; its error is the cause.

    The request was not carried out: it was not sent, or the answer was a 401.
    """


class UnreachableError(InstallsError):
    """No answer after all attempts; the request may have been carried out."""


class UnexpectedAnswerError(InstallsError):
    """An answer that is not of this API: a proxy's, or another service's."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.detail} (status {self.status})"


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault of a request, and its place."""

    code: str
    detail: str
    parameter: str | None = None
    """The name of a query or path parameter."""
    pointer: str | None = None
    """A JSON pointer (RFC 6901) into the parameter's value, where that is JSON."""

    def __str__(self) -> str:
        position = " ".join(part for part in (self.parameter, self.pointer) if part)
        return f"{position}: {self.detail}" if position else self.detail


@dataclass(frozen=True, slots=True)
class Problem:
    """Problem details (RFC 9457) of the API."""

    status: int
    code: str
    detail: str
    title: str = ""
    request_id: str = ""
    errors: tuple[Issue, ...] = ()
    retry_after: float | None = None
    """Seconds after which to try again, where the answer says so."""


class ProblemError(InstallsError):
    """An error of the API; of this class itself if the package does not know its code."""

    code_of_class: ClassVar[str | None] = None

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status

    @property
    def code(self) -> str:
        """The API's stable code."""
        return self.problem.code

    @property
    def detail(self) -> str:
        """The explanation for people."""
        return self.problem.detail

    @property
    def request_id(self) -> str:
        """The id of the request in the service's logs."""
        return self.problem.request_id

    @property
    def errors(self) -> tuple[Issue, ...]:
        """All faults, each with its place."""
        return self.problem.errors

    def __str__(self) -> str:
        known = f"{self.status} {self.code}"
        return f"{self.detail} ({known}, request {self.request_id or 'unknown'})"


class InvalidParameterError(ProblemError):
    """A parameter is unknown, repeated, empty or of the wrong type."""

    code_of_class = "invalid_parameter"


class QueryTooLongError(ProblemError):
    """The query is longer than the gateway takes."""

    code_of_class = "query_too_long"


class InvalidFilterError(ProblemError):
    """``filter`` is not a filter."""

    code_of_class = "invalid_filter"


class InvalidOrderByError(ProblemError):
    """``orderBy`` is not an order."""

    code_of_class = "invalid_order_by"


class InvalidCursorError(ProblemError):
    """A cursor is malformed, or of another query."""

    code_of_class = "invalid_cursor"


class UnauthorizedError(ProblemError):
    """The token is missing, wrong or expired."""

    code_of_class = "unauthorized"


class ForbiddenError(ProblemError):
    """The row is visible, but the role is too low."""

    code_of_class = "forbidden"


class NotFoundError(ProblemError):
    """No such install, or the caller may not see it."""

    code_of_class = "not_found"


class MaybePurgedError(NotFoundError):
    """A purge was sent again because an answer was lost, and now there is no such install.

    Either the attempt whose answer was lost purged it, or it was not there to begin with.
    """

    def __str__(self) -> str:
        return f"{super().__str__()}; an attempt whose answer was lost may have purged it"


class InstallNotDeletedError(ProblemError):
    """Only a deleted install can be purged."""

    code_of_class = "install_not_deleted"


class ParentDeletedError(ProblemError):
    """An add-on cannot be restored while its parent is in the trash."""

    code_of_class = "parent_deleted"


class ConflictError(ProblemError):
    """The row kept changing under the request."""

    code_of_class = "conflict"


class QueryTooExpensiveError(ProblemError):
    """The query would read more than its budget; the detail says how to narrow it."""

    code_of_class = "query_too_expensive"


class ThrottledError(ProblemError):
    """Too many requests, after all attempts."""

    code_of_class = "throttled"


class UnavailableError(ProblemError):
    """The service could not answer for the moment, after all attempts.

    A write may have been carried out all the same; it may be repeated.
    """

    code_of_class = "unavailable"


class InternalError(ProblemError):
    """Something went wrong inside the service, after all attempts."""

    code_of_class = "internal_error"


BY_CODE: Final = {kind.code_of_class: kind for kind in ProblemError.__subclasses__()}
"""The class of each code."""
