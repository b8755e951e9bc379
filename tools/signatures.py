"""Commands that are given what their options name: a client, or a system."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

T = TypeVar("T")
P = ParamSpec("P")


def provided(
    provider: Callable[..., AbstractContextManager[T]],
    function: Callable[Concatenate[T, P], None],
) -> Callable[..., None]:
    """Make a command of a function whose first argument ``provider`` makes of options of its own.

    typer reads a command's options from its signature, so the two signatures become one.
    """
    _first, *own_parameters = inspect.signature(function).parameters.values()
    options_of = inspect.signature(provider).parameters
    hints = get_type_hints(function, include_extras=True)
    hints |= get_type_hints(provider, include_extras=True)

    def command(**arguments: Any) -> None:  # noqa: ANN401 - as typer calls it
        options = {name: arguments.pop(name) for name in options_of}
        with provider(**options) as first:
            function(first, **arguments)  # type: ignore[call-arg]

    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[parameter.name])
        for parameter in (*own_parameters, *options_of.values())
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = function.__doc__
    command.__name__ = function.__name__
    return command
