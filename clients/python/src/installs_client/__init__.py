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
from installs_client.query import IncludeDeleted, Query
from installs_client.retries import Retries
from installs_client.rows import Install, MemberPolicy, Page, PageInfo, RetentionTier
from installs_client.where import InstallFilter

__all__ = [
    "AsyncClient",
    "Client",
    "ConflictError",
    "Direction",
    "Filter",
    "ForbiddenError",
    "IncludeDeleted",
    "Install",
    "InstallFilter",
    "InstallNotDeletedError",
    "InstallsError",
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
    "RetentionTier",
    "Retries",
    "ThrottledError",
    "TokenError",
    "UnauthorizedError",
    "UnavailableError",
    "UnexpectedAnswerError",
    "UnreachableError",
    "all_of",
    "any_of",
    "where",
]
