"""CloudFormation's intrinsic functions, as far as they depend on the stack's parameters alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_VALUE: Final = object()


def resolved(
    value: Any,  # noqa: ANN401 - any part of a template
    parameters: Mapping[str, str],
    conditions: Mapping[str, Any],
) -> Any:  # noqa: ANN401 - the same part
    """``value`` with ``Ref``, ``Fn::Sub``, ``Fn::If``, ``Fn::Equals`` and ``Fn::Not`` worked out.

    ``AWS::NoValue`` is left out of the object or the list that holds it. A name that
    is no parameter's is a ``KeyError``: nothing else can be known from here.
    """

    def of(part: Any) -> Any:  # noqa: ANN401 - as above
        match part:
            case {"Ref": "AWS::NoValue"}:
                return _NO_VALUE
            case {"Ref": name}:
                return parameters[name]
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([^}]+)\}", lambda members: parameters[members[1]], text)
            case {"Fn::If": [condition, held, otherwise]}:
                return of(held if of(conditions[condition]) else otherwise)
            case {"Fn::Equals": [one, other]}:
                return of(one) == of(other)
            case {"Fn::Not": [one]}:
                return not of(one)
            case dict():
                members = {name: of(inner) for name, inner in part.items()}
                return {name: inner for name, inner in members.items() if inner is not _NO_VALUE}
            case list() | tuple():
                return [inner for inner in map(of, part) if inner is not _NO_VALUE]
            case _:
                return part

    return of(value)
