"""The reads of one request, counted as they are made, and their budget."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


class BudgetExceededError(Exception):
    """The reads of a request have used more capacity units than its budget."""


@dataclass(slots=True)
class Usage:
    """The reads of a request: calls, items examined and capacity units; and their budget."""

    calls: int = 0
    items: int = 0
    capacity: float = 0.0
    budget: float | None = None
    """The most capacity units that may be used; ``None``: no bound."""
    plan: str | None = None
    """The name of the plan that ran a list."""
    returned: int = 0
    """The number of rows in the answer."""
    retries: int = 0
    """The number of calls that were sent again."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, items: int, capacity: float) -> None:
        """Add one call's reading.

        Raises
        ------
        BudgetExceededError
            The budget is spent.
        """
        with self._lock:
            self.calls += 1
            self.items += items
            self.capacity += capacity
            over = self.budget is not None and self.capacity > self.budget
        if over:
            raise BudgetExceededError(f"more than {self.budget:,} capacity units")

    def count_retry(self) -> None:
        """Add a call that was sent again."""
        with self._lock:
            self.retries += 1
