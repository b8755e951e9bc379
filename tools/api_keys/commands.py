"""Commands of API keys: ``python -m tools keys create|list|revoke``."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from installs import api_keys
from installs.model import KeyKind, WorkspaceRole  # noqa: TC001 - typer reads them
from tools.api_keys import keys
from tools.importer.table import stopped_on_failure
from tools.local.paths import DEFAULT_STATE
from tools.options import Address, Profile, Region, State, TableName
from tools.outcome import Exit, end, exit_on_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from installs.model import ApiKey
    from installs.store.table import Table


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    keys_app = typer.Typer(no_args_is_help=True, help="Create, list and revoke API keys.")
    keys_app.command()(create)
    keys_app.command("list")(list_keys)
    keys_app.command()(revoke)
    app.add_typer(keys_app, name="keys")


def create(
    kind: Annotated[
        KeyKind,
        typer.Argument(metavar="KIND", help="sec or pub for a workspace, tok for a user."),
    ],
    owner: Annotated[str, typer.Argument(metavar="OWNER", help="The id of the workspace or user.")],
    role: Annotated[
        WorkspaceRole | None, typer.Option(help="The role of a sec key; admin by default.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Days until it expires; never by default.")
    ] = None,
    table: TableName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Create a key, and print its secret, which is never shown again."""
    with _table(table, state, profile, region) as opened:
        created = keys.create(opened, kind, owner, role=role, days=days)
    typer.echo(f"{created.key.id}  {_expiry(created.key)}; its secret, stored nowhere:", err=True)
    typer.echo(created.secret)


def list_keys(
    table: TableName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> None:
    """List the keys: id, kind, owner, role, expiry. Secrets are not stored."""
    with _table(table, state, profile, region) as opened:
        for key in sorted(keys.list_all(opened), key=lambda key: key.id):
            role = "as its user" if key.user_id else api_keys.workspace_role(key)
            owner = key.workspace_id or key.user_id
            typer.echo("\t".join((key.id, key.kind, str(owner), role, _expiry(key))))


def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key's id.")],
    table: TableName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Revoke a key: writes stop at once, reads within 30 seconds."""
    with _table(table, state, profile, region) as opened:
        keys.revoke(opened, key)
    typer.echo(f"{key} is revoked.")


def _expiry(key: ApiKey) -> str:
    if key.deleted_at is not None:
        return f"revoked {key.deleted_at}"
    if not api_keys.works(key, datetime.now(UTC)):
        return f"expired {key.expires_at}"
    return "never expires" if key.expires_at is None else f"expires {key.expires_at}"


@contextmanager
def _table(
    name: str | None, state: Path, profile: str | None, region: str | None
) -> Iterator[Table]:
    """Open the table of the options; end with one line if that fails."""
    with exit_on_error(), stopped_on_failure():
        try:
            yield Address.chosen(name, state, profile, region).open()
        except keys.ApiKeyError as error:
            end(Exit.REFUSED, str(error))
