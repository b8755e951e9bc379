"""A typed client of the Integration Installs API.

``Client`` and ``AsyncClient`` call it; ``where`` makes filters and orders; every error is an
``InstallsError``.
"""

from __future__ import annotations

from installs_client import where
from installs_client.async_client import AsyncClient
from installs_client.client import Client
from installs_client.errors import (
    ConflictError,
    ForbiddenError,
    InstallNotDeletedError,
    InstallsError,
    InternalError,
    InvalidCursorError,
    InvalidFilterError,
    InvalidOrderByError,
    InvalidParameterError,
    InvalidRequestError,
    Issue,
    MaybePurgedError,
    NotFoundError,
    ParentDeletedError,
    Problem,
    ProblemError,
    QueryTooExpensiveError,
    QueryTooLongError,
    ThrottledError,
    TokenError,
    UnauthorizedError,
    UnavailableError,
    UnexpectedAnswerError,
    UnreachableError,
)
from installs_client.filters import Filter, all_of, any_of
from installs_client.order import Direction, OrderKey
from installs_client.query import Include, IncludeDeleted, IncludeWithInstall, Query
from installs_client.related import (
    Counts,
    History,
    HistoryEntry,
    Integration,
    IntegrationMember,
    IntegrationVersion,
    Solution,
    User,
    Workspace,
)
from installs_client.retries import Retries
from installs_client.rows import (
    Included,
    Install,
    MemberPolicy,
    Page,
    PageInfo,
    Related,
    RetentionTier,
)
from installs_client.where import InstallFilter

__all__ = [
    "AsyncClient",
    "Client",
    "ConflictError",
    "Counts",
    "Direction",
    "Filter",
    "ForbiddenError",
    "History",
    "HistoryEntry",
    "Include",
    "IncludeDeleted",
    "IncludeWithInstall",
    "Included",
    "Install",
    "InstallFilter",
    "InstallNotDeletedError",
    "InstallsError",
    "Integration",
    "IntegrationMember",
    "IntegrationVersion",
    "InternalError",
    "InvalidCursorError",
    "InvalidFilterError",
    "InvalidOrderByError",
    "InvalidParameterError",
    "InvalidRequestError",
    "Issue",
    "MaybePurgedError",
    "MemberPolicy",
    "NotFoundError",
    "OrderKey",
    "Page",
    "PageInfo",
    "ParentDeletedError",
    "Problem",
    "ProblemError",
    "Query",
    "QueryTooExpensiveError",
    "QueryTooLongError",
    "Related",
    "RetentionTier",
    "Retries",
    "Solution",
    "ThrottledError",
    "TokenError",
    "UnauthorizedError",
    "UnavailableError",
    "UnexpectedAnswerError",
    "UnreachableError",
    "User",
    "Workspace",
    "all_of",
    "any_of",
    "where",
]
