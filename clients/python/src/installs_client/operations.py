"""The operations of the API: the one place that builds requests and reads answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from installs_client.errors import (
    BY_CODE,
    InstallsError,
    Issue,
    MaybePurgedError,
    NotFoundError,
    Problem,
    ProblemError,
    UnexpectedAnswerError,
)
from installs_client.query import OF_INSTALL, checked_id, included_names, parameters
from installs_client.rows import Install, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import httpx

    from installs_client.query import IncludeDeleted, IncludeWithInstall, Query

T = TypeVar("T")

PATH: Final = "/api/integration-installs"


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    """One request, and the reader of its answer."""

    method: str
    path: str
    read: Callable[[Any], T]
    """Reads the JSON of a 200; raises a built-in error if the answer is another service's."""
    query: Mapping[str, str] = field(default_factory=dict)
    not_found_again: type[NotFoundError] = NotFoundError
    """The error of a 404 after an attempt that may have been carried out."""

    def result(self, response: httpx.Response, *, maybe_done: bool) -> T:
        """Return the result; ``maybe_done``: the answer of an earlier attempt was lost.

        Raises
        ------
        ProblemError
            The API refused the request.
        UnexpectedAnswerError
            The answer is not of this API.
        """
        if response.status_code != 200:
            error = problem(response)
            if maybe_done and type(error) is NotFoundError:
                raise self.not_found_again(error.problem)
            raise error
        try:
            return self.read(json.loads(response.content))
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            raise _unexpected(response) from error


def list_page(query: Query) -> Operation[Page]:
    """One page of the list."""
    return Operation("GET", PATH, Page.read, parameters(query))


def get(
    install_id: str,
    include: Sequence[IncludeWithInstall] | None = None,
    include_deleted: IncludeDeleted | None = None,
) -> Operation[Install]:
    """One install, deleted or not, and the related rows to include."""
    query = {} if include is None else {"include": included_names(include, OF_INSTALL)}
    query |= parameters({"include_deleted": include_deleted})
    return Operation("GET", _path(install_id), Install.read_answer, query)


def uninstall(install_id: str) -> Operation[None]:
    """Move an install to the trash; again does nothing."""
    return Operation("DELETE", _path(install_id), _done)


def restore(install_id: str) -> Operation[Install]:
    """Restore an install from the trash; again does nothing."""
    return Operation("POST", f"{_path(install_id)}/restore", Install.read)


def purge(install_id: str) -> Operation[None]:
    """Delete an install for good; again finds nothing."""
    path = f"{_path(install_id)}/purge"
    return Operation("DELETE", path, _done, not_found_again=MaybePurgedError)


def problem(response: httpx.Response) -> InstallsError:
    """Return the error of an answer other than 200."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/problem+json":
        return _unexpected(response)
    try:
        body = json.loads(response.content)
        made = Problem(
            status=response.status_code,
            code=str(body["code"]),
            detail=str(body.get("detail", "")),
            title=str(body.get("title", "")),
            request_id=str(body.get("requestId", "")),
            errors=tuple(_issue(issue) for issue in body.get("errors", ())),
            retry_after=retry_after(response),
        )
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return _unexpected(response)
    return BY_CODE.get(made.code, ProblemError)(made)


def retry_after(response: httpx.Response) -> float | None:
    """The seconds of ``Retry-After`` (RFC 9110, section 10.2.3), None if absent or malformed."""
    header = response.headers.get("retry-after", "").strip()
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        moment = parsedate_to_datetime(header)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None


def _path(install_id: str) -> str:
    return f"{PATH}/{checked_id(install_id)}"


def _done(answer: Mapping[str, Any]) -> None:
    if answer["success"] is not True:
        raise ValueError("not done")


def _issue(issue: Mapping[str, Any]) -> Issue:
    return Issue(
        code=str(issue.get("code", "")),
        detail=str(issue.get("detail", "")),
        parameter=issue.get("parameter"),
        pointer=issue.get("pointer"),
    )


def _unexpected(response: httpx.Response) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        response.status_code,
        "The answer is not of the Integration Installs API: is the base URL that of its stage?",
    )
