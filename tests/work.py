"""Counts of the work of our own code, which no load of the machine changes.

An instruction is one of Python's bytecode: the count of a function depends on its code, its input
and the minor version of Python alone. What libraries do in C is not counted.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

CORE: Final = str(Path(__file__).parents[1] / "layers" / "core")


@dataclass(slots=True)
class Spent:
    """The calls and the bytecode instructions of the functions of ``layers/core``."""

    calls: int = 0
    """A generator that goes on is called again."""
    instructions: int = 0

    def each(self, smaller: Spent, number: int) -> tuple[float, float]:
        """Return the calls and instructions for each of what another had fewer of."""
        calls, instructions = self.calls - smaller.calls, self.instructions - smaller.instructions
        return calls / number, instructions / number


@contextmanager
def counted() -> Iterator[Spent]:
    """Count the work that is done meanwhile."""
    if sys.version_info < (3, 12):
        raise NotImplementedError("Python 3.11 does not tell of instructions.")
    monitoring = sys.monitoring
    events = monitoring.events
    spent = Spent()

    def call(code: CodeType, _: int) -> object:
        if not code.co_filename.startswith(CORE):
            return monitoring.DISABLE
        spent.calls += 1
        return None

    def instruction(code: CodeType, _: int) -> object:
        if not code.co_filename.startswith(CORE):
            return monitoring.DISABLE
        spent.instructions += 1
        return None

    tool = monitoring.PROFILER_ID
    monitoring.use_tool_id(tool, "work")
    try:
        for event in (events.PY_START, events.PY_RESUME):
            monitoring.register_callback(tool, event, call)
        monitoring.register_callback(tool, events.INSTRUCTION, instruction)
        monitoring.set_events(tool, events.PY_START | events.PY_RESUME | events.INSTRUCTION)
        yield spent
    finally:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)
        monitoring.restart_events()
