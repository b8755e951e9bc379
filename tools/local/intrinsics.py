"""CloudFormation's intrinsic functions, as far as they depend on the stack's parameters alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_VALUE: Final = object()


def resolved(
    value: Any,  # noqa: ANN401 - any part of a template
    parameters: Mapping[str, str],
    conditions: Mapping[str, Any],
) -> Any:  # noqa: ANN401 - the same part
    """``value`` with references to parameters, conditions and the functions of texts worked out.

    ``AWS::NoValue`` is left out of the object or the list that holds it. A name that
    is no parameter's is a ``KeyError``: nothing else can be known from here.
    """
    return _Resolver(parameters, conditions).of(value)


@dataclass(frozen=True)
class _Resolver:
    parameters: Mapping[str, str]
    conditions: Mapping[str, Any]

    def of(self, part: Any) -> Any:  # noqa: ANN401 - any part of a template
        match part:
            case {"Ref": "AWS::NoValue"}:
                return _NO_VALUE
            case {"Ref": name}:
                return self.parameters[name]
            case {"Fn::If": [condition, held, otherwise]}:
                return self.of(held if self.of(self.conditions[condition]) else otherwise)
            case {"Fn::Equals": [one, other]}:
                return self.of(one) == self.of(other)
            case {"Fn::Not": [one]}:
                return not self.of(one)
            case dict():
                return self._of_text(part)
            case list() | tuple():
                return [inner for inner in map(self.of, part) if inner is not _NO_VALUE]
            case _:
                return part

    def _of_text(self, part: dict[str, Any]) -> Any:  # noqa: ANN401 - the same part
        """A function that makes a text or takes one apart; else the object itself."""
        match part:
            case {"Fn::Sub": str(text)}:
                return self._substituted(text, self.parameters)
            case {"Fn::Sub": [str(text), dict(values)]}:
                return self._substituted(text, {**self.parameters, **self.of(values)})
            case {"Fn::Join": [delimiter, values]}:
                return delimiter.join(self.of(values))
            case {"Fn::Split": [delimiter, text]}:
                return self.of(text).split(delimiter)
            case {"Fn::Select": [index, values]}:
                return self.of(values)[int(index)]
            case _:
                members = {name: self.of(inner) for name, inner in part.items()}
                return {name: inner for name, inner in members.items() if inner is not _NO_VALUE}

    @staticmethod
    def _substituted(text: str, values: Mapping[str, str]) -> str:
        return re.sub(r"\$\{([^}]+)\}", lambda name: values[name[1]], text)
