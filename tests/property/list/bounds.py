"""The bounds by which the engine takes another way, made so small that small worlds meet them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import strategies as st

from installs.query.execution import semi_joins
from installs.query.planning import (
    access_paths,
    batches,
    cost,
    list_request,
    planner,
    pushdown,
    statistics,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_CHOICES: Final[dict[tuple[ModuleType, str], tuple[float, ...]]] = {
    # One workspace is many, so that the ways through all that there is are plans for any caller.
    (access_paths, "MAX_SEPARATE_WORKSPACES"): (1, 1, 0, 100),
    (access_paths, "MAX_COUNTED_INTEGRATIONS"): (8, 1, 0),
    (access_paths, "MAX_RANGES"): (2_500, 8, 4, 2, 1),
    (planner, "MAX_COUNTERS"): (2_000, 130, 65, 64, 1, 0),
    (planner, "MAX_PARALLEL_COUNTERS"): (4, 1, 0),
    (planner, "IN_LIMIT"): (100, 2, 1),
    (statistics, "DEFAULT_ROWS"): (500, 1, 0),
    (statistics, "DEFAULT_DEPENDENTS"): (20, 1, 0),
    (cost, "REQUEST_COST"): (10, 0),
    (statistics, "DEFAULT_SELECTIVITY"): (0.1, 1.0),
    (planner, "DEFAULT_SELECTIVITY"): (0.1, 1.0),
    (pushdown, "IN_LIMIT"): (100, 2, 1),
    (pushdown, "MAX_OPERATORS"): (300, 5, 3, 2, 1),
    (pushdown, "MAX_BYTES"): (4_096, 40, 10),
    (semi_joins, "MAX_FILTERED_WORKSPACES"): (1_000, 1, 0),
    (semi_joins, "MAX_INTEGRATION_WORKSPACES"): (20, 1, 0),
    (batches, "JOIN_BATCH"): (1_000, 2, 1),
    (list_request, "MAX_COUNTERS"): (2_000, 64, 2, 1, 0),
    (batches, "MAX_BATCH"): (1_000, 2, 1),
}

Bounds = tuple[float, ...]

_usual: Final[st.SearchStrategy[Bounds]] = st.just(tuple(some[0] for some in _CHOICES.values()))

bounds: Final = st.one_of(_usual, _usual, st.tuples(*map(st.sampled_from, _CHOICES.values())))
"""Mostly those that leave every plan possible."""


@contextmanager
def bounded(chosen: Bounds) -> Iterator[None]:
    """Within it, these are the engine's bounds."""
    with pytest.MonkeyPatch.context() as patch:
        for (module, name), value in zip(_CHOICES, chosen, strict=True):
            patch.setattr(module, name, value)
        yield
