"""Commands of API keys: ``python -m tools keys create|list|revoke``."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from installs import api_keys
from installs.principals import KeyKind, WorkspaceRole  # noqa: TC001 - typer reads them
from tools.api_keys import keys
from tools.outcome import Exit, end, output
from tools.systems import Choose, on_table
from tools.tables import grid, tab_separated, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installs.model import ApiKey

COLUMNS: Final = ("KEY", "KIND", "OWNER", "ROLE", "VALIDITY", "CREATED", "LABEL")


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    keys_app = typer.Typer(no_args_is_help=True, help="Create, list and revoke API keys.")
    keys_app.command()(on_table(create))
    keys_app.command("list")(on_table(list_keys))
    keys_app.command()(on_table(revoke))
    app.add_typer(keys_app, name="keys")


def create(
    choose: Choose,
    *,
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
    label: Annotated[
        str | None, typer.Option(help="What it is for, in words that are no secret.")
    ] = None,
) -> None:
    """Create a key, and print its secret, which is never shown again."""
    with _refused():
        created = keys.create(choose().table(), kind, owner, role=role, days=days, label=label)
    typer.echo(f"{created.key.id}  {_validity(created.key)}; its secret, stored nowhere:", err=True)
    typer.echo(created.secret)


def list_keys(choose: Choose) -> None:
    """List the keys, without their secrets, which are not stored.

    Prints a table on a terminal, tab-separated lines into a pipe. The last use of a key is not
    known: the access log has the principal of each request.
    """
    console = output()
    found = sorted(keys.list_all(choose().table()), key=lambda key: key.id)
    if console.is_terminal:
        console.print(grid(COLUMNS, ([*map(visible, _cells(key))] for key in found)))
        return
    for key in found:
        typer.echo(tab_separated(_cells(key)))


def revoke(
    choose: Choose,
    *,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key's id.")],
) -> None:
    """Revoke a key: writes stop at once, reads within 30 seconds."""
    with _refused():
        keys.revoke(choose().table(), key)
    typer.echo(f"{key} is revoked.")


def _cells(key: ApiKey) -> tuple[str, ...]:
    role = "as its user" if key.user_id else api_keys.workspace_role(key)
    owner = key.workspace_id or key.user_id or ""
    return (
        key.id, key.kind, owner, role, _validity(key), key.created_at or "", key.label or "",
    )  # fmt: skip


def _validity(key: ApiKey) -> str:
    if key.deleted_at is not None:
        return f"revoked {key.deleted_at}"
    if not api_keys.works(key, datetime.now(UTC)):
        return f"expired {key.expires_at}"
    return "never expires" if key.expires_at is None else f"expires {key.expires_at}"


@contextmanager
def _refused() -> Iterator[None]:
    """End with one line where a request cannot be carried out."""
    try:
        yield
    except keys.ApiKeyError as error:
        end(Exit.REFUSED, str(error))
