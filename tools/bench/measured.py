"""Calls of the service, each with its requests to the table, its CPU and its log line's size."""

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
"""Repetitions of a call; its CPU is the median."""

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
    """Rows examined, including counters, if the request's log line has them."""
    plan: str
    """The plan of a list."""

    @property
    def requests(self) -> int:
        """The number of its requests."""
        return sum(1 for _ in calls(self.trace))


def measure(plan: Plan, recorder: Recorder) -> Measured:
    """Repeat a call that changes nothing."""
    _once(plan, recorder)  # what is made on first use
    return _median_of([_once(plan, recorder) for _ in range(REPEATS)])


def call(plan: Plan) -> Any:  # noqa: ANN401 - the handler's own answer
    """Make a call and return its answer; drop its log lines."""
    with _logged():
        return plans.invoke(plan, _handler(plan), _Invocation())


def later_page(plan: Plan) -> Plan:
    """Return the plan with a cursor in the middle of its list; unchanged without ``after``."""
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
    commands: dict[str, list[Measured]] = {}

    def note(name: str, plan: Plan) -> None:
        commands.setdefault(name, []).append(_once(plan, recorder))

    for install_id in plans.CHANGED:
        on = plans.commands(install_id)
        for command in ("uninstall", "restore"):
            note(command, on[command])
            note(
                f"{command}: its cascade, {plans.MEMBERS} members", plans.cascade(table, install_id)
            )
        call(on["uninstall"])
        note("purge", on["purge"])
    return [_median_of(runs, name) for name, runs in commands.items()]


def _once(plan: Plan, recorder: Recorder) -> Measured:
    handler = _handler(plan)
    recorder.trace()
    with _logged() as lines:
        began = time.process_time()
        answer = plans.invoke(plan, handler, _Invocation())
        cpu = time.process_time() - began
    text = lines.getvalue()
    line = _request_line(text)
    return Measured(
        plan.name,
        plan.function,
        recorder.trace(),
        cpu,
        len(answer.get("body", "").encode()),
        len(text.encode()),
        None if line is None else int(line["RowsExamined"]),
        (line or {}).get("plan") or "",
    )


def _median_of(runs: Sequence[Measured], name: str | None = None) -> Measured:
    last = runs[-1]
    return Measured(
        name or last.name,
        last.function,
        last.trace,
        median(run.cpu for run in runs),
        last.answered,
        last.logged,
        last.rows,
        last.plan,
    )


def _handler(plan: Plan) -> plans.Handler:
    handler: plans.Handler = import_module(MODULES[plan.function]).handler
    return handler


def _request_line(text: str) -> dict[str, Any] | None:
    """Return the request's log line."""
    lines = (json.loads(line) for line in text.splitlines())
    return next((line for line in lines if "RowsExamined" in line), None)


@contextmanager
def _logged() -> Iterator[io.StringIO]:
    """Capture the functions' log lines instead of printing them."""
    (handler,) = logger.handlers
    if not isinstance(handler, logging.StreamHandler):
        raise TypeError("the functions log to something else than a stream")
    buffer = io.StringIO()
    stream = handler.setStream(buffer)
    try:
        yield buffer
    finally:
        handler.setStream(stream)
