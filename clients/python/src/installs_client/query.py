"""Parameters of a list (CONTRACT.md section 2)."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, TypedDict, get_args

from installs_client.errors import InvalidRequestError
from installs_client.filters import required
from installs_client.order import order_text
from installs_client.where import InstallFields, InstallFilter

if TYPE_CHECKING:
    from installs_client.order import OrderKey
    from installs_client.rows import MemberPolicy, RetentionTier

MAX_LIMIT: Final = 100
MAX_IDS: Final = 100
MAX_CHARACTERS: Final = 8_000
"""The most characters of the encoded query string (CONTRACT.md section 2)."""

IncludeDeleted = Literal["false", "true", "only"]
Include = Literal[
    "integration", "integrationVersion", "workspace", "solution", "parentInstall", "installer"
]
"""The related rows that a list includes."""
IncludeWithInstall = Include | Literal["members", "addOns", "history"]
"""The names that one install includes."""

OF_LIST: Final[tuple[str, ...]] = get_args(Include)
OF_INSTALL: Final = tuple(
    name for names in get_args(IncludeWithInstall) for name in get_args(names)
)

_UNRESERVED: Final = (string.ascii_letters + string.digits + "-._~").encode()
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)


class Query(TypedDict, total=False):
    """The parameters of a list; ``None`` is the same as leaving one out. All are AND-ed."""

    limit: int | None
    """Rows on a page, 1-100."""
    after: str | None
    """A page's ``end_cursor``: the rows behind it."""
    before: str | None
    """A page's ``start_cursor``: the rows ahead of it."""
    ids: Sequence[str] | None
    """At most 100; an empty list is an error, since it would list everything."""
    filter: InstallFilter | str | None
    """Made from ``where.install``, or JSON of your own, which the service checks."""
    order_by: Sequence[OrderKey] | str | None
    """Such as ``[where.install.installed_at.desc()]``, or JSON of your own."""
    include_deleted: IncludeDeleted | None
    """Live rows, live and deleted ones (``true``), or the trash alone (``only``)."""
    include: Sequence[Include] | None
    """Related rows to bring along, in ``included``."""
    integration_id: str | None
    workspace_id: str | None
    integration_version_id: str | None
    member_policy: MemberPolicy | None
    parent_install_id: str | None
    solution_id: str | None
    installed_by: str | None
    retention_tier: RetentionTier | None


def checked_id(value: object) -> str:
    """Return an id that is valid in a path; else raise ``InvalidRequestError``."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise InvalidRequestError(
            f"{value!r} is not a valid id: 1-128 characters of A-Z a-z 0-9 _ -"
        )
    return value


def parameters(query: Query) -> Mapping[str, str]:
    """Return the query as sent.

    Raises
    ------
    InvalidRequestError
        A parameter is unknown, or the API would refuse its value.
    """
    encoded: dict[str, str] = {}
    for name, value in query.items():
        if name not in Query.__annotations__:
            raise InvalidRequestError(f"{name!r} is not a parameter of a list")
        if value is None:
            continue
        parameter = "orderBy" if name == "order_by" else name
        if name in _CHECKED:
            encoded[parameter] = _CHECKED[name](value)
        elif isinstance(value, str) and value:
            encoded[parameter] = value
        elif name in _BUILT:
            encoded[parameter] = _BUILT[name](value)
        elif value == "":
            raise InvalidRequestError(f"{name} is empty: leave it out instead")
        else:
            raise InvalidRequestError(f"{name} is {value!r}, which is not a string{_hint(value)}")
    _check_length(encoded)
    return encoded


def included_names(value: object, known: Sequence[str]) -> str:
    """Return names to include, as sent; raise ``InvalidRequestError`` for wrong ones."""
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        raise InvalidRequestError('include takes a list of names such as ["integration"]')
    for name in value:
        if name not in known:
            raise InvalidRequestError(f"include: {name!r} is not one of {', '.join(known)}")
    if len(set(value)) < len(value):
        raise InvalidRequestError("include: a name appears twice")
    return ",".join(value)


def _check_length(encoded: Mapping[str, str]) -> None:
    lengths = {
        name: len(name) + _encoded_length(name, value) + 2 for name, value in encoded.items()
    }
    if sum(lengths.values()) - 1 > MAX_CHARACTERS:
        longest = max(lengths, key=lengths.__getitem__)
        raise InvalidRequestError(
            f"a query string has at most {MAX_CHARACTERS:,} characters, percent-encoded; "
            f"{longest} is the longest parameter"
        )


def _encoded_length(name: str, text: str) -> int:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise InvalidRequestError(f"{name} holds half of a surrogate pair") from None
    return len(data) + 2 * len(data.translate(None, _UNRESERVED))


def _filter(value: object) -> str:
    if isinstance(value, Mapping):
        raise InvalidRequestError("filter is made of where.install, or is a string of JSON")
    return required(value, InstallFields).to_json()


def _hint(value: object) -> str:
    return f": {str(value).lower()!r}?" if isinstance(value, bool) else ""


def _limit(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_LIMIT:
        raise InvalidRequestError(f"limit is a whole number from 1 to {MAX_LIMIT}")
    return str(value)


def _ids(value: object) -> str:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InvalidRequestError("ids takes a list of ids")
    if not 1 <= len(value) <= MAX_IDS:
        raise InvalidRequestError(f"ids takes 1-{MAX_IDS} ids; an empty list would list everything")
    return ",".join(map(checked_id, value))


_CHECKED: Final[Mapping[str, Callable[[object], str]]] = {
    "limit": _limit,
    "ids": _ids,
    "include": lambda names: included_names(names, OF_LIST),
}
"""The parameters that are never strings."""
_BUILT: Final[Mapping[str, Callable[[object], str]]] = {"filter": _filter, "order_by": order_text}
"""The parameters that may also be strings of JSON, which the service checks."""
