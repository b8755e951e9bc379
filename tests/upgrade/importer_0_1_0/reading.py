"""Phase 1: a file becomes rows, or is refused with everything that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import ValidationError

from installs import model
from installs.ingest.models import MODELS
from installs.ingest.values import NotJsonError, Number, parse
from installs.store import items, keys
from tests.upgrade.importer_0_1_0.errors import ImportRefusedError, Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from installs.store.items import Item
    from installs.store.keys import Key

LONGEST_LINE: Final = 4 * 1024 * 1024
"""In bytes: no row of DynamoDB's limit needs more, every character escaped."""
LARGEST_ITEM: Final = 400 * 1024
"""DynamoDB's limit of an item, in bytes of names and values."""
_RESERVE: Final = 1024
"""In terms of that, what is left for index keys and for the marks of a deletion."""
_BYTE_ORDER_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_MESSAGES: Final = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this type of row",
    "string_pattern_mismatch": "must match {pattern}",
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "enum": "must be {expected}",
}
_KEYS: Final[dict[type[model.Row], Callable[[Any], Key]]] = {
    model.Install: lambda row: keys.install(row.id),
    model.IntegrationMember: lambda row: keys.member(row.integration_install_id, row.id),
    model.Solution: lambda row: keys.solution(row.id),
    model.SolutionMember: lambda row: keys.solution_member(row.solution_id, row.id),
    model.Integration: lambda row: keys.integration(row.id),
    model.IntegrationVersion: lambda row: keys.integration_version(row.id),
    model.Workspace: lambda row: keys.workspace(row.id),
    model.User: lambda row: keys.user(row.id),
    model.WorkspaceMember: lambda row: keys.role(row.user_id, row.workspace_id),
    model.ApiKey: lambda row: keys.api_key(row.id),
}


@dataclass(slots=True)
class Rows:
    """The rows of a file, by the key of their item."""

    by_key: dict[Key, model.Row] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    """The way in which many rows of each type."""

    @property
    def installs(self) -> dict[str, model.Install]:
        """The installs by their ids."""
        return {row.id: row for row in self.by_key.values() if isinstance(row, model.Install)}

    def others(self) -> Iterator[tuple[Key, model.Row]]:
        """The rows that are not installs."""
        return (pair for pair in self.by_key.items() if not isinstance(pair[1], model.Install))


def read_rows(path: Path) -> Rows:
    """Read and check a file.

    Raises
    ------
    ImportRefusedError
        Anything is wrong with any line: nothing may be written.
    """
    reader = _Reader()
    try:
        with path.open("rb") as file:
            for number, line in enumerate(_lines(file), start=1):
                reader.take(number, line)
    except OSError as error:
        reader.problems.add(0, None, f"cannot be read: {error.strerror}")
    reader.check_ancestors()
    if reader.problems.count:
        raise ImportRefusedError(path.name, reader.problems)
    return reader.rows


def key_of(row: model.Row) -> Key:
    """The key of a row's item."""
    return _KEYS[type(row)](row)


def item_size(item: Item) -> int:
    """An item's size as DynamoDB counts it, in bytes; a number at its largest."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(typed: dict[str, Any]) -> int:
    ((tag, value),) = typed.items()
    return len(value.encode()) if tag == "S" else 21


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines; of one that is too long, as much as shows it."""
    while line := file.readline(LONGEST_LINE + 1):
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE + 1)
        yield line


class _Reader:
    """Takes lines one by one; collects rows and problems."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.problems = Problems()
        self._seen: dict[object, int] = {}
        """The line of each id of a type, of each key, and of each secret."""

    def take(self, number: int, line: bytes) -> None:
        """Check one line, and keep its row."""
        if number == 1 and line.startswith(_BYTE_ORDER_MARKS):
            self.problems.add(number, None, "begins with a byte order mark; save as UTF-8 without")
            return
        if not line.strip():
            return
        values = self._parse(number, line)
        if values is None:
            return
        name = values.pop("type", None)
        line_type = MODELS.get(name) if isinstance(name, str) else None
        if line_type is None:
            self.problems.add(number, "type", f"must be one of {', '.join(MODELS)}")
            return
        try:
            row = line_type.model_validate(values).row()
        except ValidationError as error:
            self._explain(number, error)
            self._note(number, "id", (name, _hashable(values.get("id"))), "the id")
            return
        self._keep(number, str(name), row, len(line))

    def check_ancestors(self) -> None:
        """Refuse add-ons that are their own ancestors."""
        installs = self.rows.installs
        clear: set[str] = set()
        for start in installs:
            path: dict[str, None] = {}
            at: str | None = start
            while at in installs and at not in clear and at not in path:
                path[at] = None
                at = installs[at].parent_install_id
            if at in path:
                line = self._seen[keys.install(at)]
                self.problems.add(line, "parentInstallId", f"makes {at} its own ancestor")
            clear.update(path)

    def _parse(self, number: int, line: bytes) -> dict[str, object] | None:
        try:
            if len(line) > LONGEST_LINE:
                raise NotJsonError(f"is longer than {LONGEST_LINE} bytes")
            values = parse(line.decode())
            if not isinstance(values, dict):
                raise NotJsonError("must be a JSON object")
        except UnicodeDecodeError as error:
            self.problems.add(number, None, f"is not UTF-8 (byte {error.start + 1})")
            return None
        except NotJsonError as error:
            self.problems.add(number, None, str(error))
            return None
        return values

    def _explain(self, number: int, error: ValidationError) -> None:
        for detail in error.errors(include_url=False, include_input=False):
            message = _MESSAGES.get(detail["type"], detail["msg"])
            reason = message.format(**detail.get("ctx", {}))
            place = ".".join(str(part) for part in detail["loc"])
            self.problems.add(number, place or None, reason)

    def _keep(self, number: int, name: str, row: model.Row, length: int) -> None:
        key = key_of(row)
        unique = self._note(number, "id", (name, row.id), "the id")
        if unique and isinstance(row, model.ApiKey):
            unique = self._note(number, "secretSha256", (row.secret_sha256,), "the secret")
        if not (unique and self._note(number, None, key, "what the row is known by")):
            return
        if length > LARGEST_ITEM // 2:
            size = item_size(items.row_to_item(key, row)) + _RESERVE
            if size > LARGEST_ITEM:
                reason = f"is too large: {size} bytes, and DynamoDB holds {LARGEST_ITEM} in a row"
                self.problems.add(number, None, reason)
                return
        self.rows.by_key[key] = row
        self.rows.counts[name] = self.rows.counts.get(name, 0) + 1

    def _note(self, number: int, place: str | None, mark: object, what: str) -> bool:
        """Note that a line has what only one line may have; whether it is the first."""
        first = self._seen.setdefault(mark, number)
        if first != number:
            self.problems.add(number, place, f"{what} is that of line {first} already")
        return first == number


def _hashable(value: object) -> object:
    return cast("object", value) if isinstance(value, str | Number) else object()
