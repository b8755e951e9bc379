"""What can go wrong, as the caller is told (CONTRACT.md section 9).

One hierarchy; each class carries the stable ``code`` of the contract. How a code travels over the
wire is the business of ``http.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_ISSUES: Final = 20
"""How many problems are told at once."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong with the input, and where.

    ``parameter`` is the name of a query or path parameter; ``pointer`` is an RFC 6901 JSON pointer
    into its value, where that is JSON (``filter`` and ``orderBy``).
    """

    code: str
    detail: str
    parameter: str | None = None
    pointer: str | None = None


class InstallsError(Exception):
    """The base of every error that a caller may be told of."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str, issues: Sequence[Issue] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.issues = tuple(issues)[:MAX_ISSUES]


class InvalidParameterError(InstallsError):
    """A query or path parameter is unknown, repeated, empty or of the wrong type."""

    code = "invalid_parameter"


class InvalidFilterError(InstallsError):
    """``filter`` is not a filter."""

    code = "invalid_filter"


class InvalidOrderByError(InstallsError):
    """``orderBy`` is not an order."""

    code = "invalid_order_by"


class InvalidCursorError(InstallsError):
    """``after`` or ``before`` is not a cursor, or a cursor of another query."""

    code = "invalid_cursor"


class UnauthorizedError(InstallsError):
    """The caller is not known."""

    code = "unauthorized"


class ForbiddenError(InstallsError):
    """The caller sees the row, but the role is too low."""

    code = "forbidden"


class NotFoundError(InstallsError):
    """The row is absent, purged, past its retention, or not the caller's to see."""

    code = "not_found"


class InstallNotDeletedError(InstallsError):
    """Only a deleted install can be purged."""

    code = "install_not_deleted"


class ParentDeletedError(InstallsError):
    """An add-on cannot come back while its parent is deleted or gone."""

    code = "parent_deleted"


class ConflictError(InstallsError):
    """The row kept changing under the request."""

    code = "conflict"


class QueryTooExpensiveError(InstallsError):
    """The query would read more than its budget."""

    code = "query_too_expensive"


class ThrottledError(InstallsError):
    """The caller asks too often: the gateway says so, never a function."""

    code = "throttled"


class UnavailableError(InstallsError):
    """What the service stands on did not answer, or refused for want of capacity, after retries."""

    code = "unavailable"

    def __init__(
        self,
        detail: str = "The service cannot answer at the moment; try again.",
        issues: Sequence[Issue] = (),
        *,
        cause: Mapping[str, object] | None = None,
        maybe_written: bool = False,
    ) -> None:
        super().__init__(detail, issues)
        self.cause = cause or {}
        """For the log alone: the operation, the code, the attempts, the seconds that they took."""
        self.maybe_written = maybe_written
        """Whether a write may have been done whose answer was lost."""
