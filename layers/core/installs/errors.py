"""The errors that a caller may receive (CONTRACT.md section 9).

One hierarchy; each class has the stable ``code`` of the contract. ``http.py`` maps codes to HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_ISSUES: Final = 20
"""The most issues in one error."""


@dataclass(frozen=True, slots=True)
class Issue:
    """A problem with the input, and its location.

    ``parameter`` is the name of a query or path parameter; ``pointer`` is an RFC 6901 JSON pointer
    into its value, where that is JSON (``filter`` and ``orderBy``).
    """

    code: str
    detail: str
    parameter: str | None = None
    pointer: str | None = None


class InstallsError(Exception):
    """The base of all errors that a caller may receive."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str, issues: Sequence[Issue] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.issues = tuple(issues)[:MAX_ISSUES]


class InvalidParameterError(InstallsError):
    """A query or path parameter is unknown, repeated, empty or of the wrong type."""

    code = "invalid_parameter"


class QueryTooLongError(InstallsError):
    """The query string is longer than API Gateway takes."""

    code = "query_too_long"


class InvalidFilterError(InstallsError):
    """``filter`` is not a valid filter."""

    code = "invalid_filter"


class InvalidOrderByError(InstallsError):
    """``orderBy`` is not a valid sort."""

    code = "invalid_order_by"


class InvalidCursorError(InstallsError):
    """``after`` or ``before`` is not a valid cursor, or is a cursor of another query."""

    code = "invalid_cursor"


class UnauthorizedError(InstallsError):
    """The caller is not authenticated."""

    code = "unauthorized"


class ForbiddenError(InstallsError):
    """The caller sees the row, but the role is too low."""

    code = "forbidden"


class NotFoundError(InstallsError):
    """The row is absent, purged, past its retention, or out of the caller's scope."""

    code = "not_found"


class InstallNotDeletedError(InstallsError):
    """Only a deleted install can be purged."""

    code = "install_not_deleted"


class ParentDeletedError(InstallsError):
    """An add-on cannot be restored while its parent is in the trash."""

    code = "parent_deleted"


class ConflictError(InstallsError):
    """The row kept changing during the request."""

    code = "conflict"


class QueryTooExpensiveError(InstallsError):
    """The query would read more than the budget."""

    code = "query_too_expensive"


class ThrottledError(InstallsError):
    """The caller sends too many requests; only the gateway raises it."""

    code = "throttled"


class UnavailableError(InstallsError):
    """A dependency of the service did not respond or lacked capacity, after retries."""

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
        """For the log only: the operation, the code, the attempts, and their seconds."""
        self.maybe_written = maybe_written
        """True if a write may have been made whose response was lost."""
