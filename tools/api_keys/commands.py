"""The commands of API keys: ``python -m tools keys create|list|revoke``."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from installs import api_keys
from installs.model import KeyKind, WorkspaceRole  # noqa: TC001 - typer reads them
from tools.api_keys import keys
from tools.importer.errors import ImporterError
from tools.importer.table import failures_told, open_table
from tools.local.errors import LocalSystemError
from tools.local.paths import DEFAULT_STATE
from tools.local.state import StateDirectory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installs.model import ApiKey
    from installs.store.table import Table

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")

Where = Annotated[
    str | None,
    typer.Option("--table", help="A table in AWS (a stack's TableName); else the local system's."),
]
State = Annotated[
    Path, typer.Option("--state", help="Where the system keeps its files.", envvar="LOCAL_STATE")
]


@app.command()
def create(
    kind: Annotated[KeyKind, typer.Argument(help="sec or pub: a workspace's; tok: a user's.")],
    owner: Annotated[str, typer.Argument(help="The workspace's id, or the user's.")],
    role: Annotated[
        WorkspaceRole | None, typer.Option(help="Of a sec key; admin unless it says less.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="How long it works; for ever without.")
    ] = None,
    table: Where = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Make a key, and print its secret: the only time that anybody sees it."""
    with _table(table, state) as opened:
        made = keys.create(opened, kind, owner, role=role, days=days)
    typer.echo(f"{made.key.id}  works {_until(made.key)}; its secret, kept nowhere:", err=True)
    typer.echo(made.secret)


@app.command("list")
def list_keys(table: Where = None, state: State = DEFAULT_STATE) -> None:
    """List the keys: id, kind, owner, role, until when. Nobody has their secrets."""
    with _table(table, state) as opened:
        for key in sorted(keys.list_all(opened), key=lambda key: key.id):
            role = "its user's" if key.user_id else api_keys.workspace_role(key)
            owner = key.workspace_id or key.user_id
            typer.echo("\t".join((key.id, key.kind, str(owner), role, _until(key))))


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id.")],
    table: Where = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Take a key away: nothing is written with it from now on, nothing read after 60 seconds."""
    with _table(table, state) as opened:
        keys.revoke(opened, key)
    typer.echo(f"{key} is revoked.")


def _until(key: ApiKey) -> str:
    if key.deleted_at is not None:
        return f"no more: revoked {key.deleted_at}"
    if not api_keys.works(key, datetime.now(UTC)):
        return f"no more: expired {key.expires_at}"
    return "for ever" if key.expires_at is None else f"until {key.expires_at}"


@contextmanager
def _table(name: str | None, state: Path) -> Iterator[Table]:
    """The table that is meant; what goes wrong with it, as one line."""
    try:
        if name is None:
            running = StateDirectory(state).running()
            opened = open_table(running.table_name, running.dynamodb_endpoint)
        else:
            opened = open_table(name, None)
        with failures_told():
            yield opened
    except (keys.ApiKeyError, LocalSystemError, ImporterError) as error:
        Console(stderr=True, soft_wrap=True, markup=False).print(str(error), style="red")
        raise typer.Exit(1) from error
