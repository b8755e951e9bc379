"""The tables of docs/query-language.md, made of the schema and the operators themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from installs.query.language.operators import OPERATORS, operators_of, path_operators
from installs.query.language.schema import ENTITIES, INSTALL, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installs.query.language.schema import Entity

PAGE: Final = Path(__file__).parent.parent / "docs" / "query-language.md"

_MARKED: Final = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("query-reference")(write)


def write(
    page: Annotated[Path, typer.Argument(help="The page to bring up to date.")] = PAGE,
) -> None:
    """Bring the tables of the query language's reference up to date."""
    page.write_text(with_tables(page.read_text()))


def with_tables(text: str) -> str:
    """The page with its marked tables made anew."""
    tables = {"operators": operators, "fields": fields, "relations": relations}

    def filled(marked: re.Match[str]) -> str:
        return marked[1] + "\n".join(tables[marked[2]]()) + "\n" + marked[3]

    return _MARKED.sub(filled, text)


def operators() -> Iterator[str]:
    """One row for each operator."""
    yield "| operator | also | takes | on | after `path` on | meaning |"
    yield "|---|---|---|---|---|---|"
    for operator in OPERATORS.values():
        kinds = ", ".join(kind for kind in Kind if kind in operator.kinds)
        if operator.name == "isNull":
            kinds = "date, string; id, enum where nullable"
        after = ", ".join(sorted(operator.json_types)) if operator.name in path_operators() else ""
        aliases = ", ".join(f"`{alias}`" for alias in operator.aliases)
        shape = operator.shape.value
        yield f"| `{operator.name}` | {aliases} | {shape} | {kinds} | {after} | {operator.doc} |"


def fields() -> Iterator[str]:
    """One row for each field of each entity."""
    yield "| entity | field | kind | operators |"
    yield "|---|---|---|---|"
    for entity in ENTITIES.values():
        for field in entity.fields.values():
            kind = f"{field.kind}{', nullable' if field.nullable else ''}"
            if field.values:
                kind += f": {', '.join(field.values)}"
            if field.kind is Kind.JSON:
                takes = "`path`, `hasKey`"
            else:
                takes = " ".join(operators_of(field.kind, nullable=field.nullable))
            yield f"| {entity.name} | `{field.name}` | {kind} | {takes} |"


def relations() -> Iterator[str]:
    """One row for each relation."""
    yield "| relation of an install | leads to | by |"
    yield "|---|---|---|"
    yield from _relations(INSTALL)


def _relations(entity: Entity) -> Iterator[str]:
    for relation in entity.relations.values():
        many = " (many: `some`, `every`, `none`)" if relation.many else ""
        link = f"its `{relation.foreign_key}`" if relation.many else f"`{relation.foreign_key}`"
        yield f"| `{relation.name}`{many} | {relation.target} | {link} |"
