"""The service and the caller of a command: the local service, or any by its URL and a token."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator  # noqa: TC003 - typer reads them
from contextlib import contextmanager
from functools import partial
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import Annotated, Any, Concatenate, Final, ParamSpec, get_type_hints

import typer

from installs.ids import is_id
from installs_client import Client, UnreachableError
from tools.local.errors import LocalSystemError
from tools.local.paths import DEFAULT_STATE
from tools.local.state import StateDirectory
from tools.options import TOKEN
from tools.outcome import Exit, end, exit_on_error
from tools.tokens import SigningKey

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
    base_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Another service: its stack's ApiUrl. The token is in --token-file or in the "
            f"variable {TOKEN}.",
            envvar="INSTALLS_BASE_URL",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A file that holds the token: a JSON Web Token or an API key.",
            exists=True,
            dir_okay=False,
            rich_help_panel=_PANEL,
        ),
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
    token = partial(token_file.read_text, "utf-8") if token_file else os.environ.get(TOKEN)
    if base_url is not None:
        if as_user is not None:
            end(
                Exit.USAGE,
                "--as is for the local service; with --base-url the token names the caller.",
            )
        if token is None:
            end(Exit.USAGE, f"With --base-url a token is needed: --token-file, or {TOKEN}.")
        with Client(base_url, token) as client:
            yield client
        return
    directory = StateDirectory(state)
    running = directory.running()
    if as_user is not None and not is_id(as_user):
        end(Exit.USAGE, f"--as: {as_user!r} is not a valid user id.")
    if as_user is not None or token is None:
        token = SigningKey.of_machine(directory.signing_key).token(as_user or DEMO_USER)
    try:
        with Client(running.base_url, token) as client:
            yield client
    except UnreachableError as error:
        raise LocalSystemError(f"{error} Is 'make run' still running?") from error


def calls_api(function: Callable[Concatenate[Client, P], None]) -> Callable[..., None]:
    """Make a command of a function that takes a client; add the options of the service.

    typer reads a command's options from its signature, so the two signatures become one.
    """
    _client, *own_parameters = inspect.signature(function).parameters.values()
    connection_parameters = inspect.signature(connected).parameters
    hints = get_type_hints(function, include_extras=True) | get_type_hints(
        connected, include_extras=True
    )

    def command(**arguments: Any) -> None:  # noqa: ANN401 - as typer calls it
        options = {name: arguments.pop(name) for name in connection_parameters}
        with exit_on_error(), connected(**options) as client:
            function(client, **arguments)  # type: ignore[call-arg]

    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[parameter.name])
        for parameter in (*own_parameters, *connection_parameters.values())
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = function.__doc__
    command.__name__ = function.__name__
    return command
