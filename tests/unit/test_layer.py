"""Nothing ships in the layers that the functions do not use (template.yaml, both layers)."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
CORE: Final = ROOT / "layers" / "core"
REQUIREMENTS: Final = ROOT / "layers" / "dependencies" / "requirements.in"
OF_THE_RUNTIME: Final = {"boto3", "botocore"}
"""Packages that Lambda's Python brings, so that the layer need not."""


def imports(path: Path) -> set[str]:
    """The modules that a file imports when it runs, also within its functions."""
    return set(_imports(ast.parse(path.read_text(encoding="utf-8"))))


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from _imports(child)


def files_of(module: str) -> Iterator[Path]:
    """The files that the import of a module of the core runs: its own and its packages'."""
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        path = CORE.joinpath(*parts[:length])
        yield from (
            file for file in (path.with_suffix(".py"), path / "__init__.py") if file.exists()
        )


def name_of(distribution: str) -> str:
    """The name of a package as PEP 503 spells it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def used_by_functions() -> set[str]:
    """The modules that the handlers import, and the core for them, and so on."""
    waiting = sorted((ROOT / "functions").glob("*/handler.py"))
    assert waiting
    read: set[Path] = set()
    modules: set[str] = set()
    while waiting:
        for module in imports(waiting.pop()):
            modules.add(module)
            new = set(files_of(module)) - read
            read |= new
            waiting.extend(new)
    return modules


def required() -> set[str]:
    """The packages that the layer asks for by name."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    found = (re.match(r"[A-Za-z0-9._-]+", line) for line in lines)
    return {name_of(name[0]) for name in found if name}


def test_every_package_of_the_layer_is_imported_by_a_function() -> None:
    modules = used_by_functions()
    owners = packages_distributions()
    used = {
        name_of(owner) for module in modules for owner in owners.get(module.partition(".")[0], ())
    }

    assert required() - used == set()


def test_a_function_imports_nothing_that_does_not_ship() -> None:
    """A package that another brings along is asked for by that one."""
    modules = used_by_functions()
    tops = {module.partition(".")[0] for module in modules}
    brought = {"cryptography": "pyjwt", "pydantic_core": "pydantic"}
    owners = packages_distributions()

    unknown = {
        top
        for top in tops - set(sys.stdlib_module_names) - OF_THE_RUNTIME - {"installs"}
        if not {brought.get(top, name_of(owner)) for owner in owners.get(top, ())} & required()
    }
    assert unknown == set()
