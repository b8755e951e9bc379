"""The most expensive inputs known, and the cost of each: ``python -m tools hostile``.

Each is a whole request of the list, or one row under the most expensive filter that its limits
allow. docs/security.md has the costs.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import typer

from installs.errors import InstallsError
from installs.query.execution.predicate import compile_filter
from installs.query.language.parameters import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from installs.query.language.schema import Row

LEAVES: Final = 80
"""Comparisons of short texts that fit into a query."""

LONG_LEAVES: Final = 40
"""Comparisons of texts of 100 characters that do."""

_SMALL: Final[Row] = {"id": "a", "variables": "{}"}
_TWICE: Final = ",".join(['"a":1'] * 550)
_IDS: Final = {"id": {"in": [f"a{n}" for n in range(30)]}}


@dataclass(frozen=True, slots=True)
class Input:
    """A request's parameters, each once, and the row that its filter then meets."""

    name: str
    query: Mapping[str, str]
    row: Row | None = None
    refused: bool = True


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of an input: calls of functions, Python's and C's, and time."""

    refused: bool
    calls: int
    milliseconds: float


def _filter(name: str, condition: object, **more: Any) -> Input:  # noqa: ANN401 - Input's fields
    text = condition if isinstance(condition, str) else json.dumps(condition, separators=(",", ":"))
    return Input(name, {"filter": text}, **more)


def _on_variables(name: str, value: str, *leaves: dict[str, str]) -> Input:
    """Return comparisons with one long text of a row; none is true."""
    row = {"id": "a", "variables": json.dumps({"a": value}, ensure_ascii=False)}
    condition = {"OR": [{"variables": {"path": ["a"], **leaf}} for leaf in leaves]}
    return _filter(name, condition, row=row, refused=False)


def _base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


INPUTS: Final = (
    _filter("2,600 opening brackets", "[" * 2_600),
    _filter("nesting of AND, 400 deep", '{"AND":[' * 400),
    _filter("a number of 6,000 digits", f'{{"id":{"9" * 6_000}}}'),
    _filter("an exponent of 6,000 digits", f'{{"id":1e{"9" * 6_000}}}'),
    _filter("one key 550 times", f"{{{_TWICE}}}"),
    _filter("240 fields that are nearly one", {f"solutionNam{n}": 1 for n in range(240)}),
    _filter("100 filters, all wrong", {"AND": [{"x": 1}] * 100}),
    _filter("keys of surrogates", {f"\ud800{n}": 1 for n in range(250)}),
    _filter("lists of 540 ids in all", {"AND": [_IDS] * 18}, refused=False),
    Input("1,000 unknown parameters", {f"p{n}": "1" for n in range(1_000)}),
    Input("350 ids", {"ids": ",".join(["a" * 19] * 350)}),
    Input("an order of 2,600 brackets", {"orderBy": "[" * 2_600}),
    Input("a cursor of 2,048 characters", {"after": "A" * 2_048}),
    Input("a cursor of 1,500 brackets", {"after": _base64("[" * 1_500)}),
    _on_variables("80 containsi, a value of 130,000 é", "é" * 130_000,
                  *({"containsi": f"zz{n}"} for n in range(LEAVES))),
    _on_variables("40 contains, a value of 380,000 A", "A" * 380_000,
                  *({"contains": "A" * 60 + "b" + "A" * 40 + str(n)} for n in range(LONG_LEAVES))),
    _filter("a path of 100 keys, a value 5,000 deep", {"variables": {"path": ["a"] * 100, "eq": 1}},
            row={"id": "a", "variables": '{"a":' * 5_000 + "1" + "}" * 5_000}, refused=False),
    Input("a filter of 6 MB", {"filter": "é" * 3_000_000}),
    Input("a query of 6 MB", {"ids": "é" * 3_000_000}),
)  # fmt: skip


def run(hostile: Input) -> Cost:
    """Read the parameters, and look at the row, as the list does."""
    refused = False
    calls, started = 0, time.perf_counter()

    def ask() -> None:
        nonlocal refused
        try:
            query = parse({name: [value] for name, value in hostile.query.items()})
        except InstallsError:
            refused = True
        else:
            compile_filter(query.filter)(hostile.row or _SMALL)

    ask()
    milliseconds = (time.perf_counter() - started) * 1000

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    _profiled(ask, count)
    return Cost(refused, calls, milliseconds)


def _profiled(do: Callable[[], None], count: Callable[[Any, str, Any], None]) -> None:
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        do()
    finally:
        sys.setprofile(before)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("hostile")(show)


def show() -> None:
    """Print the cost of the worst inputs as a Markdown table."""
    typer.echo("| input | answer | calls | ms |\n|---|---|---:|---:|")
    for hostile in INPUTS:
        cost = run(hostile)
        answer = "refused" if cost.refused else "read"
        typer.echo(f"| {hostile.name} | {answer} | {cost.calls:,} | {cost.milliseconds:.1f} |")
