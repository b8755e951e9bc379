"""Texts of the document: the API, its operations and parameters, and the query language."""

from __future__ import annotations

from typing import Final, NamedTuple

from installs.query.language.length import MAX_FILTER_BYTES

API: Final = """\
List, read, uninstall, restore and purge installs of integrations in workspaces.

**Access.** Every request carries a bearer token. A caller sees the installs of the workspaces in
which it has a role, and an admin of the platform those of all. Other installs are absent: a list
leaves them out, and their ids are a 404. In a workspace, a *viewer* lists and reads, an *editor*
uninstalls and restores, an *admin* purges.

**Trash.** An uninstalled install goes to the trash (`deletedAt` is set) for the days of its
`retentionTier`: short 7, medium 30, long 90, none for ever. Then it is deleted for good. Its
members, add-ons and solution follow within seconds, also at a restore.

**Queries.** `filter` and `orderBy` are JSON texts, percent-encoded in the query string, such as
`filter={"memberPolicy":"manual"}`. See the schemas `InstallFilter` and `InstallOrderBy`, and the
[query language](docs/query-language.md) with its examples.

**Errors.** They are problem details (RFC 9457). `code` is stable and meant for programs; `errors`
names each place that is wrong, by parameter and, in `filter` and `orderBy`, by JSON pointer. Any
request may be sent again after a 429, a 5xx or a lost answer; `Retry-After` has the seconds to
wait.

**Changes.** An answer may get new members, and `code` new values: ignore those that are unknown.
Parameters, members and values that exist stay.
"""

INSTALLS: Final = "Installs, live and in the trash."


class Operation(NamedTuple):
    """Texts of an operation: a summary and a description."""

    summary: str
    description: str


LIST: Final = Operation(
    "List installs",
    """\
All conditions are AND-ed: `filter`, `ids` and the shorthands. Without any, the list has every live
install that the caller sees, the newest first.

For the next page send `pageInfo.endCursor` as `after`, for the previous one
`pageInfo.startCursor` as `before`, with all else as it was (`limit` may change). `total` is exact
and counts all pages.

The query string has at most 8,000 characters, encoded. A workspace, integration or id that the
caller may not see gives an empty page. For viewers.
""",
)
GET: Final = Operation(
    "Get an install",
    """\
Returns a live or deleted install. `include` brings related rows along, and with `history` the
newest changes, which a public key (`pub_`) is not shown. A 404 means that the install does not
exist, was purged, is past its retention, or is not visible to the caller; these are
indistinguishable. For viewers.
""",
)
UNINSTALL: Final = Operation(
    "Uninstall",
    """\
Moves the install to the trash. Its members are disabled and deleted, its add-ons uninstalled, its
solution deleted unless another live install is in it; this follows within seconds. Repeating
it changes nothing. For editors.
""",
)
RESTORE: Final = Operation(
    "Restore from the trash",
    """\
Undoes exactly what the uninstall did: a member that was disabled before stays disabled.
Repeating it changes nothing. An add-on whose parent is in the trash is a 409 `parent_deleted`:
restore the parent first. For editors.
""",
)
PURGE: Final = Operation(
    "Delete for good",
    """\
Deletes an install in the trash; a live one is a 409 `install_not_deleted`. Everything that its
uninstall deleted is deleted too. This cannot be undone. For admins.
""",
)

ID: Final = "The install's id."
LIMIT: Final = "The number of rows of a page."
AFTER: Final = "A cursor of `pageInfo`: the page behind it, in the order of the list."
BEFORE: Final = "A cursor of `pageInfo`: the page ahead of it, in the same order."
IDS: Final = """\
Ids, separated by commas: at most 100. Narrows the list to those of them that the caller sees. Send
one parameter, not one for each id."""
FILTER_PARAMETER: Final = f"""\
A filter (schema `InstallFilter`) as JSON text, percent-encoded. At most {MAX_FILTER_BYTES:,} bytes
of JSON, 8 levels, 100 conditions, 8 relations to one and 3 to many. See the
[query language](docs/query-language.md)."""
ORDER_PARAMETER: Final = """\
Sort fields (schema `InstallOrderBy`) as JSON text, percent-encoded. Without it the list is
sorted by `installedAt`, the newest first."""
INCLUDE_DELETED: Final = """\
`false`: live installs. `true`: live and deleted ones. `only`: the trash. Without it the list has
live installs, unless the query itself constrains `deletedAt` or `retentionTier` of the install:
then it has live and deleted ones. It does not reach into `members` and `addOns`: their deleted rows
count only where the filter inside constrains `deletedAt` or `retentionTier`. In the trash no member
is enabled, since an uninstall disables and deletes the members."""
INCLUDE_DELETED_ROWS: Final = """\
The rows of `members` and `addOns` in `include`. `false`, the default: live ones. `true`: live and
deleted ones. `only`: deleted ones. The install itself is shown either way."""
SHORTHAND: Final = """\
Installs whose `{field}` equals this, as `filter={{"{field}":"..."}}`. {about}"""

FILTER: Final = """\
A condition on an install. All of the keys must hold. `{}` is every install.

A bare value means `eq`: `{"memberPolicy":"manual"}` is `{"memberPolicy":{"eq":"manual"}}`.

Null logic is that of SQL. A comparison with a null is unknown, and NOT of unknown is unknown; a
row is kept only if the filter is true. So `{"solutionId":{"neq":"sol_1"}}` leaves out installs
without a solution; add `{"solutionId":{"isNull":true}}` by `OR` to keep them.

Relations to one (`integration`, `integrationVersion`, `workspace`, `solution`, `parentInstall`,
`installer`) take a filter of the related row. Relations to many (`members`, `addOns`) take
`some`, `every` or `none` with one. Related rows that do not exist, or that the caller may not see,
count as absent. Relations are 2 deep.

A key that is unknown is a 400, which names it and suggests one that is close."""
OPTIONAL_FILTER: Final = """\
A condition on a related row. All of the keys must hold. If the row is absent, each of its fields is
null."""
RELATED_FILTER: Final = "A condition on a row. All of the keys must hold."
CONNECTIVES: Final = {
    "AND": "True if all of the filters are true; `[]` is true.",
    "OR": "True if one of the filters is true; `[]` is false.",
    "NOT": "True if the filter is false. NOT of unknown is unknown.",
}
ONE: Final = """\
If it is absent, or the caller may not see it, all of its fields are null. A deleted row is no
different from a live one."""
MANY: Final = """\
Rows that the caller may not see count as absent. So do deleted rows, unless the inner filter
constrains their `deletedAt` or `retentionTier`."""
QUANTIFIED: Final = "A condition on all rows of a relation. All of the keys must hold."
COMPARISON: Final = "A value, which means `eq`, or an object of operators."
OPERATORS: Final = "Operators, of which all must hold. A comparison with a null is unknown."
NOT: Final = "True if the condition is false."
PATH: Final = "Keys from the top of the object inward; a number is also an index into an array."
JSON: Final = "A condition on a JSON object: on the value at a path in it, or on its keys."
JSON_PATH: Final = """\
A path and one operator. Only values of one JSON type compare; others, and those that are not there,
are unknown."""
JSON_SCALAR: Final = "A scalar of JSON."
JSON_LIST: Final = "Scalars of JSON of one type."
JSON_PAIR: Final = "Two scalars of JSON of one type: the lower bound, then the upper."
ORDER: Final = """\
Sort fields, the first one first, no field twice. The id is always the last sort field, in the
direction of the field before it. Enums sort in their declared order. A string or a date of a
related row is inside the relation's name: `[{"integration":{"name":"asc"}}]`."""
RELATED_SORT: Final = """\
A field of the related row; null where there is no such row. Strings sort by their casefolded value,
then by the value; the first 128 characters count."""

INCLUDE: Final = """\
Related rows to bring along in the member `included`, each name once, separated by commas. Without
it there is no such member."""
INCLUDED: Final = "Related rows: a member for each name of `include`, and no other."
BY_ID: Final = "By id; a row that the caller does not see is absent."
SOME_ROWS: Final = "Rows, live unless `include_deleted` says more: their number, and the first."
HISTORY: Final = "The newest changes of the install; their actors are in `users`."
ENTRY: Final = "One change of an install."
CHANGE_KIND: Final = (
    "The kind of the change; `settled` follows one once all that it entails is done."
)
CAUSE: Final = (
    "What began it: a request, a parent's change, the end of retention, or rows that came in."
)
ACTOR: Final = "Who or what made the change."
ACTOR_KIND: Final = "The kind of an actor."
COUNTS: Final = "Of a settled entry: the dependents that were written."
ROWS: Final = {
    "IntegrationMember": "An entity that an install materialised.",
    "Solution": "A group of what an install brought in.",
    "Integration": "An integration, as it is in the marketplace.",
    "IntegrationVersion": "A version of an integration.",
    "Workspace": "A workspace.",
    "User": "A user. A public key (`pub_`) is not shown email and role.",
}
INSTALL_DETAILS: Final = "An install, and what was asked to be included."

DONE: Final = "The request is done."
SUCCESS: Final = "Always true: a request that is not done is an error."
PROBLEM: Final = "Problem details of an error (RFC 9457)."
ERROR_CODE: Final = "The codes of this version of the API; a later one may have more."
ISSUE: Final = "One place of a request that is wrong."
PAGE: Final = "A page of installs, and its place in the list."
PAGE_INFO: Final = "The place of a page in the list."
INSTALL: Final = "An installation of an integration in a workspace. All members are always there."
