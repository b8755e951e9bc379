"""Calls with rows: what an invocation or a message asks for, and the answer (section 10).

>>> read_call({"rows": [{"type": "user", "id": "usr_1", "delete": True}]}).rows
({'type': 'user', 'id': 'usr_1', 'delete': True},)
>>> read_message('{"type": "user", "id": "usr_1", "delete": true}').rows
({'type': 'user', 'id': 'usr_1', 'delete': True},)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from installs.errors import Issue
from installs.ingest import values
from installs.ingest.apply import MAX_LINES
from installs.ingest.decisions import Options
from installs.ingest.lines import json_pointer
from installs.ingest.results import issue_document
from installs.ingest.values import NotJsonError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_BYTES: Final = 5_000_000
"""The largest call, in bytes of its JSON (CONTRACT.md section 10); Lambda takes 6 MB."""

_ROWS: Final = "rows"
_RECREATE_PURGED: Final = "recreatePurged"


class InvalidCallError(ValueError):
    """A call or a message that cannot be read: nothing of it was applied."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__("; ".join(f"{issue.pointer}: {issue.detail}" for issue in issues))
        self.issues = tuple(issues)

    def document(self) -> dict[str, Any]:
        """Return the answer to the call: its ``errors``, each with code, pointer and detail."""
        return {"errors": [issue_document(issue) for issue in self.issues]}


@dataclass(frozen=True, slots=True)
class Call:
    """Rows to be applied together, each still as it came in."""

    rows: tuple[object, ...]
    options: Options


def read_event(event: object) -> Call:
    """Read the event of a direct invocation: ``{"rows": [...], "recreatePurged": false}``.

    Raises
    ------
    InvalidCallError
        It is no object, has no list of rows, more than 500 of them, more than 5 MB, or a member
        that is unknown.
    """
    if not isinstance(event, dict):
        raise _invalid("invalid_json", "must be a JSON object", "")
    size = _size(event)
    if size > MAX_BYTES:
        raise _invalid("too_large", f"is {size} bytes; a call takes {MAX_BYTES}", "")
    return read_call(event)


def _size(event: dict[str, Any]) -> int:
    """Return the bytes of an event's JSON, whatever is in its rows: each is checked by itself."""
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-8", "surrogatepass"))


def read_message(body: str) -> Call:
    """Read the body of a message: one row, or what ``read_event`` takes.

    Raises
    ------
    InvalidCallError
        It is not JSON, or not such a call.
    """
    try:
        value = values.parse(body)
    except NotJsonError as error:
        raise _invalid("invalid_json", str(error), "") from None
    if isinstance(value, dict) and _ROWS in value and "type" not in value:
        return read_call(value)
    return Call((value,), Options())


def read_call(document: dict[str, Any]) -> Call:
    """Check the members of a call; the rows are looked at one by one when they are applied.

    Raises
    ------
    InvalidCallError
        A member is missing, unknown or of the wrong type.
    """
    if unknown := sorted(document.keys() - {_ROWS, _RECREATE_PURGED}):
        issues = [
            Issue("unknown_field", "is not a member of a call", pointer=json_pointer(name))
            for name in unknown
        ]
        raise InvalidCallError(issues)
    rows = document.get(_ROWS)
    if not isinstance(rows, list):
        code = "invalid_value" if _ROWS in document else "missing_field"
        raise _invalid(code, "must be a list of rows", "/rows")
    if len(rows) > MAX_LINES:
        raise _invalid("too_many_rows", f"has {len(rows)} rows; a call takes {MAX_LINES}", "/rows")
    recreate_purged = document.get(_RECREATE_PURGED, False)
    if not isinstance(recreate_purged, bool):
        raise _invalid("invalid_value", "must be true or false", f"/{_RECREATE_PURGED}")
    return Call(tuple(rows), Options(recreate_purged=recreate_purged))


def _invalid(code: str, detail: str, pointer: str) -> InvalidCallError:
    return InvalidCallError([Issue(code, detail, pointer=pointer)])
