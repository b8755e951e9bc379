"""The reference page by clicks: open, authorise, send a list, see rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from tests.e2e.browser import barriers, watched_page

OF_SWAGGER_UI: Final = {"heading-order", "nested-interactive", "region"}
"""The rules that its own markup breaks."""
STATUS: Final = ".live-responses-table .response-col_status:not(.col_header)"

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.e2e.conftest import Stack


def test_a_reader_sends_a_list_and_sees_rows(stack: Stack, browser: Browser) -> None:
    with watched_page(browser, color_scheme="light") as page:
        page.goto(f"{stack.running.pages_url}/reference/")
        operation = page.locator("#operations-Installs-listInstalls")
        operation.locator(".opblock-summary-control").click()
        expect(page.get_by_label("Act as")).to_have_value("usr_ada")
        operation.get_by_role("button", name="Execute").click()
        answer = operation.locator(".live-responses-table")
        expect(operation.locator(STATUS)).to_contain_text("200")
        expect(answer).to_contain_text('"ins_page_30"')

        page.get_by_label("Act as").select_option("")
        operation.get_by_role("button", name="Execute").click()
        expect(operation.locator(STATUS)).to_contain_text("401")
        page.get_by_label("Act as").select_option("usr_vera")
        operation.get_by_role("button", name="Execute").click()
        expect(operation.locator(STATUS)).to_contain_text("200")
        expect(operation.locator(".request-url")).to_contain_text(stack.running.base_url)
        expect(page.locator(".errors-wrapper")).to_have_count(0)

        page.emulate_media(color_scheme="dark")
        expect(page.locator("html")).to_have_class("dark-mode")


def test_a_token_can_be_pasted(stack: Stack, browser: Browser) -> None:
    with watched_page(browser) as page:
        page.goto(f"{stack.running.pages_url}/reference/")
        page.get_by_label("Act as").select_option("")
        page.get_by_role("button", name="Authorize").click()
        page.locator(".auth-container input").fill(stack.running.tokens["usr_ed"])
        page.locator(".auth-btn-wrapper .authorize").click()
        page.locator(".btn-done").click()
        operation = page.locator("#operations-Installs-getInstall")
        operation.locator(".opblock-summary-control").click()
        operation.locator("input[placeholder=id]").fill("ins_hostile")
        operation.get_by_role("button", name="Execute").click()

        answer = operation.locator(".live-responses-table")
        expect(operation.locator(STATUS)).to_contain_text("200")
        expect(answer).to_contain_text("onerror")
        expect(page).to_have_title("Integration Installs: reference")


def test_each_example_is_offered_and_sent_as_it_is_shown(stack: Stack, browser: Browser) -> None:
    with watched_page(browser) as page:
        page.goto(f"{stack.running.pages_url}/reference/")
        operation = page.locator("#operations-Installs-listInstalls")
        operation.locator(".opblock-summary-control").click()
        for name, least in (("filter", 5), ("orderBy", 2)):
            parameter = operation.locator(f'tr[data-param-name="{name}"]')
            choice = parameter.locator("select")
            examples = choice.locator("option").evaluate_all("them => them.map((it) => it.value)")
            assert len(examples) >= least
            for example in examples:
                choice.select_option(example)
                shown = parameter.locator("textarea, input[type=text]").input_value()
                with page.expect_response("**/integration-installs?*") as answer:
                    operation.get_by_role("button", name="Execute").click()
                sent = parse_qs(urlsplit(answer.value.url).query)
                assert json.loads(sent[name][0]) == json.loads(shown), example
                assert answer.value.status == 200, (example, answer.value.text())
            choice.select_option(examples[0])


def test_the_page_has_no_barrier_of_our_own(stack: Stack, browser: Browser) -> None:
    with watched_page(browser, color_scheme="light") as page:
        page.goto(f"{stack.running.pages_url}/reference/")
        operation = page.locator("#operations-Installs-uninstallInstall")
        operation.locator(".opblock-summary-control").click()
        expect(operation.get_by_role("button", name="Execute")).to_be_visible()
        expect(operation.locator(".response.short").nth(1)).to_contain_text("401")
        found = {barrier.partition(":")[0] for barrier in barriers(page)}
        assert found <= OF_SWAGGER_UI
        for name in ("Filters and sorts", "Events", "Console"):
            with page.expect_response(lambda answer: answer.request.is_navigation_request()) as led:
                page.get_by_role("link", name=name, exact=True).click()
            assert led.value.ok
            page.go_back()
