"""The metrics that the template's alarms and dashboard watch, and a line of its access log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.template import STACK, Json, transformed
from tools.local.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNBOOK: Final = ROOT / "docs" / "operations.md"
OURS: Final = "IntegrationInstalls"
OF_THE_STACK: Final = f"{OURS}/{STACK}"


@dataclass(frozen=True)
class WatchedMetric:
    """A metric that an alarm or the dashboard watches; references as `!Sub` would write them."""

    by: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.dimensions)


RESOURCES: Final[Json] = transformed("prod", AlarmEmail="a@b.example")["Resources"]


def of_type(kind: str) -> Json:
    return {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == kind}


def plain(value: Any) -> str:  # noqa: ANN401 - a JSON value
    """A value as `!Sub` would write it, whether it is a string, a Ref or a Sub."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    return f"${{{argument}}}" if function == "Ref" else str(argument)


def alarms() -> Iterator[WatchedMetric]:
    for name, alarm in of_type("AWS::CloudWatch::Alarm").items():
        given = ((one["Name"], plain(one["Value"])) for one in alarm.get("Dimensions", []))
        statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        yield WatchedMetric(
            name, plain(alarm["Namespace"]), alarm["MetricName"], tuple(given), statistic
        )


def widgets(kind: str) -> list[Json]:
    (dashboard,) = of_type("AWS::CloudWatch::Dashboard").values()
    body = json.loads(dashboard["DashboardBody"]["Fn::Sub"])
    return [w["properties"] for w in body["widgets"] if w["type"] == kind]


def shown() -> Iterator[WatchedMetric]:
    for widget in widgets("metric"):
        for namespace, name, *rest, options in widget["metrics"]:
            pairs = tuple(zip(rest[::2], rest[1::2], strict=True))
            yield WatchedMetric(widget["title"], namespace, name, pairs, options["stat"])


WATCHED: Final = [*alarms(), *shown()]


def access_line(**fields: str) -> Json:
    """A line of the access log; API Gateway writes `-` for what there is not."""
    ((_, stage),) = of_type("AWS::ApiGateway::Stage").items()
    line = json.loads(stage["AccessLogSetting"]["Format"])
    assert fields.keys() <= line.keys()
    return dict.fromkeys(line, "-") | fields
