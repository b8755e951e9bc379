"""The service and the caller of a command: the local service, or any by its URL and a token."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator  # noqa: TC003 - typer reads them
from contextlib import contextmanager
from functools import partial
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated, Concatenate, Final, ParamSpec

import typer

from installs.ids import is_id
from installs.store import keys
from installs_client import Client, UnreachableError
from tools.local.errors import LocalSystemError
from tools.local.paths import DEFAULT_STATE
from tools.local.state import StateDirectory
from tools.options import TOKEN, text_of
from tools.outcome import Exit, end, exit_on_error
from tools.signatures import provided
from tools.systems import System
from tools.tokens import SigningKey

if TYPE_CHECKING:
    from tools.local.state import RunningStack

P = ParamSpec("P")

DEMO_USER: Final = "usr_ada"
"""The default caller of the local service: an admin of ``wsp_acme`` in the demo."""

_PANEL: Final = "Service and caller"


@contextmanager
def connected(
    *,
    as_user: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="USER",
            help=f"The user to act as, in the local service; {DEMO_USER} by default.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    stack: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The service of a stack on AWS, by its output ApiUrl. The token is in "
            f"--token-file or in the variable {TOKEN}.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The same by its URL, where the stack cannot be read.",
            envvar="INSTALLS_BASE_URL",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A file that holds the token, a JSON Web Token or an API key; - is standard "
            "input.",
            allow_dash=True,
            rich_help_panel=_PANEL,
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="With --stack: the AWS profile.", rich_help_panel=_PANEL),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="With --stack: the AWS region.", rich_help_panel=_PANEL),
    ] = None,
    state: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="The directory of the local service's files.",
            envvar="LOCAL_STATE",
            show_default=".local",
            rich_help_panel=_PANEL,
        ),
    ] = DEFAULT_STATE,
) -> Iterator[Client]:
    """Connect to the service that the options name; a token is never an option.

    Raises
    ------
    LocalSystemError
        The local service does not run or does not answer.
    """
    token = _token(token_file)
    with exit_on_error():
        if stack is not None:
            base_url = System.deployed(stack, profile, region).output("ApiUrl")
        if base_url is not None:
            if as_user is not None:
                end(
                    Exit.USAGE,
                    "--as is for the local service; elsewhere the token names the caller.",
                )
            if token is None:
                end(Exit.USAGE, f"A token is needed: --token-file, or {TOKEN}.")
            with Client(base_url, token) as client:
                yield client
            return
        directory = StateDirectory(state)
        running = directory.running()
        if as_user is not None or token is None:
            user = as_user or DEMO_USER
            _require_user(running, user)
            token = SigningKey.of_machine(directory.signing_key).token(user)
        try:
            with Client(running.base_url, token) as client:
                yield client
        except UnreachableError as error:
            raise LocalSystemError(f"{error} Is 'make run' still running?") from error


def _token(file: Path | None) -> str | Callable[[], str] | None:
    """Return the token; from a file it is read whenever it is needed, for it may be replaced."""
    if file is None:
        return os.environ.get(TOKEN)
    text = text_of(file, "--token-file")
    return text if str(file) == "-" else partial(file.read_text, "utf-8")


def _require_user(running: RunningStack, user: str) -> None:
    """End the command if the local service does not know the user: such a caller sees nothing."""
    if not is_id(user):
        end(Exit.USAGE, f"--as: {user!r} is not a valid user id.")
    if user not in running.tokens and System.local(running).table().get(keys.user(user)) is None:
        known = ", ".join(list(running.tokens)[:5]) or "none among the rows"
        end(Exit.USAGE, f"--as: the local service has no user {user}; there are {known}.")


def calls_api(function: Callable[Concatenate[Client, P], None]) -> Callable[..., None]:
    """Make a command of a function that takes a client; add the options of the service."""
    return provided(connected, function)
