"""The bounds by which the engine takes another way, made so small that small worlds meet them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import strategies as st

from installs.query.execution import merge_scan as walk
from installs.query.execution import semi_joins as resolve
from installs.query.execution import top_k as scan
from installs.query.planning import access_paths as paths
from installs.query.planning import list_request as search
from installs.query.planning import planner, pushdown
from installs.query.planning import statistics as estimates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_CHOICES: Final[dict[tuple[ModuleType, str], tuple[float, ...]]] = {
    # One workspace is many, so that the ways through all that there is are plans for any caller.
    (paths, "FEW_WORKSPACES"): (1, 1, 0, 100),
    (paths, "FEW_INTEGRATIONS"): (8, 1, 0),
    (paths, "MOST_LANES"): (2_500, 8, 4, 2, 1),
    (planner, "MOST_COUNTERS"): (2_000, 130, 65, 64, 1, 0),
    (planner, "FEW_COUNTS"): (4, 1, 0),
    (planner, "IN_LIMIT"): (100, 2, 1),
    (estimates, "UNCOUNTED"): (500, 1, 0),
    (estimates, "HANGING"): (20, 1, 0),
    (planner, "REQUEST"): (10, 0),
    (estimates, "MATCHING"): (0.1, 1.0),
    (planner, "MATCHING"): (0.1, 1.0),
    (pushdown, "IN_LIMIT"): (100, 2, 1),
    (pushdown, "MAX_OPERATORS"): (300, 5, 3, 2, 1),
    (pushdown, "MAX_BYTES"): (4_096, 40, 10),
    (resolve, "MOST_WORKSPACES"): (1_000, 1, 0),
    (resolve, "FEW_WORKSPACES"): (20, 1, 0),
    (scan, "AT_ONCE"): (1_000, 2, 1),
    (search, "MOST_COUNTERS"): (2_000, 64, 2, 1, 0),
    (walk, "MOST_AT_ONCE"): (1_000, 2, 1),
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
