"""Every command in the pages exists, with its options, and every block is one the shell can read.

What is run beside this: tests/e2e/test_docs.py.
"""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any, Final

import botocore.session
import pytest
import typer
from botocore import xform_name

from tests.commands import APP
from tests.docs.blocks import CHECKED_ONLY, COMMANDS, LANGUAGES, PAGES, blocks, each
from tools.local.paths import ROOT, SAM

if TYPE_CHECKING:
    from tests.docs.blocks import Block

KNOWN: Final = CHECKED_ONLY.keys() | {
    "cat", "cd", "curl", "echo", "grep", "jq", "python", "read", "sleep",
    "tail",
}  # fmt: skip
"""The programs that pages use: whoever adds one looks whether it is harmless."""


@pytest.mark.parametrize("block", COMMANDS, ids=str)
def test_the_shell_can_read_it(block: Block) -> None:
    done = subprocess.run(
        ["bash", "-n"],  # noqa: S607 - it is read, not run
        input=block.script,
        text=True,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    defined = {name for one in COMMANDS for name in one.sets()}
    assert block.programs() - defined <= KNOWN


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_block_says_what_it_is(page: Any) -> None:  # noqa: ANN401 - a path
    for block in blocks(page):
        if page.name != "CONTRACT.md":
            assert block.language in LANGUAGES, f"{block} is {block.language or 'nothing'}"
        if block.language not in {"sh", "console"}:
            assert not re.search(r"^(\$ |make |sam |aws |curl )", block.text, re.MULTILINE), block


def test_json_is_json() -> None:
    for page in PAGES:
        if page.name != "query-language.md":  # tests/unit/query/test_reference.py runs those
            for block in blocks(page):
                if block.language == "json":
                    json.loads(block.text)


def options(words: list[str]) -> set[str]:
    return {word.partition("=")[0] for word in words if word.startswith("--")}


def test_make_has_the_targets_and_variables() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = list(each("make"))
    assert found
    for block, words in found:
        for word in words[1:]:
            name, is_variable, _ = word.partition("=")
            wanted = rf"\$\({name}\)|\b{name}\b" if is_variable else rf"^{name}:"
            assert re.search(wanted, makefile, re.MULTILINE), f"{block}: make has no {name}"


def test_the_tools_have_the_commands_and_options() -> None:
    root = typer.main.get_command(APP)
    found = list(each("python", "-m", "tools"))
    assert found
    for block, words in found:
        command: Any = root
        for word in words[3:]:
            if not hasattr(command, "commands") or word.startswith("-"):
                break
            assert word in command.commands, f"{block}: {command.name} has no {word}"
            command = command.commands[word]
        known = {name for parameter in command.params for name in parameter.opts}
        assert options(words) <= known | {"--help"}, f"{block}: {' '.join(words)}"


def test_the_page_of_the_tools_names_every_command() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    root: Any = typer.main.get_command(APP)
    unnamed = [
        name for name in root.commands if not re.search(rf"`{name}\b|-m tools {name}\b", page)
    ]

    assert unnamed == []


def test_sam_has_the_commands_and_options() -> None:
    found = [(block, words) for block, words in each("sam") if len(words) > 1]
    assert found
    asked = sorted({" ".join(_before_options(words)) for _, words in found})
    # The command line loads a command when it is called; each lies in a module of its name.
    program = (
        "import json, sys; from importlib import import_module; from pkgutil import iter_modules\n"
        "def known(path):\n"
        "    name = 'samcli.commands.' + path.replace(' ', '.').replace('-', '_')\n"
        "    found = {m.name for m in iter_modules(import_module(name).__path__)}\n"
        "    last = next(m for m in ('command', 'cli', path.split()[-1]) if m in found)\n"
        "    cli = import_module(f'{name}.{last}').cli\n"
        "    return ['--help'] + [o for p in cli.params for o in p.opts]\n"
        "print(json.dumps({path: known(path) for path in sys.argv[1:]}))"
    )
    done = subprocess.run(  # noqa: S603 - the program is the one above
        [SAM.with_name("python"), "-W", "ignore", "-c", program, *asked],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    known = json.loads(done.stdout.splitlines()[-1])
    for block, words in found:
        has = known[" ".join(_before_options(words))]
        assert has, f"{block}: there is no {' '.join(words[:3])}"
        assert options(words) <= {*has}, f"{block}: {' '.join(words)}"


def _before_options(words: list[str]) -> list[str]:
    path = []
    for word in words[1:]:
        if not re.fullmatch(r"[a-z-]+", word) or word.startswith("-"):
            break
        path.append(word)
    return path


def test_uv_has_the_options() -> None:
    for block, words in each("uv", "pip", "compile"):
        done = subprocess.run(  # noqa: S603 - it only tells its options
            [ROOT / ".venv" / "bin" / "uv", "pip", "compile", "--help"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert all(option in done.stdout for option in options(words)), block


OF_THE_AWS_CLI: Final = {
    "--max-items",
    "--query",
    "--output",
    "--profile",
    "--region",
    "--no-cli-pager",
    "--cli-input-json",
}
OF_S3: Final = {"ls": {"--recursive"}, "cp": {"--recursive"}, "rb": set(), "rm": {"--recursive"}}
"""`aws s3` is a program of its own, in no service model."""


def test_aws_has_the_operations_and_parameters() -> None:
    session: Any = botocore.session.get_session()
    found = list(each("aws"))
    assert found
    for block, (_, service, operation, *rest) in found:
        given = options(rest) - OF_THE_AWS_CLI
        if service == "s3":
            assert given <= OF_S3[operation], block
            continue
        model = session.get_service_model(service)
        if operation == "wait":
            waiter = session.get_waiter_model(service).get_waiter(
                "".join(part.title() for part in rest[0].split("-"))
            )
            called = waiter.operation
        else:
            spelled = {xform_name(name, "-"): name for name in model.operation_names}
            assert operation in spelled, f"{block}: {service} has no {operation}"
            called = spelled[operation]
        shape = model.operation_model(called).input_shape
        members = {f"--{xform_name(name, '-')}" for name in shape.members} if shape else set()
        flags = [name for name in shape.members if shape.members[name].type_name == "boolean"]
        members |= {f"--no-{xform_name(name, '-')}" for name in flags}
        assert given <= members, f"{block}: {operation} has no {given - members}"
