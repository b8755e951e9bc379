"""The examples of openapi.yaml that have related rows are answers of the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tools.openapi import examples

if TYPE_CHECKING:
    from tests.integration.demo_service import DemoService


@pytest.mark.parametrize(
    ("path", "query", "documented"),
    [
        ("", {"ids": examples.INSTALL_ID}, examples.PAGES),
        (f"/{examples.INSTALL_ID}", {}, examples.DETAILS),
    ],
)
def test_an_example_with_related_rows_is_the_services_own(
    demo: DemoService, path: str, query: dict[str, str], documented: dict[str, Any]
) -> None:
    example = documented["included"]
    answer = httpx.get(
        f"{demo.running.base_url}/api/integration-installs{path}",
        params={**query, "include": example["summary"].removeprefix("With include=")},
        headers={"Authorization": f"Bearer {demo.running.tokens['usr_ada']}"},
    )
    told, expected = answer.json()["included"], example["value"]["included"]

    assert told.keys() == expected.keys()
    for name in told.keys() - {"history"}:
        assert told[name] == expected[name], name
    if "history" in told:
        first, (documented_first,) = told["history"]["data"][-1], expected["history"]["data"]
        when = {name: documented_first[name] for name in ("revision", "occurredAt")}
        assert first | when == documented_first
