"""Event filtering, as Lambda's event source mappings do it.

The rules are those of "Filter rule syntax" in the AWS Lambda developer guide
(invocation-eventfiltering): null, empty, equals, equals ignoring case, and, or over values, or over
fields (``$or``), not (``anything-but``), numeric, exists, prefix, suffix. A pattern that uses
anything else is refused when it is read, never silently ignored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tools.local.errors import LocalSystemError

_ABSENT: Final = object()

Test = Callable[[object], bool]


class UnsupportedPatternError(LocalSystemError):
    """A filter pattern that Lambda would refuse, or that is not known here."""


class EventPattern:
    """One filter pattern, compiled."""

    def __init__(self, pattern: str) -> None:
        """Compile the pattern's JSON text."""
        try:
            tree = json.loads(pattern)
        except json.JSONDecodeError as error:
            raise UnsupportedPatternError(f"A filter pattern is not JSON: {error}") from error
        self._test = _compile(tree)

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Return True if the event matches the pattern."""
        return self._test(event)


def _compile(node: object) -> Test:
    if isinstance(node, Mapping) and node:
        return _all_fields(node)
    if isinstance(node, Sequence) and not isinstance(node, str) and node:
        return _any_value([_compile_rule(rule) for rule in node])
    raise UnsupportedPatternError(f"A filter pattern has no rule at {json.dumps(node)}.")


def _all_fields(node: Mapping[str, Any]) -> Test:
    fields = {name: _compile(rule) for name, rule in node.items() if name != "$or"}
    choices = [_compile(choice) for choice in node.get("$or", [])]

    def test(value: object) -> bool:
        inside = value if isinstance(value, Mapping) else {}
        return all(rule(inside.get(name, _ABSENT)) for name, rule in fields.items()) and (
            not choices or any(choice(inside) for choice in choices)
        )

    return test


def _any_value(rules: list[Test]) -> Test:
    def test(value: object) -> bool:
        values = value if isinstance(value, list) and value else [value]
        return any(rule(element) for rule in rules for element in values)

    return test


def _compile_rule(rule: object) -> Test:
    if not isinstance(rule, Mapping):
        if isinstance(rule, list):
            raise UnsupportedPatternError("A filter pattern has a list within a list.")
        return lambda value: _same(value, rule)
    if len(rule) != 1:
        raise UnsupportedPatternError(f"One operator to a rule, not {json.dumps(rule)}.")
    ((operator, operand),) = rule.items()
    return _operator(operator, operand)


def _operator(operator: str, operand: object) -> Test:
    match operator, operand:
        case "exists", bool():
            return lambda value: _is_leaf(value) is operand
        case "prefix", str():
            return lambda value: isinstance(value, str) and value.startswith(operand)
        case "suffix", str():
            return lambda value: isinstance(value, str) and value.endswith(operand)
        case "equals-ignore-case", str():
            folded = operand.casefold()
            return lambda value: isinstance(value, str) and value.casefold() == folded
        case "anything-but", Mapping():
            excluded = _compile_rule(operand)
            return lambda value: _is_leaf(value) and not excluded(value)
        case "anything-but", _:
            values = operand if isinstance(operand, list) else [operand]
            return lambda value: (
                _is_leaf(value) and not any(_same(value, other) for other in values)
            )
        case "numeric", [*parts] if parts and len(parts) % 2 == 0:
            bounds = [
                _bound(symbol, limit) for symbol, limit in zip(parts[::2], parts[1::2], strict=True)
            ]
            return lambda value: all(bound(value) for bound in bounds)
    raise UnsupportedPatternError(f"A filter rule is not known: {json.dumps({operator: operand})}")


_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "=": lambda value, limit: value == limit,
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
}


def _bound(symbol: object, limit: object) -> Test:
    comparison = _COMPARISONS.get(str(symbol))
    if comparison is None or isinstance(limit, bool) or not isinstance(limit, int | float):
        raise UnsupportedPatternError(f"A numeric rule is not known: {symbol} {limit}")

    def test(value: object) -> bool:
        # DynamoDB's numbers are JSON strings ({"N": "5"}): Lambda does not compare them either.
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        return numeric and comparison(value, limit)  # type: ignore[arg-type]  # told by numeric

    return test


def _same(value: object, expected: object) -> bool:
    # In Python True equals 1; in JSON it does not.
    return value == expected and isinstance(value, bool) is isinstance(expected, bool)


def _is_leaf(value: object) -> bool:
    return value is not _ABSENT and not isinstance(value, Mapping)
