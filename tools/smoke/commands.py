"""The command ``smoke``."""

from __future__ import annotations

import os
import time
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated, Final

import httpx
import typer
from rich.console import Console

from tools.help import examples
from tools.smoke.api import Api
from tools.smoke.looks import Life, Look, harmless, tried

if TYPE_CHECKING:
    from collections.abc import Iterable

TOKEN: Final = "INSTALLS_TOKEN"  # noqa: S105 - the name of a variable
EXAMPLES: Final = examples(
    "smoke --base-url https://ID.execute-api.REGION.amazonaws.com/prod",
    "smoke --base-url URL --write ins_for_this",
)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("smoke", epilog=EXAMPLES)(smoke)


def smoke(
    base_url: Annotated[
        str,
        typer.Option(
            envvar="INSTALLS_BASE_URL", metavar="URL", help="The API's base URL (output ApiUrl)."
        ),
    ],
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"A file that holds the token or API key; else {TOKEN} has it.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    write: Annotated[
        str | None,
        typer.Option(
            metavar="INSTALL_ID",
            help="Also uninstall this install, watch the cascade, and restore it.",
        ),
    ] = None,
    patience: Annotated[
        float, typer.Option(min=1, help="Seconds that the cascade of --write has.")
    ] = 60,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that an answer has.")] = 30,
) -> None:
    """Look whether a deployed API does what it should; nothing is changed without --write.

    The token is in --token-file or in the variable INSTALLS_TOKEN; --write needs an editor's.
    """
    console = Console(highlight=False, soft_wrap=True, markup=False)
    token = (token_file.read_text("utf-8") if token_file else os.environ.get(TOKEN, "")).strip()
    if not token or not base_url.startswith(("https://", "http://")):
        told = (
            f"A token is needed: --token-file, or {TOKEN}."
            if not token
            else f"{base_url} is no URL of an API."
        )
        console.print(told, style="red")
        raise typer.Exit(2)
    with httpx.Client(timeout=timeout) as client:
        api = Api(base_url, token, client)
        answers, told = tried(lambda: str(api.page(limit="1")))
        if not answers:
            console.print(f"The list does not answer: {told}", style="red")
            raise typer.Exit(3)
        failed = _run(console, harmless(api))
        if write is not None:
            failed += _write(console, Life(api, write, patience))
    console.print(f"{failed} of the above went wrong." if failed else "All is well.")
    raise typer.Exit(int(failed > 0))


def _run(console: Console, looks: Iterable[Look], *, until_failed: bool = False) -> int:
    """Look at each; how many went wrong."""
    failed = 0
    for name, look in looks:
        began = time.monotonic()
        well, told = tried(look)
        spent = round((time.monotonic() - began) * 1000)
        console.print(f"{'ok  ' if well else 'FAIL'}  {name}: {told} ({spent} ms)",
                      style=None if well else "red")  # fmt: skip
        failed += not well
        if failed and until_failed:
            break
    return failed


def _write(console: Console, life: Life) -> int:
    """The life of an install; whatever happens, it is asked back."""
    try:
        failed = _run(console, life.looks(), until_failed=True)
    finally:
        back = _run(console, [("restore, after all", life.restore)]) if life.away else 0
    return failed + back
