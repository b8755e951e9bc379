"""Print what ``sam deploy`` would deploy; runs on the SAM CLI's own Python, on its own parser.

Reads a JSON list of command lines, each a list of words after ``sam``. Prints a JSON list: by
command line the arguments of the command's implementation and the parameters that a new stack gets,
or the text of the error that the parser ends with.
"""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any, Final

import click
from samcli.cli.main import cli  # type: ignore[import-not-found]
from samcli.commands.deploy import command  # type: ignore[import-not-found]
from samcli.commands.deploy.deploy_context import DeployContext  # type: ignore[import-not-found]
from samcli.yamlhelper import parse_yaml_file  # type: ignore[import-not-found]

IMPLEMENTATION: Final = inspect.signature(command.do_cli)


def parse(words: list[str]) -> dict[str, Any]:
    """Parse one command line."""
    calls: list[dict[str, Any]] = []

    def record(*args: object, **kwargs: object) -> None:
        calls.append(dict(IMPLEMENTATION.bind(*args, **kwargs).arguments))

    command.do_cli = record
    try:
        cli.main(words, prog_name="sam", standalone_mode=False)
    except click.ClickException as error:
        return {"error": error.format_message()}
    (arguments,) = calls
    # A parameter without a value here is the template's default in a new stack.
    merged = DeployContext.merge_parameters(
        parse_yaml_file("template.yaml"), arguments["parameter_overrides"]
    )
    parameters = {
        one["ParameterKey"]: one["ParameterValue"] for one in merged if "ParameterValue" in one
    }
    return {"arguments": arguments, "parameters": parameters}


if __name__ == "__main__":
    print(json.dumps([parse(words) for words in json.load(sys.stdin)], default=str))
