"""The document's examples: of rows as the demo has them, and of requests that a test sends.

The first example of a parameter changes nothing: a console that starts with it asks for everything.
"""

from __future__ import annotations

import json
from typing import Any, Final

from installs import errors
from installs.errors import Issue
from installs.http import problem
from installs.query.language.length import MAX_FILTER_BYTES
from installs.query.planning.cost import TOO_EXPENSIVE

Json = dict[str, Any]

INSTALL_ID: Final = "ins_crm"

INSTALL: Final[Json] = {
    "id": INSTALL_ID,
    "integrationId": "itg_crm",
    "integrationVersionId": "itv_crm_3",
    "workspaceId": "wsp_acme",
    "variables": {"region": "eu", "pipeline": {"stages": ["lead", "deal", "won"]}},
    "authStateId": "aus_crm",
    "memberPolicy": "auto_all",
    "parentInstallId": None,
    "solutionId": "sol_sales",
    "installedBy": "usr_ada",
    "installedAt": "2025-04-16T09:00:00.000Z",
    "lastUpgradedAt": "2025-07-25T09:00:00.000Z",
    "deletedAt": None,
    "retentionTier": None,
}

_CURSOR: Final = (
    "WzEsIlo0TkNuRVc3S2xFM0h0bEUiLFsiMjAyNS0wNC0xNlQwOTowMDowMC4wMDBaIiwiaW5zX2NybSJdXQ"
)
PAGE: Final[Json] = {
    "data": [INSTALL],
    "pageInfo": {
        "total": 1,
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": _CURSOR,
        "endCursor": _CURSOR,
    },
}

DONE: Final[Json] = {"success": True}

_INTEGRATION: Final[Json] = {
    "id": "itg_crm",
    "workspaceId": "wsp_acme",
    "slug": "crm",
    "name": "CRM",
    "description": "CRM, for everybody",
    "publisher": "Acme",
    "trustTier": "first_party",
    "currentVersion": None,
    "visibility": "public",
    "createdAt": "2025-01-16T09:00:00.000Z",
    "updatedAt": "2025-03-07T09:00:00.000Z",
    "deletedAt": None,
}
_INSTALLER: Final[Json] = {
    "id": "usr_ada",
    "name": "Ada Łukasiewicz",
    "email": "ada@example.com",
    "handle": "ada",
    "role": "user",
    "createdAt": "2025-01-06T15:00:00.000Z",
}
_ADD_ON: Final[Json] = {
    "id": "ins_crm_mail",
    "integrationId": "itg_mail",
    "integrationVersionId": "itv_mail_2",
    "workspaceId": "wsp_acme",
    "variables": {"from": "sales@example.com", "daily": 500},
    "authStateId": None,
    "memberPolicy": "auto_defaults",
    "parentInstallId": INSTALL_ID,
    "solutionId": None,
    "installedBy": "usr_ed",
    "installedAt": "2025-04-26T09:00:00.000Z",
    "lastUpgradedAt": None,
    "deletedAt": None,
    "retentionTier": None,
}
_CREATION: Final[Json] = {
    "revision": 1744794000000,
    "occurredAt": "2025-04-16T09:00:00.000Z",
    "kind": "created",
    "cause": "ingest",
    "actor": {"id": "import", "kind": "service"},
    "requestId": None,
    "deletionId": None,
    "fields": [],
    "counts": None,
}


def _example(summary: str, value: object) -> Json:
    return {"summary": summary, "value": value}


PAGES: Final[Json] = {
    "plain": _example("Without include", PAGE),
    "included": _example(
        "With include=integration,installer",
        {
            **PAGE,
            "included": {
                "integrations": {"itg_crm": _INTEGRATION},
                "users": {"usr_ada": _INSTALLER},
            },
        },
    ),
}

DETAILS: Final[Json] = {
    "plain": _example("Without include", INSTALL),
    "included": _example(
        "With include=integration,addOns,history",
        {
            **INSTALL,
            "included": {
                "integrations": {"itg_crm": _INTEGRATION},
                "users": {},
                "addOns": {"total": 1, "data": [_ADD_ON]},
                "history": {"data": [_CREATION], "hasMore": False},
            },
        },
    ),
}


FILTERS: Final[Json] = {
    "everything": _example("No filter", {}),
    "equals": _example("A field that equals a value", {"memberPolicy": "manual"}),
    "dates": _example(
        "Installed in a year, and never upgraded",
        {
            "installedAt": {"gte": "2026-01-01T00:00:00Z", "lt": "2027-01-01T00:00:00Z"},
            "lastUpgradedAt": {"isNull": True},
        },
    ),
    "either": _example(
        "One or the other, but not a third",
        {
            "OR": [{"memberPolicy": "auto_all"}, {"solutionId": {"isNull": False}}],
            "NOT": {"parentInstallId": {"isNull": False}},
        },
    ),
    "toOne": _example(
        "By the integration's name and publisher",
        {"integration": {"name": {"containsi": "crm"}, "trustTier": {"neq": "community"}}},
    ),
    "toMany": _example(
        "With a member that is enabled and attached",
        {"members": {"some": {"enabled": True, "detached": False}}},
    ),
    "variables": _example(
        "By a place in the variables",
        {"variables": {"path": ["region"], "in": ["eu", "us"]}},
    ),
    "trash": _example(
        "Deleted in the last week of a month, to be kept for long",
        {
            "deletedAt": {"between": ["2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"]},
            "retentionTier": "long",
        },
    ),
}

ORDERS: Final[Json] = {
    "newest": _example("The newest first, as without it", [{"installedAt": "desc"}]),
    "upgraded": _example(
        "By the last upgrade, those never upgraded last",
        [{"lastUpgradedAt": "desc_nulls_last"}, {"installedAt": "asc"}],
    ),
    "grouped": _example(
        "By workspace, then by integration", [{"workspaceId": "asc"}, {"integrationId": "asc"}]
    ),
    "related": _example(
        "By the integration's name, then by its version's date",
        [{"integration": {"name": "asc"}}, {"integrationVersion": {"publishedAt": "desc"}}],
    ),
}


REQUEST_ID: Final = "93c371a4-3efc-4977-89f2-e84366f8f0e4"
_UNKNOWN_OPERATOR: Final = (
    "'eqq' is not an operator; memberPolicy takes eq, neq, in, nin, not: did you mean 'eq'?"
)
_UNKNOWN_DIRECTION: Final = (
    "'up' is not one of asc, desc, asc_nulls_first, asc_nulls_last, desc_nulls_first,"
    " desc_nulls_last"
)
_TOO_LONG: Final = f"a filter has at most {MAX_FILTER_BYTES:,} bytes of JSON"
_LIMIT: Final = "must be a whole number from 1 to 100"
_MALFORMED: Final = "the cursor is malformed: pass startCursor or endCursor back unchanged"
_OF_THE_SERVICE: Final = (
    errors.InvalidParameterError(f"limit: {_LIMIT}", [Issue("invalid_value", _LIMIT, "limit")]),
    errors.QueryTooLongError(f"filter: {_TOO_LONG}", [Issue("too_long", _TOO_LONG, "filter")]),
    errors.InvalidFilterError(
        f"/memberPolicy/eqq: {_UNKNOWN_OPERATOR}",
        [Issue("unknown_operator", _UNKNOWN_OPERATOR, "filter", "/memberPolicy/eqq")],
    ),
    errors.InvalidOrderByError(
        f"/0/installedAt: {_UNKNOWN_DIRECTION}",
        [Issue("unknown_value", _UNKNOWN_DIRECTION, "orderBy", "/0/installedAt")],
    ),
    errors.InvalidCursorError(
        f"after: {_MALFORMED}", [Issue("malformed_cursor", _MALFORMED, "after")]
    ),
    errors.UnauthorizedError("A valid bearer token is needed."),
    errors.ForbiddenError("This needs the role editor in the install's workspace."),
    errors.NotFoundError("There is no such install."),
    errors.InstallNotDeletedError("Only a deleted install can be purged; uninstall it first."),
    errors.ParentDeletedError(
        "The install is an add-on of ins_crm, which is deleted; restore that first."
    ),
    errors.ConflictError("The install is being changed by another request; try again."),
    errors.QueryTooExpensiveError(TOO_EXPENSIVE),
    errors.ThrottledError("Too many requests; try again later."),
    errors.UnavailableError(),
    errors.InstallsError("Something went wrong on our side."),
)

PROBLEMS: Final[Json] = {
    error.code: json.loads(problem(error, REQUEST_ID)["body"]) for error in _OF_THE_SERVICE
}
"""A problem of each code, as the service writes it."""
