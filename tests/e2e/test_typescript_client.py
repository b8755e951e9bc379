"""The TypeScript client: its own tests, against the local stack too, and calls in a browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tests.e2e.browser import watched_page
from tests.e2e.system import FRONT_ENDS
from tests.node import CLIENT, NPM, command, run

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Route

    from tests.e2e.conftest import Stack


def test_its_own_tests_pass_on_the_local_stack(stack: Stack, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    options = ["--", "--reporter=json", f"--outputFile={report}"]

    run([NPM, "test", *options], CLIENT, INSTALLS_STACK=str(stack.state / "stack.json"))

    result = json.loads(report.read_text())
    assert result["numPassedTests"] == result["numTotalTests"] > 40, "some were skipped"


CALLS: Final = """async ([baseUrl, token]) => {
    const {InstallsClient, ProblemError} = Installs;
    const installs = new InstallsClient({baseUrl, token: async () => token});
    const filter = {variables: {path: ["pages"], eq: true}};
    const ids = [];
    for await (const {id} of installs.rows({filter, limit: 20})) {
        ids.push(id);
    }
    await installs.uninstall("ins_sdk");
    const inTrash = await installs.get("ins_sdk");
    const restored = await installs.restore("ins_sdk");
    const absent = await installs.get("ins_nobody").catch((error) => error);
    const stopped = new AbortController();
    const call = installs.list({}, {signal: stopped.signal}).catch((error) => error.message);
    stopped.abort(new Error("enough"));
    return {
        ids: ids.length, tier: inTrash.retentionTier, restored: restored.deletedAt,
        absent: absent instanceof ProblemError && [absent.status, absent.code],
        stopped: await call,
    };
}"""


def test_it_works_in_a_browser_of_another_origin(
    stack: Stack, browser: Browser, tmp_path: Path
) -> None:
    bundle = tmp_path / "installs.js"
    form = ("--bundle", "--format=iife", "--global-name=Installs", "--log-level=warning")
    run(command(CLIENT, "esbuild", "src/index.ts", *form, f"--outfile={bundle}"), CLIENT)

    def empty(route: Route) -> None:
        route.fulfill(body="<!doctype html><title>A front end</title>", content_type="text/html")

    with watched_page(browser) as page:
        page.route(f"{FRONT_ENDS[0]}/**", empty)
        page.goto(f"{FRONT_ENDS[0]}/")
        page.add_script_tag(path=bundle)
        seen = page.evaluate(CALLS, [stack.running.base_url, stack.running.tokens["usr_ed"]])

    assert seen == {
        "ids": 30, "tier": "medium", "restored": None, "absent": [404, "not_found"],
        "stopped": "enough",
    }  # fmt: skip
