"""A drill: break a stack, send requests, restore it, and compare the answers with the expected."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from installs_client import InstallsError, ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from installs_client import Client
    from tools.gameday.faults import Fault
    from tools.gameday.stack import Stack

LONGEST_SECONDS: Final = 20
"""The time of an answer: 15 seconds by the contract, and the way."""
WELL: Final = 5
"""So many answers in a row, and the API is well again."""
RECOVERY_SECONDS: Final = 120
LATE_SECONDS: Final = 600
"""Time for an alarm that is on its way: metrics come minutes late."""
ALARM_SECONDS: Final = 15

NO_ANSWER: Final = 0
"""The status of no answer, or of another shape."""


@dataclass(slots=True)
class Seen:
    """The observations of a drill."""

    statuses: Counter[int] = field(default_factory=Counter)
    longest: float = 0
    recovered_after: float | None = None
    alarms: set[str] = field(default_factory=set)

    def lines(self) -> Iterator[str]:
        """Describe it."""
        counts = ", ".join(
            f"{number} x {status}" for status, number in sorted(self.statuses.items())
        )
        yield f"  {self.statuses.total()} requests: {counts}; the longest took {self.longest:.1f} s"
        if self.recovered_after is not None:
            yield f"  well again {self.recovered_after:.0f} s after the repair"
        yield f"  went off: {', '.join(sorted(self.alarms)) or 'no alarm'}"

    def disappointments(self, fault: Fault) -> Iterator[str]:
        """Name each expectation that does not hold."""
        for status in sorted(self.statuses.keys() - fault.statuses):
            number = self.statuses[status]
            shape = "no answer, or none of the API's" if status == NO_ANSWER else f"status {status}"
            yield f"  WRONG {number} x {shape}"
        if self.longest > LONGEST_SECONDS:
            yield f"  WRONG an answer took {self.longest:.1f} s"
        if self.recovered_after is None:
            yield f"  WRONG not well again within {RECOVERY_SECONDS} s"
        for alarm in sorted(fault.alarms - self.alarms):
            yield f"  WRONG {alarm} did not go off"


class Drill:
    """One fault, played on a stack."""

    def __init__(
        self,
        stack: Stack,
        fault: Fault,
        ask: Callable[[], int],
        tell: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``ask`` sends a request and returns its status."""
        self._stack, self._fault, self._tell = stack, fault, tell
        self._ask, self._clock, self._sleep = ask, clock, sleep
        self._looked = float("-inf")
        self.seen = Seen()

    def run(self, seconds: float) -> bool:
        """Break the stack for some seconds; return True if all was as expected."""
        change = self._fault.prepare(self._stack)
        self._tell(self._fault.title)
        self._tell(f"  to undo it by hand: {change.by_hand}")
        try:
            change.begin()
            ends = self._clock() + seconds
            while self._clock() < ends:
                self._request()
        finally:
            change.undo()
        self._tell("  undone")
        self._recover()
        ends = self._clock() + LATE_SECONDS
        while self._fault.alarms - self.seen.alarms and self._clock() < ends:
            self._sleep(ALARM_SECONDS)
            self._look()
        wrong = list(self.seen.disappointments(self._fault))
        for line in (*self.seen.lines(), *wrong):
            self._tell(line)
        return not wrong

    def _request(self) -> bool:
        began = self._clock()
        status = self._ask()
        self.seen.longest = max(self.seen.longest, self._clock() - began)
        self.seen.statuses[status] += 1
        self._look()
        self._sleep(1)
        return status == 200

    def _recover(self) -> None:
        began, in_a_row = self._clock(), 0
        while self._clock() < began + RECOVERY_SECONDS:
            in_a_row = in_a_row + 1 if self._request() else 0
            if in_a_row == WELL:
                self.seen.recovered_after = self._clock() - began
                return

    def _look(self) -> None:
        if self._clock() >= self._looked + ALARM_SECONDS:
            self._looked = self._clock()
            self.seen.alarms |= self._stack.alarms(self._fault.alarms)


def ask(client: Client) -> int:
    """Ask for a page, once; return the status, or ``NO_ANSWER``."""
    try:
        client.list(limit=1)
    except ProblemError as error:
        wants_pause = error.status == 503
        return NO_ANSWER if wants_pause and error.problem.retry_after is None else error.status
    except InstallsError:
        return NO_ANSWER
    return 200
