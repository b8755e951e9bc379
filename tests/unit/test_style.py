"""Rules of CONTRIBUTING.md that ruff does not know."""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Final

import pytest

from installs import model
from tools.local.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

QUESTION: Final = re.compile(
    r"(What|Whatever|Whether|Who|Whoever|Whose|Where|How|Of|Which|When|Why)\b"
)
RECORDS: Final = {name for name, value in vars(model).items() if is_dataclass(value)}


def modules(folder: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def docstrings(module: ast.Module) -> Iterator[str]:
    """Yield the docstrings of a module, its classes and functions, and its constants."""
    for node in ast.walk(module):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        documented = isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        )
        before = [node if documented else None, *body]
        for owner, statement in zip(before, body, strict=False):
            if not isinstance(owner, ast.Assign | ast.AnnAssign) and owner is not node:
                continue
            match statement:
                case ast.Expr(ast.Constant(str(text))):
                    yield text


@pytest.mark.parametrize("folder", ["clients", "functions", "layers", "tests", "tools"])
def test_docstrings_begin_with_a_noun_or_a_verb(folder: str) -> None:
    texts = [text for _, module in modules(folder) for text in docstrings(module)]
    questions = [text.splitlines()[0] for text in texts if QUESTION.match(text)]

    assert len(questions) < 0.02 * len(texts), questions


def test_no_module_imports_a_test_module() -> None:
    imported = [
        f"{path}: {node.module}"
        for path, module in modules("tests")
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and re.search(r"(^|\.)test_", node.module or "")
    ]

    assert imported == []


def test_no_assertion_compares_a_tuple_of_comparisons() -> None:
    """A failure must show the value that is wrong, not that a comparison of it is false."""
    found = [
        f"{path}:{node.lineno}"
        for path, module in modules("tests")
        for node in ast.walk(module)
        if isinstance(node, ast.Assert)
        and isinstance(node.test, ast.Compare)
        and isinstance(node.test.left, ast.Tuple)
        and any(isinstance(part, ast.Compare | ast.BoolOp) for part in node.test.left.elts)
    ]

    assert found == []


def test_rows_of_tests_are_made_by_the_factory() -> None:
    """No record is made by position: a new field would have to be added to every such call."""
    found = [
        f"{path}:{node.lineno}"
        for path, module in modules("tests")
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", None)) in RECORDS
        and sum(not isinstance(argument, ast.Starred) for argument in node.args) > 5
    ]

    assert found == []


def test_pytest_looks_wherever_tests_are() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]
    paths = [ROOT / path for path in settings["ini_options"]["testpaths"]]
    files = (ROOT / "tests").rglob("test_*.py")

    assert [file for file in files if not any(map(file.is_relative_to, paths))] == []


def test_functions_take_random_numbers_from_the_operating_system() -> None:
    """All copies of a snapshot share the generator of ``random`` (docs/adr/0055)."""
    found = [
        path
        for folder in ("functions", "layers")
        for path, module in modules(folder)
        for node in ast.walk(module)
        if "random" in imported_names(node)
    ]

    assert found == ["layers/core/installs/randomness.py"]


def test_only_the_store_knows_typed_attributes() -> None:
    """``item["id"]["S"]`` is DynamoDB's: others decode an item by ``store/items.py``."""
    found = [
        f"{path}:{node.lineno}"
        for folder in ("functions", "layers")
        for path, module in modules(folder)
        if "/store/" not in path
        for node in ast.walk(module)
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and node.slice.value in {"S", "N", "BOOL"}
    ]

    assert found == []


def imported_names(node: ast.AST) -> list[str]:
    """The modules that a statement imports."""
    match node:
        case ast.Import():
            return [name.name for name in node.names]
        case ast.ImportFrom():
            return [node.module or ""]
    return []
