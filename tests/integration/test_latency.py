"""Every plan that is timed and priced, on a small world: what it asks, and its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installs import http, log
from tools.bench import plans
from tools.bench.latency import cost_table, measured, plans_table
from tools.bench.network import Lognormal, Network
from tools.bench.trace import read, written

if TYPE_CHECKING:
    import pytest

STEADY = Network(Lognormal(3, 3), Lognormal(10, 10), per_mb_examined=0, per_mb_answered=0)


def test_every_plan_is_measured_timed_and_priced(monkeypatch: pytest.MonkeyPatch) -> None:
    # given the worlds, small, and lines of requests, whatever the other benchmark did to them
    monkeypatch.setattr(http, "log_request", log.log_request)
    monkeypatch.setattr(plans, "SIZES", {"wsp_1k": 700, "wsp_10k": 800})
    monkeypatch.setattr(plans, "MANY", {f"wsp_m{n:02}": 20 for n in range(5)})
    monkeypatch.setattr(plans, "MANY_WORKSPACES", {f"wsp_c{n:04}": 8 for n in range(6)})
    monkeypatch.setattr(plans, "TENTH", {f"wsp_c{n:04}": 8 for n in range(3)})
    # when
    found = {one.name: one for one in measured(large=False)}
    # then a page is a request beside the counter's, and later pages too
    first, later = (
        found["first page of 100, 700 installs"],
        found["later page of 100, 700 installs"],
    )
    assert (first.requests, first.rows, later.requests, later.rows) == (2, 102, 2, 103)
    assert 13 <= read(first.trace) <= 14.5
    assert first.plan == "merge byWorkspace"
    # and so is every list: none is empty for want of a role
    assert all(one.requests for one in found.values())
    # and a change of an install, without a solution, is a transaction of some 30 units
    assert (found["get"].requests, read(found["get"].trace)) == (1, 1)
    assert found["get, roles not known yet"].requests == 2
    assert (found["uninstall"].requests, found["restore"].requests) == (4, 3)
    assert 28 <= written(found["uninstall"].trace) <= 34
    assert written(found["purge"].trace) < written(found["uninstall"].trace)
    # and its cascade writes ten members, which cost twice in a transaction, the pending work with
    # its counts, and the settled entry
    cascade = found["uninstall: its cascade, 10 members"]
    assert 2 * plans.MEMBERS <= written(cascade.trace) <= 2 * plans.MEMBERS + 15
    assert all(one.cpu > 0 and one.logged > 0 for one in found.values())
    # and each is a line of both tables, with times by the network alone
    timed = list(plans_table(list(found.values()), STEADY, 100, 1))
    assert len(timed) == len(found) + 2
    assert timed[2].endswith("| 3 | 3 |")
    assert next(line for line in timed if line.startswith("| uninstall |")).endswith("| 19 | 19 |")
    priced = list(cost_table(list(found.values()), STEADY, 100, 1))
    assert len(priced) == len(found) + 2
    assert next(line for line in priced if line.startswith("| get |")).count("| 3.50 |") == 1
