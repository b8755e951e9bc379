"""``filter`` and ``orderBy`` as JSON Schemas, from the schema of the rows and the operators' table.

Each object has a name, and each operator and value one spelling, so that generators make one type
of each (docs/adr/0039). The service takes the other spellings too (CONTRACT.md section 2). Depth,
nodes, relations and bytes are limits that a JSON Schema cannot tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from installs.query.language.comparators import NOT, PATH
from installs.query.language.literals import MAX_STRING
from installs.query.language.nodes import Quantifier
from installs.query.language.operators import OPERATORS, JsonType, Operator, Shape, operators_of
from installs.query.language.order import MAX_SORT_FIELDS, RELATED_KINDS, SORTABLE_FIELDS
from installs.query.language.order_by import DIRECTIONS
from installs.query.language.parse_context import MAX_ENTRIES
from installs.query.language.schema import INSTALL, Entity, Field, Kind, target
from tools.openapi import fields, words

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema = dict[str, Any]

ID: Final[Schema] = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"}
DATE: Final[Schema] = {"type": "string", "format": "date-time"}
_TEXT: Final[Schema] = {"type": "string", "maxLength": MAX_STRING}
_JSON_VALUES: Final[dict[JsonType, Schema]] = {
    JsonType.STRING: _TEXT,
    JsonType.NUMBER: {"type": "number"},
    JsonType.BOOLEAN: {"type": "boolean"},
}
_JSON_SHAPES: Final = {
    Shape.SCALAR: ("", words.JSON_SCALAR),
    Shape.LIST: ("List", words.JSON_LIST),
    Shape.PAIR: ("Pair", words.JSON_PAIR),
}
"""The end of the name, and the description, of a schema of JSON values."""
_ENUM_NAMES: Final[Mapping[tuple[str, ...], str]] = {
    tuple(str(value) for value in enum): enum.__name__ for enum in fields.ENUMS
}
"""The schema of an enum, by its values."""


def ref(name: str) -> Schema:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def enum_schemas() -> dict[str, Schema]:
    """The schemas of the enums, by name."""
    return {
        name: {"type": "string", "description": text, "enum": list(values)}
        for (values, name), text in zip(_ENUM_NAMES.items(), fields.ENUMS.values(), strict=True)
    }


def value(field: Field) -> Schema:
    """A value of a field that is not null; that of an enum refers to its schema."""
    return ref(_ENUM_NAMES[field.values]) if field.kind is Kind.ENUM else inline_value(field)


def inline_value(field: Field) -> Schema:
    """A value of a field that is not null, without a reference."""
    values: dict[Kind, Schema] = {
        Kind.ID: ID,
        Kind.ENUM: {"type": "string", "enum": list(field.values)},
        Kind.DATE: DATE,
        Kind.STRING: {"type": "string"},
        Kind.BOOLEAN: {"type": "boolean"},
        Kind.JSON: {"type": "object", "additionalProperties": True},
    }
    return values[field.kind]


def filter_schemas() -> dict[str, Schema]:
    """The schemas of filters on installs, and of all that they refer to, by name."""
    schemas: dict[str, Schema] = {}
    _entity(schemas, INSTALL, optional=False)
    schemas["InstallFilter"]["description"] = words.FILTER
    return dict(sorted(schemas.items()))


def _sort(directions: dict[str, Schema]) -> Schema:
    text = "One sort field and its direction, as the only key."
    return _object(directions, description=text, minProperties=1, maxProperties=1)


def _direction(entity: Entity, name: str) -> Schema:
    return {"description": fields.FIELDS[entity.name][name], **ref("Direction")}


def order_schemas() -> dict[str, Schema]:
    """The schemas of ``orderBy``, of one of its sort fields, and of a direction."""
    directions = {name: _direction(INSTALL, name) for name in SORTABLE_FIELDS}
    related: dict[str, Schema] = {}
    for relation in INSTALL.relations.values():
        if relation.many:
            continue
        entity = target(relation)
        names = [field.name for field in entity.fields.values() if field.kind in RELATED_KINDS]
        sort = f"{relation.name[0].upper()}{relation.name[1:]}Sort"
        related[sort] = _sort({name: _direction(entity, name) for name in names})
        directions[relation.name] = {"description": words.RELATED_SORT, **ref(sort)}
    return {
        **related,
        "Direction": {
            "type": "string",
            "description": fields.DIRECTIONS,
            "enum": list(DIRECTIONS),
        },
        "InstallSort": _sort(directions),
        "InstallOrderBy": {
            "type": "array",
            "description": words.ORDER,
            "minItems": 1,
            "maxItems": MAX_SORT_FIELDS,
            "items": ref("InstallSort"),
        },
    }


def _entity(schemas: dict[str, Schema], entity: Entity, *, optional: bool) -> str:
    """The name of the filter of an entity.

    ``optional``: the row may be absent, so that any of its fields may be null (a relation to one).
    """
    name = f"{'Optional' if optional else ''}{entity.name}Filter"
    if name in schemas:
        return name
    properties: dict[str, Schema] = {}
    about = words.OPTIONAL_FILTER if optional else words.RELATED_FILTER
    schemas[name] = _object(properties, description=about)
    inner = {**ref(name), "minProperties": 1}
    several = {"type": "array", "maxItems": MAX_ENTRIES, "items": inner}
    for word, text in words.CONNECTIVES.items():
        properties[word] = {"description": text, **(inner if word == "NOT" else several)}
    for field in entity.fields.values():
        comparison = _comparison(schemas, field, nullable=field.nullable or optional)
        text = fields.FIELDS[entity.name][field.name]
        properties[field.name] = {"description": text, **ref(comparison)}
    for relation in entity.relations.values():
        of = _entity(schemas, target(relation), optional=not relation.many)
        schema = ref(_quantified(schemas, of)) if relation.many else {**ref(of), "minProperties": 1}
        text = f"{fields.RELATIONS[relation.name]} {words.MANY if relation.many else words.ONE}"
        properties[relation.name] = {"description": text, **schema}
    return name


def _quantified(schemas: dict[str, Schema], of: str) -> str:
    """The name of a condition on the rows of a relation to many."""
    name = of.replace("Filter", "ListFilter")
    inner = {**ref(of), "minProperties": 1}
    quantified = {
        str(quantifier): {"description": fields.QUANTIFIERS[quantifier], **inner}
        for quantifier in Quantifier
    }
    schemas[name] = _object(quantified, description=words.QUANTIFIED, minProperties=1)
    return name


def _comparison(schemas: dict[str, Schema], field: Field, *, nullable: bool) -> str:
    """The name of the conditions on a field."""
    if field.kind is Kind.JSON:
        _json_schemas(schemas)
        return "JsonComparison"
    kind = _ENUM_NAMES[field.values] if field.kind is Kind.ENUM else field.kind.capitalize()
    kind = f"{'Optional' if nullable and field.kind is not Kind.STRING else ''}{kind}"
    name, operators = f"{kind}Comparison", f"{kind}Operators"
    if name in schemas:
        return name
    # An id or a text that no row has is let pass: it matches nothing.
    scalar = _TEXT if field.kind in (Kind.ID, Kind.STRING) else value(field)
    schemas[name] = {"description": words.COMPARISON, "anyOf": [scalar, ref(operators)]}
    properties = {
        operator: _described(OPERATORS[operator], _argument(OPERATORS[operator], scalar))
        for operator in operators_of(field.kind, nullable=nullable)
    }
    properties[NOT] = {"description": words.NOT, **ref(name)}
    schemas[operators] = _object(properties, description=words.OPERATORS, minProperties=1)
    return name


def _described(operator: Operator, schema: Schema) -> Schema:
    return {"description": operator.doc, **schema}


def _argument(operator: Operator, scalar: Schema) -> Schema:
    several: Schema = {"type": "array", "items": scalar}
    shapes: dict[Shape, Schema] = {
        Shape.SCALAR: scalar,
        Shape.LIST: {**several, "maxItems": MAX_ENTRIES},
        Shape.PAIR: {**several, "minItems": 2, "maxItems": 2},
        Shape.FLAG: {"type": "boolean"},
        Shape.KEY: _TEXT,
    }
    return shapes[operator.shape]


def _json_schemas(schemas: dict[str, Schema]) -> None:
    """Add the schemas of conditions on a JSON object: a path with one operator, or a key."""
    path: Schema = {"type": "array", "minItems": 1, "maxItems": MAX_ENTRIES, "items": _TEXT}
    at_path = {PATH: {"description": words.PATH, **path}, **_path_operators(schemas)}
    has_key = OPERATORS["hasKey"]
    of_keys = {
        has_key.name: _described(has_key, _TEXT),
        NOT: {"description": words.NOT, **ref("JsonComparison")},
    }
    schemas |= {
        "JsonComparison": {
            "description": words.JSON,
            "anyOf": [ref("JsonPathOperators"), ref("JsonKeyOperators")],
        },
        "JsonPathOperators": _object(
            at_path,
            description=words.JSON_PATH,
            required=[PATH],
            minProperties=2,
            maxProperties=2,
        ),
        "JsonKeyOperators": _object(of_keys, description=words.OPERATORS, minProperties=1),
        "JsonValueComparison": {
            "description": words.COMPARISON,
            "anyOf": [*_JSON_VALUES.values(), ref("JsonValueOperators")],
        },
        "JsonValueOperators": _object(
            _path_operators(schemas), description=words.OPERATORS, minProperties=1
        ),
    }


def _path_operators(schemas: dict[str, Schema]) -> dict[str, Schema]:
    """The operators that compare with a scalar of JSON; a list is of one type."""
    operators: dict[str, Schema] = {}
    for operator in OPERATORS.values():
        if operator.shape in (Shape.FLAG, Shape.KEY):
            schema = _argument(operator, _TEXT)
        elif operator.json_types:
            schema = _json_argument(schemas, operator)
        else:
            continue
        operators[operator.name] = _described(operator, schema)
    return {**operators, NOT: {"description": words.NOT, **ref("JsonValueComparison")}}


def _json_argument(schemas: dict[str, Schema], operator: Operator) -> Schema:
    """The argument of an operator on JSON: several types are a schema with a name."""
    forms = [
        _argument(operator, schema)
        for json_type, schema in _JSON_VALUES.items()
        if json_type in operator.json_types
    ]
    if len(forms) == 1:
        return forms[0]
    kind = "Scalar" if len(forms) == len(_JSON_VALUES) else "Ordered"
    shape, text = _JSON_SHAPES[operator.shape]
    name = f"Json{kind}{shape}"
    schemas[name] = {"description": text, "anyOf": forms}
    return ref(name)


def _object(properties: dict[str, Schema], **rules: Any) -> Schema:  # noqa: ANN401 - JSON values
    """An object of these keys and no others."""
    return {"type": "object", "additionalProperties": False, "properties": properties, **rules}
