"""The sync client."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

import httpx

from installs_client import connection, operations
from installs_client.errors import InvalidRequestError
from installs_client.exchange import Outcome, Pause, Step, exchange
from installs_client.pagination import Paginator
from installs_client.retries import Retries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from installs_client.auth import Token
    from installs_client.operations import Operation
    from installs_client.query import IncludeDeleted, IncludeWithInstall, Query
    from installs_client.rows import Install, Page

T = TypeVar("T")


class Client:
    """The Integration Installs API. It may be used by several threads at once.

    ``base_url`` is the stack's ``ApiUrl``; ``token`` a JSON Web Token, an API key, or a function
    that gives one, which is called again after a 401; ``timeout`` in seconds, of each attempt;
    ``transport`` is httpx's, for proxies and tests. Every method raises ``InvalidRequestError``
    before anything is sent, then ``TokenError``, ``ProblemError`` and its subclasses,
    ``UnexpectedAnswerError`` or ``UnreachableError``; all are ``InstallsError``.
    """

    def __init__(
        self,
        base_url: str,
        token: Token,
        *,
        timeout: float | httpx.Timeout = connection.TIMEOUT,
        retries: Retries = Retries(),  # noqa: B008 - frozen
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        settings = connection.settings(base_url, token, timeout)
        self._http = httpx.Client(**settings, transport=transport)
        self._retries = retries

    def list(self, **query: Unpack[Query]) -> Page:
        """Return one page of the installs that the caller sees."""
        return self._run(operations.list_page(query))

    def trash(self, **query: Unpack[Query]) -> Page:
        """Return one page of the deleted installs."""
        query["include_deleted"] = "only"
        return self._run(operations.list_page(query))

    def pages(self, *, max_pages: int | None = None, **query: Unpack[Query]) -> Iterator[Page]:
        """Iterate over pages from ``after`` or the start; with ``before`` alone, backward."""
        return self._pages(Paginator(query, max_pages=max_pages))

    def rows(self, *, max_rows: int | None = None, **query: Unpack[Query]) -> Iterator[Install]:
        """Iterate over rows in the same way; backward, the nearest row comes first."""
        paginator = Paginator(query, max_rows=max_rows)
        return (row for page in self._pages(paginator) for row in paginator.rows(page))

    def get(
        self,
        install_id: str,
        *,
        include: Sequence[IncludeWithInstall] | None = None,
        include_deleted: IncludeDeleted | None = None,
    ) -> Install:
        """Return one install, deleted or not, with the related rows to include.

        ``include_deleted`` chooses among its members and add-ons: the live ones, all, or the
        deleted ones.
        """
        return self._run(operations.get(install_id, include, include_deleted))

    def uninstall(self, install_id: str) -> None:
        """Move an install to the trash; its dependents follow within seconds."""
        self._run(operations.uninstall(install_id))

    def restore(self, install_id: str) -> Install:
        """Restore an install from the trash, with all that its uninstall deleted."""
        return self._run(operations.restore(install_id))

    def purge(self, install_id: str) -> None:
        """Delete a deleted install for good.

        Raises
        ------
        MaybePurgedError
            An attempt's answer was lost, and the next one found no such install.
        """
        self._run(operations.purge(install_id))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _pages(self, paginator: Paginator) -> Iterator[Page]:
        while (operation := paginator.next()) is not None:
            page = self._run(operation)
            paginator.advance(page)
            yield page

    def _run(self, operation: Operation[T]) -> T:
        if self._http.is_closed:
            raise InvalidRequestError("The client is closed.")
        steps = exchange(operation, connection.request_of(self._http, operation), self._retries)
        outcome: Outcome = None
        try:
            while True:
                outcome = self._do(steps.send(outcome))
        except StopIteration as done:
            result: T = done.value
            return result

    def _do(self, step: Step) -> Outcome:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        try:
            return self._http.send(step)
        except httpx.RequestError as error:
            return error
