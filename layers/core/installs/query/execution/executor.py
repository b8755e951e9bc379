"""The executor: runs a list from the query to its page (CONTRACT.md section 2, docs/adr/0007).

A *window* is the rows between the cursors, in the order of reading, one row more than the page::

    query -> list request -> semi-joins reduced -> plans, the cheapest first -> window -> page
    page -> related rows to include, read at once
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from installs.errors import QueryTooExpensiveError
from installs.query.execution.included import IncludeLoader
from installs.query.execution.ordered_page import run_merge_scan
from installs.query.execution.page import NO_ROWS, Page, page_of
from installs.query.execution.semi_joins import reduce_semi_joins
from installs.query.execution.top_k import run_top_k
from installs.query.planning.cost import BUDGET, TOO_EXPENSIVE
from installs.query.planning.list_request import ListRequest
from installs.query.planning.planner import candidate_plans
from installs.query.planning.plans import MergeScanPlan, Plan
from installs.store.usage import BudgetExceededError

if TYPE_CHECKING:
    from datetime import datetime

    from installs.query.execution.reader import Reader
    from installs.query.language.parameters import ListQuery

Choice = Callable[[Sequence[Plan]], Plan]


def cheapest(plans: Sequence[Plan]) -> Plan:
    """Return the plan that costs the least."""
    return plans[0]


def run(
    query: ListQuery,
    scope: frozenset[str] | None,
    reader: Reader,
    now: datetime,
    choose: Choice = cheapest,
) -> Page:
    """Return the page that a query asks for, for a caller of a scope (``None``: everything).

    ``choose`` selects one of the plans, which come the cheapest first; all give the same page.

    Raises
    ------
    QueryTooExpensiveError
        The list would read, or has read, more than the budget.
    """
    try:
        page = _run(ListRequest.of(query, scope, now), reader, choose)
        if not query.include:
            return page
        loader = IncludeLoader(reader, scope, now, query.entities)
        return replace(page, included=loader.include(page.rows, query.include))
    except BudgetExceededError as error:
        raise QueryTooExpensiveError(TOO_EXPENSIVE) from error


def _run(request: ListRequest, reader: Reader, choose: Choice) -> Page:
    if not request.unsatisfiable:
        request = reduce_semi_joins(request, reader)
    if request.unsatisfiable:
        return page_of(request, NO_ROWS, "nothing to read")
    plans, statistics = candidate_plans(request, reader.live_counts)
    plan = choose(plans)
    if plan.cost.min_units > BUDGET:
        raise QueryTooExpensiveError(TOO_EXPENSIVE)
    if isinstance(plan, MergeScanPlan):
        window = run_merge_scan(request, plan, reader, statistics)
    else:
        window = run_top_k(request, plan, reader)
    return page_of(request, window, plan.name)
