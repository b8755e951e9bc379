"""The command ``smoke``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Final

import httpx
import typer

from installs_client import Client, Retries
from tools.help import examples
from tools.options import TOKEN, Profile, Region, StackName, TokenFile, token_of
from tools.outcome import Exit, end, exit_on_error, output
from tools.smoke.checks import Api, Check, Life, harmless, outcome_of
from tools.systems import System

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

EXAMPLES: Final = examples(
    "smoke --stack integration-installs",
    "smoke --base-url https://ID.execute-api.REGION.amazonaws.com/prod --write ins_for_this",
)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("smoke", epilog=EXAMPLES)(smoke)


def smoke(
    stack: StackName = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            envvar="INSTALLS_BASE_URL",
            metavar="URL",
            help="The API's base URL (output ApiUrl), where the stack cannot be read.",
        ),
    ] = None,
    token_file: TokenFile = None,
    write: Annotated[
        str | None,
        typer.Option(
            metavar="INSTALL_ID",
            help="Also uninstall this install, wait for its cascade, and restore it.",
        ),
    ] = None,
    patience: Annotated[
        float, typer.Option(min=1, help="Seconds that the cascade of --write may take.")
    ] = 60,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that an answer may take.")] = 30,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Check that a deployed API works; changes nothing without --write.

    The token is in --token-file or in the variable INSTALLS_TOKEN; --write needs an editor's.
    """
    console = output()
    token = token_of(token_file)
    if stack is not None:
        with exit_on_error():
            base_url = System.deployed(stack, profile, region).output("ApiUrl")
    if base_url is None or not base_url.startswith(("https://", "http://")):
        end(Exit.USAGE, "Give --stack, or --base-url with the URL of an API.")
    if not token:
        end(Exit.USAGE, f"A token is needed: --token-file, or {TOKEN}.")
    # One attempt each: a retry would hide what the check is to find.
    once = Retries(attempts=1)
    with (
        Client(base_url, token, timeout=timeout, retries=once, transport=transport()) as client,
        httpx.Client(base_url=base_url, timeout=timeout, transport=transport()) as http,
    ):
        api = Api(client, http)
        answers, result = outcome_of(lambda: str(client.list(limit=1)))
        if not answers:
            end(Exit.UNREACHABLE, f"The list does not answer: {result}")
        failed = _run(console, harmless(api))
        if write is not None:
            failed += _write(console, Life(client, write, patience))
    console.print(f"{failed} checks failed." if failed else "All checks passed.")
    raise typer.Exit(int(failed > 0))


def transport() -> httpx.BaseTransport:
    """Return the transport of the requests; tests put their own in its place."""
    return httpx.HTTPTransport()


def _run(console: Console, checks: Iterable[Check], *, until_failed: bool = False) -> int:
    """Run the checks; return the number that failed."""
    failed = 0
    for name, check in checks:
        began = time.monotonic()
        passed, result = outcome_of(check)
        spent = round((time.monotonic() - began) * 1000)
        console.print(f"{'ok  ' if passed else 'FAIL'}  {name}: {result} ({spent} ms)",
                      style=None if passed else "red")  # fmt: skip
        failed += not passed
        if failed and until_failed:
            break
    return failed


def _write(console: Console, life: Life) -> int:
    """Check the life of an install; restore it whatever happens."""
    try:
        failed = _run(console, life.checks(), until_failed=True)
    finally:
        back = _run(console, [("restore after a failure", life.restore)]) if life.away else 0
    return failed + back
