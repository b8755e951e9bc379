"""Lines as Lambda reads them: levels, timestamps, and metrics that no level drops.

What Lambda does with a line is written after its documentation: log-level filtering, and the
embedded metric format.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from tools.local.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

LEVELS: Final = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
"""Lambda's names, the most detailed first."""

SCRIPT: Final = """
import json
from installs import metrics
from installs.cascade import Tally
from installs.errors import NotFoundError
from installs.http import endpoint
from installs.log import logger

def badly(request): raise ZeroDivisionError
for respond in (lambda request: {}, badly):
    endpoint(respond)(json.loads(EVENT), None)
metrics.publish(Tally(deleted=3), **{metrics.DEAD_LETTERS: [1.0]})
logger.debug("a detail")
logger.warning("a warning")
logger.critical("the end")
"""
EVENT: Final = json.dumps(
    {
        "requestContext": {
            "requestId": "req_1",
            "authorizer": {"principal": "usr_ada", "kind": "user"},
        },
        "pathParameters": {"id": "ins_crm"},
    }
)


def written(level: str, variable: str) -> list[dict[str, Any]]:
    """The lines of a process of its own, whose level is set as the template or Lambda sets it."""
    ran = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", f"EVENT = {EVENT!r}\n{SCRIPT}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core'}", variable: level},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return [json.loads(line) for line in (ran.stdout + ran.stderr).splitlines()]


def kept_by_lambda(lines: list[dict[str, Any]], level: str) -> Iterator[dict[str, Any]]:
    """The lines that reach CloudWatch: one that cannot be read is of INFO."""
    for line in lines:
        name = line.get("level")
        try:
            datetime.strptime(line.get("timestamp", ""), "%Y-%m-%dT%H:%M:%S.%f%z")
        except ValueError:
            name = "INFO"
        if LEVELS.index(name if name in LEVELS else "INFO") >= LEVELS.index(level):
            yield line


@pytest.mark.parametrize("variable", ["POWERTOOLS_LOG_LEVEL", "AWS_LAMBDA_LOG_LEVEL"])
@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARN", "ERROR"])
def test_a_level_keeps_what_is_as_severe_and_every_metric(level: str, variable: str) -> None:
    lines = written(level, variable)

    kept = list(kept_by_lambda(lines, level))

    # then nothing is written to be dropped, and lines below the level are not written
    assert kept == lines
    messages = [line["message"] for line in lines]
    above = {"DEBUG": 0, "INFO": 0, "WARN": 1, "ERROR": 2}[level]
    assert ("a detail" in messages) is (level == "DEBUG")
    assert ("a warning" in messages) is (level != "ERROR")
    assert messages.count("request") == (2 if above == 0 else 1)
    assert lines[1]["exception_name"] == "ZeroDivisionError"
    # and the metrics of both requests and of the cascade are there at any level
    names = [
        {metric["Name"] for metric in directive["Metrics"]}
        for line in kept
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", [])
    ]
    assert len(names) == 3
    assert names[0] == names[1] >= {"Milliseconds", "CapacityUnits"}
    assert names[2] == {"RowsDeleted", "DeadLetters"}
    # where a request's line is not logged, its metrics tell nothing of it
    if above:
        assert not {"request_id", "install_id", "status"} & lines[0].keys()


def test_levels_have_lambdas_names() -> None:
    assert {line["level"] for line in written("DEBUG", "POWERTOOLS_LOG_LEVEL")} <= {*LEVELS}
