"""Faults for a game day, with the answers that callers may get and the alarms that go off.

Each is a setting of AWS that one call makes and one call takes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.gameday.stack import Stack

UNLIMITED: Final = -1
"""The maximum throughput that takes the limit of a table away (AWS: OnDemandThroughput)."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a stack, and its way back."""

    begin: Callable[[], object]
    undo: Callable[[], object]
    by_hand: str
    """The command that undoes it, for the one whose shell has died."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, and the expectations that are held to what is seen."""

    title: str
    prepare: Callable[[Stack], Change]
    statuses: frozenset[int]
    """Statuses that callers may get meanwhile."""
    alarms: frozenset[str]
    """Alarms that have to go off, by their logical ids."""
    minutes: int
    """The duration: that of the slowest alarm, and some."""


def _throttle_table(stack: Stack) -> Change:
    name = stack.outputs["TableName"]
    tables = stack.client("dynamodb")
    found: dict[str, int] = tables.describe_table(TableName=name)["Table"].get(
        "OnDemandThroughput", {}
    )
    before = {
        unit: found.get(unit, UNLIMITED) for unit in ("MaxReadRequestUnits", "MaxWriteRequestUnits")
    }

    def limit(units: dict[str, int]) -> object:
        return tables.update_table(TableName=name, OnDemandThroughput=units)

    units = ",".join(f"{unit}={number}" for unit, number in before.items())
    return Change(
        lambda: limit(dict.fromkeys(before, 1)),
        lambda: limit(before),
        f"aws dynamodb update-table --table-name {name} --on-demand-throughput {units}",
    )


def _refuse(logical_id: str) -> Callable[[Stack], Change]:
    """Refuse all calls of a function, as Lambda does without room."""

    def prepare(stack: Stack) -> Change:
        name = stack.resource(logical_id)
        functions: Any = stack.client("lambda")
        reserved = functions.get_function_concurrency(FunctionName=name).get(
            "ReservedConcurrentExecutions"
        )
        put = "put-function-concurrency --reserved-concurrent-executions"

        def reserve(number: int | None) -> object:
            if number is None:
                return functions.delete_function_concurrency(FunctionName=name)
            return functions.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=number
            )

        by_hand = "delete-function-concurrency" if reserved is None else f"{put} {reserved}"
        return Change(
            lambda: reserve(0),
            lambda: reserve(reserved),
            f"aws lambda {by_hand} --function-name {name}",
        )

    return prepare


_TOLD_TO_COME_BACK: Final = frozenset({200, 503})

FAULTS: Final[dict[str, Fault]] = {
    "table": Fault(
        "The table takes one read and one write a second.",
        _throttle_table,
        _TOLD_TO_COME_BACK,
        frozenset({"RequestsUnavailableAlarm", "ServerErrorsAlarm"}),
        10,
    ),
    "list": Fault(
        "Lambda refuses the list's function.",
        _refuse("ListInstallsFunction"),
        _TOLD_TO_COME_BACK,
        frozenset({"FunctionsThrottledAlarm", "ServerErrorsAlarm"}),
        10,
    ),
    "authorizer": Fault(
        "Lambda refuses the authorizer; whom it let in stays so for 30 seconds.",
        _refuse("AuthorizerFunction"),
        _TOLD_TO_COME_BACK,
        frozenset({"AuthorizerFailuresAlarm", "FunctionsThrottledAlarm"}),
        10,
    ),
    "cascade": Fault(
        "Lambda refuses the cascade: uninstall something, and see its members follow afterwards.",
        _refuse("CascadeFunction"),
        frozenset({200}),
        frozenset({"CascadeThrottledAlarm"}),
        20,
    ),
}
