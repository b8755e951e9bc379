"""Lines: what the platform says of one row, checked by itself, before the table is asked.

A line is a JSON object: the row's fields (CONTRACT.md section 1), its ``type``, and optionally
``merge``, ``delete`` and ``asOf`` (section 10). A line that is wrong is refused with every issue,
each with a stable code, a JSON pointer (RFC 6901) into the line, and words.

>>> read_line(b'{"type": "user", "id": "usr_1", "delete": true}')
Line(type_name='user', id='usr_1', row=None, patch=None, as_of=None, delete=True)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import BaseModel, ValidationError, create_model

from installs import model
from installs.errors import Issue
from installs.ingest import values
from installs.ingest.models import MODELS, STRICT, Envelope
from installs.ingest.values import NotJsonError
from installs.store import items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.model import Row

LARGEST_ITEM: Final = 400 * 1024
"""DynamoDB's limit of an item, in bytes of names and values (AWS: service quotas)."""

LONGEST_LINE: Final = 4 * 1024 * 1024
"""In bytes: no row of DynamoDB's limit needs more, every character escaped."""

FILE_ORDER: Final = (
    ("workspace", "user", "integration", "integrationVersion"),
    ("solution", "install", "workspaceMember", "apiKey"),
    ("integrationMember", "solutionMember"),
)
"""The types in groups: a row refers to rows of earlier groups, or to its parent."""

_RESERVE: Final = 4096
"""Bytes of an item left for index keys at their longest and for the marks of a deletion."""

_ENVELOPE: Final = frozenset({"merge", "delete", "asOf"})
_TEXTS: Final = frozenset({"variables", "permissions"})
_BYTE_ORDER_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_EXPLAINED: Final = {
    "missing": ("missing_field", "is missing"),
    "extra_forbidden": ("unknown_field", "is not a field of this type of row"),
    "string_pattern_mismatch": ("invalid_value", "must match {pattern}"),
    "string_type": ("invalid_value", "must be a string"),
    "bool_type": ("invalid_value", "must be true or false"),
    "enum": ("invalid_value", "must be {expected}"),
}
"""The code and the words of each kind of pydantic's errors."""


class InvalidLineError(ValueError):
    """A line is not a line; ``issues`` has everything that is wrong with it, at least one."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__("; ".join(f"{issue.pointer}: {issue.detail}" for issue in issues))
        self.issues = tuple(issues)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a whole row, or a patch of one (``merge``), or the removal of one (``delete``).

    ``as_of``: the platform's time of the change, in UTC with nine digits of a second.
    """

    type_name: str
    id: str
    row: Row | None = None
    patch: Mapping[str, object] | None = None
    as_of: str | None = None
    delete: bool = False

    @property
    def row_type(self) -> type[Row]:
        """The type of the row."""
        return MODELS[self.type_name].row_type

    @property
    def says_lifecycle(self) -> bool:
        """Return True if the line speaks of ``deletedAt``: a patch need not."""
        return self.patch is None or not self.patch.keys().isdisjoint(
            ("deletedAt", "retentionTier")
        )

    def applied_to(self, current: Row) -> Row:
        """The row after this line, which is no removal: RFC 7396 where it is a patch.

        Raises
        ------
        InvalidLineError
            The patched row is not a row.
        """
        if self.patch is None:
            return cast("Row", self.row)
        patch = dict(self.patch)
        if "deletedAt" in patch and patch["deletedAt"] is None:
            patch.setdefault("retentionTier", None)  # a tier is set only with the deletion
        return _row(self.type_name, cast("dict[str, object]", _merge(document(current), patch)))


def read_line(text: str | bytes) -> Line:
    """Read a line from its JSON text; numbers in JSON objects stay as they are written.

    Raises
    ------
    InvalidLineError
        It is not a line.
    """
    try:
        if isinstance(text, bytes):
            if text.startswith(_BYTE_ORDER_MARKS):
                raise NotJsonError("begins with a byte order mark; save as UTF-8 without")
            text = text.decode()
        if len(text) > LONGEST_LINE:
            raise NotJsonError(f"is longer than {LONGEST_LINE} bytes")
        value = values.parse(text)
    except UnicodeDecodeError as error:
        raise _refused("invalid_json", f"is not UTF-8 (byte {error.start + 1})") from None
    except NotJsonError as error:
        raise _refused("invalid_json", str(error)) from None
    return _line(value)


def take_line(value: object) -> Line:
    """Take a line from a JSON value that the caller has parsed.

    Raises
    ------
    InvalidLineError
        It is not a line.
    """
    try:
        values.require_readable(value)
    except NotJsonError as error:
        raise _refused("invalid_json", str(error)) from None
    return _line(value)


def document(row: Row) -> dict[str, object]:
    """A row as the JSON object of its line, without ``type``; numbers as they are kept."""
    found: dict[str, object] = {}
    for name, attribute in items.FIELD_NAMES[type(row)]:
        value = getattr(row, name)
        found[attribute] = values.parse(value) if attribute in _TEXTS else value
    return found


def _line(value: object) -> Line:
    if not isinstance(value, dict):
        raise _refused("invalid_json", "must be a JSON object")
    fields = dict(value)
    name = fields.pop("type", None)
    if not isinstance(name, str) or name not in MODELS:
        raise _refused("unknown_type", f"must be one of {', '.join(MODELS)}", "/type")
    members = {key: fields.pop(key) for key in _ENVELOPE if key in fields}
    envelope = cast("Envelope", _validated(Envelope, members))
    if envelope.delete and envelope.merge:
        raise _refused("invalid_value", "is not allowed beside merge", "/delete")
    if envelope.delete:
        row_id = _identified(name, fields)
        if MODELS[name].row_type is model.Install:
            raise _refused(
                "not_deletable", "is not for installs: uninstall and purge one", "/delete"
            )
        if extra := fields.keys() - {"id"}:
            issues = [
                Issue("unknown_field", "is not allowed beside delete", pointer=json_pointer(member))
                for member in sorted(extra)
            ]
            raise InvalidLineError(issues)
        return Line(name, row_id, as_of=envelope.as_of, delete=True)
    if envelope.merge:
        row_id = _identified(name, fields)
        _validated(_patch_model(name), fields)
        del fields["id"]
        return Line(name, row_id, patch=fields, as_of=envelope.as_of)
    row = _row(name, fields)
    return Line(name, row.id, row, as_of=envelope.as_of)


def _identified(name: str, fields: Mapping[str, object]) -> str:
    """The id of a line that is not a whole row."""
    identity = {key: fields[key] for key in ("id",) if key in fields}
    validated: Any = _validated(_identity_model(name), identity)
    return str(validated.id)


def _row(name: str, fields: Mapping[str, object]) -> Row:
    row = cast("Any", _validated(MODELS[name], fields)).row()
    size = _size(row)
    if size > LARGEST_ITEM:
        raise _refused(
            "too_large", f"is too large: {size} bytes, and DynamoDB holds {LARGEST_ITEM} in a row"
        )
    return cast("Row", row)


def _size(row: Row) -> int:
    """The size of a row's item at the most, in bytes as DynamoDB counts them."""
    size = _RESERVE
    for name, attribute in items.FIELD_NAMES[type(row)]:
        value = getattr(row, name)
        if value is not None:
            size += len(attribute) + (len(value.encode()) if isinstance(value, str) else 1)
    return size


@cache
def _patch_model(name: str) -> type[BaseModel]:
    """The model of a patch: each field of a type of row, or null, or nothing; and the id."""
    fields: dict[str, Any] = {
        field: (info.rebuild_annotation() | None, None)
        for field, info in MODELS[name].model_fields.items()
        if field != "id"
    }
    return create_model(f"{name}Patch", __base__=_identity_model(name), **fields)


@cache
def _identity_model(name: str) -> type[BaseModel]:
    info = MODELS[name].model_fields["id"]
    return create_model(f"{name}Id", __config__=STRICT, id=(info.rebuild_annotation(), ...))


def _validated(line_model: type[BaseModel], fields: Mapping[str, object]) -> BaseModel:
    try:
        return line_model.model_validate(fields)
    except ValidationError as error:
        raise InvalidLineError(
            [*map(_issue, error.errors(include_url=False, include_input=False))]
        ) from None


def _issue(detail: Any) -> Issue:  # noqa: ANN401 - pydantic's own dictionary
    code, words = _EXPLAINED.get(detail["type"], ("invalid_value", detail["msg"]))
    return Issue(
        code, words.format(**detail.get("ctx", {})), pointer=json_pointer(*map(str, detail["loc"]))
    )


def json_pointer(*names: str) -> str:
    """Return the JSON pointer to a place (RFC 6901, section 3); ``?`` is half of a pair."""
    pointer = "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)
    return pointer.encode(errors="replace").decode()


def _refused(code: str, detail: str, pointer: str = "") -> InvalidLineError:
    return InvalidLineError([Issue(code, detail, pointer=pointer)])


def _merge(target: object, patch: object) -> object:
    """RFC 7396, section 2: MergePatch."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name), value)
    return merged
