"""Settings of a property that is run on many cases; ``CASES=20000`` makes a long run."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings


def thorough(default: int, *, one_in: int = 1) -> settings:
    """Settings of a run of ``CASES`` cases, or of the default, divided for an expensive property.

    Slow cases and large ones are expected.
    """
    return settings(
        max_examples=int(os.environ.get("CASES", default)) // one_in,
        deadline=None,
        database=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.function_scoped_fixture,
        ],
    )
