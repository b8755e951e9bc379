"""Calls of the service, each with what it asked of the table, its CPU and the size of its line."""

from __future__ import annotations

import io
import json
import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from installs.log import logger
from tools.bench import plans
from tools.bench.trace import calls

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from installs.store.table import Table
    from tools.bench.plans import Plan
    from tools.bench.recording import Recorder
    from tools.bench.trace import Trace

REPEATS: Final = 5
"""How often a call is made; its CPU is the median."""

MODULES: Final = {
    "ListInstallsFunction": "functions.list_installs.handler",
    "GetInstallFunction": "functions.get_install.handler",
    "UninstallInstallFunction": "functions.uninstall_install.handler",
    "RestoreInstallFunction": "functions.restore_install.handler",
    "PurgeInstallFunction": "functions.purge_install.handler",
    "CascadeFunction": "functions.cascade.handler",
}


class _Invocation:
    """Lambda's context, with a minute left."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation would end."""
        return 60_000


@dataclass(frozen=True, slots=True)
class Measured:
    """One call: its trace, CPU seconds, and the bytes that it answered and logged."""

    name: str
    function: str
    trace: Trace
    cpu: float
    answered: int
    logged: int
    rows: int | None
    """Rows examined, the counters among them, where the line of the request says so."""
    plan: str
    """How a list was run."""

    @property
    def requests(self) -> int:
        """How many requests it made."""
        return sum(1 for _ in calls(self.trace))


def measure(plan: Plan, recorder: Recorder) -> Measured:
    """A call that changes nothing, made again and again."""
    _once(plan, recorder)  # what is made on first use
    return _together([_once(plan, recorder) for _ in range(REPEATS)])


def call(plan: Plan) -> Any:  # noqa: ANN401 - the handler's own answer
    """What a call answers; what it logs is dropped."""
    with _logged():
        return plans.invoke(plan, _handler(plan), _Invocation())


def later_page(plan: Plan) -> Plan:
    """The plan of a page in the middle of its list; one without ``after`` as it is."""
    query = plan.event["multiValueQueryStringParameters"] or {}
    if "after" not in query:
        return plan
    query = {name: value for name, value in query.items() if name != "after"}
    for _ in range(5):
        event = plan.event | {"multiValueQueryStringParameters": query}
        step = plans.Plan(plan.name, plan.function, event)
        page = json.loads(call(step)["body"])
        query = query | {"after": [page["pageInfo"]["endCursor"]]}
    return plans.Plan(
        plan.name, plan.function, plan.event | {"multiValueQueryStringParameters": query}
    )


def measure_commands(table: Table, recorder: Recorder) -> list[Measured]:
    """Uninstall, its cascade, restore, its cascade, and purge, on one install after another."""
    made: dict[str, list[Measured]] = {}

    def note(name: str, plan: Plan) -> None:
        made.setdefault(name, []).append(_once(plan, recorder))

    for install_id in plans.CHANGED:
        on = plans.commands(install_id)
        for command in ("uninstall", "restore"):
            note(command, on[command])
            note(
                f"{command}: its cascade, {plans.MEMBERS} members", plans.cascade(table, install_id)
            )
        call(on["uninstall"])
        note("purge", on["purge"])
    return [_together(some, name) for name, some in made.items()]


def _once(plan: Plan, recorder: Recorder) -> Measured:
    handler = _handler(plan)
    recorder.taken()
    with _logged() as lines:
        began = time.process_time()
        answer = plans.invoke(plan, handler, _Invocation())
        cpu = time.process_time() - began
    text = lines.getvalue()
    told = _told(text)
    return Measured(
        plan.name,
        plan.function,
        recorder.taken(),
        cpu,
        len(answer.get("body", "").encode()),
        len(text.encode()),
        None if told is None else int(told["RowsExamined"]),
        (told or {}).get("plan") or "",
    )


def _together(some: Sequence[Measured], name: str | None = None) -> Measured:
    last = some[-1]
    return Measured(
        name or last.name,
        last.function,
        last.trace,
        median(one.cpu for one in some),
        last.answered,
        last.logged,
        last.rows,
        last.plan,
    )


def _handler(plan: Plan) -> plans.Handler:
    handler: plans.Handler = import_module(MODULES[plan.function]).handler
    return handler


def _told(text: str) -> dict[str, Any] | None:
    """The line of the request, among those that were logged."""
    lines = (json.loads(line) for line in text.splitlines())
    return next((line for line in lines if "RowsExamined" in line), None)


@contextmanager
def _logged() -> Iterator[io.StringIO]:
    """What the functions log meanwhile, in place of the standard output."""
    (handler,) = logger.handlers
    if not isinstance(handler, logging.StreamHandler):
        raise TypeError("the functions log to something else than a stream")
    buffer = io.StringIO()
    stream = handler.setStream(buffer)
    try:
        yield buffer
    finally:
        handler.setStream(stream)
