"""Fields by what they hold: each kind has the operators that it takes, and no other.

``Asked`` is the kind of row that a field belongs to, so that filters of different rows do not mix.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from installs_client.arguments import (
    MAX_VALUES,
    Scalar,
    flag,
    moment,
    number_or_text,
    of_one_type,
    scalar,
    text,
)
from installs_client.errors import InvalidRequestError
from installs_client.filters import Asked, Extent, Filter, required
from installs_client.order import OrderKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from installs_client.filters import Entity
    from installs_client.order import Direction
    from installs_client.where import InstallFields

V = TypeVar("V", contravariant=True)
Target = TypeVar("Target", bound="Entity")


class Field(Generic[Asked]):
    """A field of a kind of row: its name is that of its attribute, in camelCase."""

    name: str
    entity: type[Entity]

    def __set_name__(self, owner: type[Entity], name: str) -> None:
        head, *rest = name.split("_")
        self.name = head + "".join(part.capitalize() for part in rest)
        self.entity = owner

    def _compare(self, operator: str, argument: object) -> Filter[Asked]:
        return Filter(self.entity, {self.name: {operator: argument}})


class Sortable(Field[Asked]):
    """A field that installs can be sorted by."""

    def asc(self: Sortable[InstallFields]) -> OrderKey:
        """Ascending, nulls last."""
        return self._key("asc")

    def desc(self: Sortable[InstallFields]) -> OrderKey:
        """Descending, nulls first."""
        return self._key("desc")

    def asc_nulls_first(self: Sortable[InstallFields]) -> OrderKey:
        """Ascending, nulls first."""
        return self._key("asc_nulls_first")

    def asc_nulls_last(self: Sortable[InstallFields]) -> OrderKey:
        """Ascending, nulls last."""
        return self._key("asc_nulls_last")

    def desc_nulls_first(self: Sortable[InstallFields]) -> OrderKey:
        """Descending, nulls first."""
        return self._key("desc_nulls_first")

    def desc_nulls_last(self: Sortable[InstallFields]) -> OrderKey:
        """Descending, nulls last."""
        return self._key("desc_nulls_last")

    def _key(self, direction: Direction) -> OrderKey:
        if not getattr(self.entity, "sortable", False):
            raise InvalidRequestError(f"{self.name} is not a field of the install itself")
        return OrderKey(self.name, direction)


class _Equal(Field[Asked], Generic[Asked, V]):
    def _argument(self, value: V) -> Scalar:
        raise NotImplementedError

    def eq(self, value: V) -> Filter[Asked]:
        """The value is the one given."""
        return self._compare("eq", self._argument(value))

    def neq(self, value: V) -> Filter[Asked]:
        """The value is another than the one given; a null is neither."""
        return self._compare("neq", self._argument(value))


class _Listed(_Equal[Asked, V]):
    def in_(self, *values: V) -> Filter[Asked]:
        """The value is one of those given; of none it never is."""
        return self._compare("in", self._arguments(values))

    def nin(self, *values: V) -> Filter[Asked]:
        """The value is none of those given; of none it always is, also a null."""
        return self._compare("nin", self._arguments(values))

    def _arguments(self, values: tuple[V, ...]) -> list[Scalar]:
        if len(values) > MAX_VALUES:
            raise InvalidRequestError(f"a list has at most {MAX_VALUES} values")
        return [*of_one_type([self._argument(value) for value in values])]


class _Ordered(_Listed[Asked, V]):
    def _ordered(self, value: V) -> Scalar:
        return self._argument(value)

    def lt(self, value: V) -> Filter[Asked]:
        """The value comes before the one given."""
        return self._compare("lt", self._ordered(value))

    def lte(self, value: V) -> Filter[Asked]:
        """The value comes before the one given, or is it."""
        return self._compare("lte", self._ordered(value))

    def gt(self, value: V) -> Filter[Asked]:
        """The value comes after the one given."""
        return self._compare("gt", self._ordered(value))

    def gte(self, value: V) -> Filter[Asked]:
        """The value comes after the one given, or is it."""
        return self._compare("gte", self._ordered(value))

    def between(self, low: V, high: V) -> Filter[Asked]:
        """The value is between the two, both included."""
        return self._compare("between", [*of_one_type([self._ordered(low), self._ordered(high)])])


class _Text(Field[Asked]):
    def contains(self, part: str) -> Filter[Asked]:
        """The text occurs in the value."""
        return self._compare("contains", text(part))

    def starts_with(self, part: str) -> Filter[Asked]:
        """The value starts with the text."""
        return self._compare("startsWith", text(part))

    def ends_with(self, part: str) -> Filter[Asked]:
        """The value ends with the text."""
        return self._compare("endsWith", text(part))

    def eqi(self, whole: str) -> Filter[Asked]:
        """The value is the text, whatever the case."""
        return self._compare("eqi", text(whole))

    def containsi(self, part: str) -> Filter[Asked]:
        """The text occurs in the value, whatever the case."""
        return self._compare("containsi", text(part))

    def starts_withi(self, part: str) -> Filter[Asked]:
        """The value starts with the text, whatever the case."""
        return self._compare("startsWithi", text(part))

    def ends_withi(self, part: str) -> Filter[Asked]:
        """The value ends with the text, whatever the case."""
        return self._compare("endsWithi", text(part))


class _Nullable(Field[Asked]):
    def is_null(self, wanted: bool = True) -> Filter[Asked]:
        """There is no value; with false, there is one."""
        return self._compare("isNull", flag(wanted))


class Id(_Listed[Asked, str], Sortable[Asked]):
    """An id that is always there."""

    def _argument(self, value: str) -> Scalar:
        return text(value)


class NullableId(Id[Asked], _Nullable[Asked]):
    """An id that may be null."""


class Enum(_Listed[Asked, V], Sortable[Asked]):
    """One of a few words."""

    def __init__(self, values: tuple[str, ...]) -> None:
        self.values: Final = values

    def _argument(self, value: V) -> Scalar:
        if not isinstance(value, str) or value not in self.values:
            raise InvalidRequestError(f"{value!r} is not one of {', '.join(self.values)}")
        return value


class NullableEnum(Enum[Asked, V], _Nullable[Asked]):
    """One of a few words, or null."""


class Date(_Ordered[Asked, datetime], _Nullable[Asked], Sortable[Asked]):
    """A time; what is given has a time zone, and is cut to milliseconds."""

    def _argument(self, value: datetime) -> Scalar:
        return moment(value)


class String(_Ordered[Asked, str], _Text[Asked], _Nullable[Asked]):
    """A text; it compares by code point."""

    def _argument(self, value: str) -> Scalar:
        return text(value)


class Boolean(_Equal[Asked, bool]):
    """True or false."""

    def _argument(self, value: bool) -> Scalar:
        return flag(value)


class _Object(Field[Asked]):
    def has_key(self, key: str) -> Filter[Asked]:
        """The object has the key at its top level, whatever is under it."""
        return self._compare("hasKey", text(key))


class Json(_Object[Asked]):
    """A JSON object."""

    def at(self, *path: str) -> JsonPlace[Asked]:
        """The value at a path of keys; a number in it is also an index into an array, from 0."""
        return JsonPlace(self, path)


class JsonPlace(_Ordered[Asked, Scalar], _Text[Asked], _Nullable[Asked], _Object[Asked]):
    """A value inside a JSON object; only scalars of one JSON type compare."""

    def __init__(self, field: Json[Asked], path: tuple[str, ...]) -> None:
        if not 1 <= len(path) <= MAX_VALUES:
            raise InvalidRequestError(f"a path has 1-{MAX_VALUES} keys")
        self.name = field.name
        self.entity = field.entity
        self._path: Final = [text(key) for key in path]

    def _argument(self, value: Scalar) -> Scalar:
        return scalar(value)

    def _ordered(self, value: Scalar) -> Scalar:
        return number_or_text(value)

    def _compare(self, operator: str, argument: object) -> Filter[Asked]:
        return Filter(self.entity, {self.name: {"path": self._path, operator: argument}})


class _Relation(Field[Asked], Generic[Asked, Target]):
    def __init__(self, target: Callable[[], type[Target]]) -> None:
        self._target: Final = target

    @property
    def target(self) -> type[Target]:
        """The kind of row that it leads to."""
        return self._target()

    def _related(self, inner: Filter[Target], quantifier: str | None = None) -> Filter[Asked]:
        checked = required(inner, self.target)
        body = checked.body if quantifier is None else {quantifier: checked.body}
        to_many = quantifier is not None
        extent = Extent.around([checked.extent], to_one=not to_many, to_many=to_many)
        return Filter(self.entity, {self.name: body}, extent)


class ToOne(_Relation[Asked, Target]):
    """A relation to one row; where there is none, every field of it is null.

    Installs are sorted by its strings and times: ``integration.asc(where.integration.name)``.
    """

    def __call__(self, inner: Filter[Target]) -> Filter[Asked]:
        """The related row is one that the filter keeps."""
        return self._related(inner)

    def asc(self, field: String[Target] | Date[Target]) -> OrderKey:
        """Ascending by a field of the related row, nulls last."""
        return self._key(field, "asc")

    def desc(self, field: String[Target] | Date[Target]) -> OrderKey:
        """Descending by a field of the related row, nulls first."""
        return self._key(field, "desc")

    def asc_nulls_first(self, field: String[Target] | Date[Target]) -> OrderKey:
        """Ascending by a field of the related row, nulls first."""
        return self._key(field, "asc_nulls_first")

    def asc_nulls_last(self, field: String[Target] | Date[Target]) -> OrderKey:
        """Ascending by a field of the related row, nulls last."""
        return self._key(field, "asc_nulls_last")

    def desc_nulls_first(self, field: String[Target] | Date[Target]) -> OrderKey:
        """Descending by a field of the related row, nulls first."""
        return self._key(field, "desc_nulls_first")

    def desc_nulls_last(self, field: String[Target] | Date[Target]) -> OrderKey:
        """Descending by a field of the related row, nulls last."""
        return self._key(field, "desc_nulls_last")

    def _key(self, field: object, direction: Direction) -> OrderKey:
        if not isinstance(field, String | Date) or not issubclass(self.target, field.entity):
            kind = self.target.__name__
            raise InvalidRequestError(f"{self.name} is sorted by a string or a time of {kind}")
        return OrderKey(field.name, direction, self.name)


class ToMany(_Relation[Asked, Target]):
    """A relation to many rows."""

    def some(self, inner: Filter[Target]) -> Filter[Asked]:
        """The filter keeps at least one of them."""
        return self._related(inner, "some")

    def every(self, inner: Filter[Target]) -> Filter[Asked]:
        """The filter keeps all of them, also where there are none."""
        return self._related(inner, "every")

    def none(self, inner: Filter[Target]) -> Filter[Asked]:
        """The filter keeps none of them."""
        return self._related(inner, "none")
