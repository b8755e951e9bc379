"""Cost of calls on AWS, in US dollars per million, computed from measurements.

The prices are list prices of us-east-1, without free tiers, volume discounts or savings plans, as
AWS's pages had them in 2026; another region's go here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MILLION: Final = 1_000_000
GB: Final = 1_000_000_000

# "Amazon DynamoDB pricing for on-demand capacity", standard table class, per million units.
READ_UNITS: Final = 0.125
WRITE_UNITS: Final = 0.625
# "AWS Lambda Pricing", Arm, first tier: a GB-second, and a million requests.
GB_SECOND: Final = 0.0000133334
INVOCATIONS: Final = 0.20
# "AWS Lambda Pricing", SnapStart for Python: a GB-second of a cached snapshot, and a GB restored.
SNAPSHOT_GB_SECOND: Final = 0.0000015046
RESTORED_GB: Final = 0.0001397998
MONTH: Final = 30 * 86_400
"""Seconds."""
# "Amazon API Gateway pricing", REST APIs, first 333 million a month, per million.
API_REQUESTS: Final = 3.50
# "Amazon CloudWatch Pricing", logs collected, standard class, per GB.
LOGGED_GB: Final = 0.50
# "Amazon EC2 On-Demand Pricing", data transfer out to the internet, first 10 TB, per GB.
SENT_GB: Final = 0.09

ACCESS_LINE: Final = 560
"""Bytes of the line that API Gateway logs of a request (``AccessLogSetting`` in the template)."""
PLATFORM_LINES: Final = 700
"""Bytes that Lambda itself logs of an invocation: its start and its report, as JSON."""
LOG_OVERHEAD: Final = 26
"""Bytes that CloudWatch counts for each line beside its own (AWS: CloudWatch Logs quotas)."""
VCPU: Final = 1_769
"""MB of memory for which a function has the power of one vCPU (AWS: Configure memory)."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Resources that one call uses."""

    read: float
    written: float
    """Capacity units."""
    memory: int
    """MB."""
    waiting: float
    """Milliseconds that it waits for the table."""
    cpu: float
    """Milliseconds of one vCPU."""
    sent: int = 0
    """Bytes of the answer."""
    logged: int = 0
    """Bytes that the function logs."""
    through_api: bool = True
    """True if the call passes API Gateway; the cascade does not."""

    @property
    def billed(self) -> int:
        """Milliseconds that Lambda bills: waiting, and the CPU at the function's share of one."""
        return math.ceil(self.waiting + self.cpu / min(1.0, self.memory / VCPU))


def snapshot_month(memory: int) -> float:
    """Dollars for a month of a snapshot of a function with so many MB."""
    return memory / 1024 * MONTH * SNAPSHOT_GB_SECOND


def million_restores(memory: int) -> float:
    """Dollars for a million starts of a function from its snapshot."""
    return memory / 1024 * MILLION * RESTORED_GB


def per_million(spent: Spent) -> Mapping[str, float]:
    """Dollars for a million of such calls, by what they are paid for."""
    lines = (ACCESS_LINE + LOG_OVERHEAD) * spent.through_api
    lines += PLATFORM_LINES + spent.logged + 3 * LOG_OVERHEAD
    return {
        "reads": spent.read * READ_UNITS,
        "writes": spent.written * WRITE_UNITS,
        "Lambda": INVOCATIONS + MILLION * spent.billed / 1000 * (spent.memory / 1024) * GB_SECOND,
        "API Gateway": API_REQUESTS * spent.through_api,
        "logs": lines * MILLION / GB * LOGGED_GB,
        "sent": spent.sent * spent.through_api * MILLION / GB * SENT_GB,
    }
