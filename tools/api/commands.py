"""Commands that read by the API: ``list``, ``get`` and ``trash``."""

from __future__ import annotations

from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, cast, get_args

import typer

from installs_client import (
    Client,
    Direction,
    Include,
    IncludeDeleted,
    IncludeWithInstall,
    MemberPolicy,
    OrderKey,
    Query,
    RetentionTier,
    where,
)
from installs_client.fields import Date, Sortable, String, ToOne
from installs_client.query import OF_INSTALL
from tools.api import changes, included, show
from tools.api.connection import calls_api
from tools.help import examples
from tools.options import text_of
from tools.outcome import Exit, end, errors, output

if TYPE_CHECKING:
    from installs_client import PageInfo

DEFAULT_LIMIT: Final = 20
"""Default rows on a page."""

_NARROW: Final = "Narrow the list"
_PAGES: Final = "Order and pages"

Limit = Annotated[
    int,
    typer.Option(
        min=1, max=100, metavar="N", help="1-100: rows on a page.", rich_help_panel=_PAGES
    ),
]
All = Annotated[
    bool, typer.Option("--all", help="Every page, one after another.", rich_help_panel=_PAGES)
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line, as the API has it.")]
WorkspaceId = Annotated[
    str | None, typer.Option(metavar="ID", help="In this workspace.", rich_help_panel=_NARROW)
]
Id = Annotated[str, typer.Argument(metavar="ID", help="The install's id.")]

SORTABLE: Final = (
    *(field.name for field in vars(where.install).values() if isinstance(field, Sortable)),
    *(
        f"{relation.name}.{field.name}"
        for relation in vars(where.install).values()
        if isinstance(relation, ToOne)
        for field in (getattr(relation.target, name) for name in dir(relation.target))
        if isinstance(field, String | Date)
    ),
)


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command(
        "list",
        epilog=examples(
            "list --workspace-id wsp_acme",
            """list --filter '{"solution": {"name": "Sales"}}' --order lastUpgradedAt:desc""",
            "list --all --json > installs.ndjson",
            "list --stack integration-installs --token-file key.txt",
        ),
    )(calls_api(list_installs))
    app.command(
        "get",
        epilog=examples(
            "get ins_crm",
            "get ins_crm --json | jq .variables",
            "get ins_crm --include integration,members",
            "get ins_crm --include members,addOns --include-deleted only",
        ),
    )(calls_api(get))
    app.command(
        "trash",
        epilog=examples(
            "trash",
            "trash --workspace-id wsp_acme --all",
        ),
    )(calls_api(trash))
    changes.register(app)


def list_installs(
    client: Client,
    *,
    filter_: Annotated[
        str | None,
        typer.Option(
            "--filter",
            metavar="JSON",
            help="A filter (docs/query-language.md); @FILE reads a file, - standard input.",
            rich_help_panel=_NARROW,
        ),
    ] = None,
    ids: Annotated[
        list[str] | None,
        typer.Option(
            "--id", metavar="ID", help="Only this install; repeatable.", rich_help_panel=_NARROW
        ),
    ] = None,
    workspace_id: WorkspaceId = None,
    integration_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Installs of this integration.", rich_help_panel=_NARROW),
    ] = None,
    integration_version_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Installs of this version.", rich_help_panel=_NARROW),
    ] = None,
    member_policy: Annotated[
        MemberPolicy | None,
        typer.Option(help="Installs with this policy.", rich_help_panel=_NARROW),
    ] = None,
    parent_install_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Add-ons of this install.", rich_help_panel=_NARROW),
    ] = None,
    solution_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Installs in this solution.", rich_help_panel=_NARROW),
    ] = None,
    installed_by: Annotated[
        str | None,
        typer.Option(metavar="USER", help="Installs by this user.", rich_help_panel=_NARROW),
    ] = None,
    retention_tier: Annotated[
        RetentionTier | None,
        typer.Option(help="Deleted installs with this tier.", rich_help_panel=_NARROW),
    ] = None,
    include_deleted: Annotated[
        IncludeDeleted | None,
        typer.Option(
            help="Live installs (false), also deleted ones (true), or the trash alone (only).",
            rich_help_panel=_NARROW,
        ),
    ] = None,
    order: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD[:DIRECTION]",
            help="Sort by this field, or by RELATION.FIELD; repeatable. Directions: "
            + ", ".join(get_args(Direction))
            + ".",
            rich_help_panel=_PAGES,
        ),
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    every: All = False,
    after: Annotated[
        str | None,
        typer.Option(metavar="CURSOR", help="The page after this cursor.", rich_help_panel=_PAGES),
    ] = None,
    before: Annotated[
        str | None,
        typer.Option(metavar="CURSOR", help="The page before this cursor.", rich_help_panel=_PAGES),
    ] = None,
    include: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Related rows to show, comma-separated: " + ", ".join(get_args(Include)) + ".",
            rich_help_panel=_PAGES,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the installs that you see.

    Prints a table on a terminal, tab-separated lines into a pipe, or JSON objects with --json.
    """
    query: Query = {
        "filter": None if filter_ is None else _text(filter_),
        "ids": ids or None,
        "workspace_id": workspace_id,
        "integration_id": integration_id,
        "integration_version_id": integration_version_id,
        "member_policy": member_policy,
        "parent_install_id": parent_install_id,
        "solution_id": solution_id,
        "installed_by": installed_by,
        "retention_tier": retention_tier,
        "include_deleted": include_deleted,
        "order_by": [order_key(field) for field in order] if order else None,
        "limit": limit,
        "after": after,
        "before": before,
        "include": cast("list[Include] | None", included.names_of(include)),
    }
    page = None if every else client.list(**query)
    if page is None:
        query["limit"] = None
    rows = client.rows(**query) if page is None else page.rows
    names = query["include"] or ()
    number = show.show_rows(output(), rows, as_json=as_json, include=names)
    _summarize(number, None if page is None else page.info)


def trash(
    client: Client,
    *,
    workspace_id: WorkspaceId = None,
    limit: Limit = DEFAULT_LIMIT,
    every: All = False,
    as_json: Json = False,
) -> None:
    """List deleted installs and the time until they are purged; the latest first."""
    query: Query = {
        "workspace_id": workspace_id,
        "limit": limit,
        "include_deleted": "only",
        "order_by": [where.install.deleted_at.desc()],
    }
    if every:
        query["limit"] = None
    page = None if every else client.list(**query)
    rows = client.rows(**query) if page is None else page.rows
    if as_json:
        number = show.show_rows(output(), rows, as_json=True)
    else:
        number = show.show_trash(output(), rows, datetime.now(UTC))
    _summarize(number, None if page is None else page.info, further="--all")


def get(
    client: Client,
    *,
    install_id: Id,
    include: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help=f"Related rows to show, comma-separated: {', '.join(OF_INSTALL)}.",
        ),
    ] = None,
    include_deleted: Annotated[
        IncludeDeleted | None,
        typer.Option(
            help="Members and add-ons: live (false), also deleted ones (true), or those alone"
            " (only).",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show one install, deleted or not."""
    names = cast("list[IncludeWithInstall] | None", included.names_of(include))
    install = client.get(install_id, include=names, include_deleted=include_deleted)
    console = output()
    if as_json:
        show.echo(console, show.json_answer(install))
    else:
        show.show_install(console, install, datetime.now(UTC), names or ())


def order_key(text: str) -> OrderKey:
    """Parse ``field:direction``; ascending without a direction."""
    field, _, direction = text.partition(":")
    if field not in SORTABLE:
        matches = get_close_matches(field, SORTABLE, n=1)
        hint = f": did you mean {matches[0]}?" if matches else f"; there are {', '.join(SORTABLE)}."
        end(Exit.USAGE, f"--order: {field!r} is not a sort field{hint}")
    if direction and direction not in get_args(Direction):
        known = ", ".join(get_args(Direction))
        end(Exit.USAGE, f"--order: {direction!r} is not a direction; there are {known}.")
    relation, _, name = field.rpartition(".")
    return OrderKey(name, cast("Direction", direction or "asc"), relation or None)


def _text(argument: str) -> str:
    """Return the text of an option, or of the file that it names."""
    if argument == "-" or argument.startswith("@"):
        return text_of(Path(argument.removeprefix("@")), "--filter")
    return argument


def _summarize(count: int, info: PageInfo | None = None, further: str = "") -> None:
    """Print beside the rows how many there are, and how to see more."""
    console = errors()
    console.print(f"{count} of {count if info is None else info.total}", style="dim")
    if info is not None and info.has_next_page:
        console.print(f"more: {further or f'--all, or --after {info.end_cursor}'}", style="dim")
