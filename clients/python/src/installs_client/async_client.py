"""The async client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

import httpx

from installs_client import connection, operations
from installs_client.errors import InvalidRequestError
from installs_client.exchange import Outcome, Pause, Step, exchange
from installs_client.pagination import Paginator
from installs_client.retries import Retries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from types import TracebackType

    from installs_client.auth import AsyncToken
    from installs_client.operations import Operation
    from installs_client.query import IncludeDeleted, IncludeWithInstall, Query
    from installs_client.rows import Install, Page

T = TypeVar("T")


class AsyncClient:
    """``Client`` for asyncio: the same methods, awaited.

    ``token`` may also be a coroutine function. A client belongs to one event loop.
    """

    def __init__(
        self,
        base_url: str,
        token: AsyncToken,
        *,
        timeout: float | httpx.Timeout = connection.TIMEOUT,
        retries: Retries = Retries(),  # noqa: B008 - frozen
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        settings = connection.settings(base_url, token, timeout)
        self._http = httpx.AsyncClient(**settings, transport=transport)
        self._retries = retries
        self._loop: asyncio.AbstractEventLoop | None = None

    async def list(self, **query: Unpack[Query]) -> Page:
        """Return one page of the installs that the caller sees."""
        return await self._run(operations.list_page(query))

    async def trash(self, **query: Unpack[Query]) -> Page:
        """Return one page of the deleted installs."""
        query["include_deleted"] = "only"
        return await self._run(operations.list_page(query))

    def pages(self, *, max_pages: int | None = None, **query: Unpack[Query]) -> AsyncIterator[Page]:
        """Iterate over pages from ``after`` or the start; with ``before`` alone, backward."""
        return self._pages(Paginator(query, max_pages=max_pages))

    def rows(
        self, *, max_rows: int | None = None, **query: Unpack[Query]
    ) -> AsyncIterator[Install]:
        """Iterate over rows in the same way; backward, the nearest row comes first."""
        paginator = Paginator(query, max_rows=max_rows)
        return (row async for page in self._pages(paginator) for row in paginator.rows(page))

    async def get(
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
        return await self._run(operations.get(install_id, include, include_deleted))

    async def uninstall(self, install_id: str) -> None:
        """Move an install to the trash; its dependents follow within seconds."""
        await self._run(operations.uninstall(install_id))

    async def restore(self, install_id: str) -> Install:
        """Restore an install from the trash, with all that its uninstall deleted."""
        return await self._run(operations.restore(install_id))

    async def purge(self, install_id: str) -> None:
        """Delete a deleted install for good.

        Raises
        ------
        MaybePurgedError
            An attempt's answer was lost, and the next one found no such install.
        """
        await self._run(operations.purge(install_id))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _pages(self, paginator: Paginator) -> AsyncIterator[Page]:
        while (operation := paginator.next()) is not None:
            page = await self._run(operation)
            paginator.advance(page)
            yield page

    async def _run(self, operation: Operation[T]) -> T:
        if self._http.is_closed:
            raise InvalidRequestError("The client is closed.")
        loop = asyncio.get_running_loop()
        self._loop = self._loop or loop
        if self._loop is not loop:
            raise InvalidRequestError(
                "The client is used in another event loop: make one for each."
            )
        steps = exchange(operation, connection.request_of(self._http, operation), self._retries)
        outcome: Outcome = None
        try:
            while True:
                outcome = await self._do(steps.send(outcome))
        except StopIteration as done:
            result: T = done.value
            return result

    async def _do(self, step: Step) -> Outcome:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        try:
            return await self._http.send(step)
        except httpx.RequestError as error:
            return error
