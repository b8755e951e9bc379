"""Commands that change by the API: ``uninstall``, ``restore`` and ``purge``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from installs_client import Client, ProblemError
from tools.api.connection import calls_api
from tools.help import examples
from tools.outcome import Exit, end, errors, lines_of

if TYPE_CHECKING:
    from collections.abc import Callable

Ids = Annotated[
    list[str],
    typer.Argument(
        metavar="ID",
        help="The installs' ids; - reads them from standard input, the first word of each line.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command(
        "uninstall",
        epilog=examples(
            "uninstall ins_crm",
            "list --workspace-id wsp_old --all | python -m tools uninstall -",
        ),
    )(calls_api(uninstall))
    app.command(
        "restore",
        epilog=examples(
            "restore ins_crm",
        ),
    )(calls_api(restore))
    app.command(
        "purge",
        epilog=examples(
            "purge ins_crm",
            "purge --yes ins_a ins_b",
        ),
    )(calls_api(purge))


def uninstall(client: Client, *, install_ids: Ids) -> None:
    """Move installs to the trash; members, add-ons and solutions follow within seconds.

    Repeating it changes nothing. Needs the role editor.
    """
    _each(install_ids, client.uninstall, "is in the trash")


def restore(client: Client, *, install_ids: Ids) -> None:
    """Restore installs from the trash, with all that their uninstall deleted.

    Repeating it changes nothing. Needs the role editor.
    """
    _each(install_ids, client.restore, "is restored")


def purge(
    client: Client,
    *,
    install_ids: Ids,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
) -> None:
    """Delete installs in the trash for good. They cannot be restored.

    Asks first. Needs the role admin.
    """
    if not yes:
        if "-" in install_ids or not sys.stdin.isatty():
            end(Exit.USAGE, "There is no terminal to confirm on: pass --yes.")
        names = ", ".join(install_ids)
        if not typer.confirm(f"Delete for good, with all dependents: {names}?", err=True):
            end(Exit.REFUSED, "Nothing was purged.")
    _each(install_ids, client.purge, "is deleted for good")


def _ids(arguments: list[str]) -> list[str]:
    """Return ids, each once; those of standard input stand for ``-``."""
    ids: list[str] = []
    for text in arguments:
        if text == "-":
            ids += [line.split()[0] for line in sys.stdin if line.strip()]
        else:
            ids.append(text)
    return list(dict.fromkeys(ids))


def _each(ids: list[str], do: Callable[[str], object], done: str) -> None:
    """Apply an operation to each install; report refusals and go on."""
    refused = False
    for install_id in _ids(ids):
        try:
            do(install_id)
        except ProblemError as error:
            refused = True
            first, *rest = lines_of(error)
            errors().print(f"{install_id}: {first} {' '.join(rest)}", style="red")
        else:
            typer.echo(f"{install_id} {done}")
    if refused:
        raise typer.Exit(Exit.REFUSED)
