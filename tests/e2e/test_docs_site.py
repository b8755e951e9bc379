"""The pages of docs/ as a site: search, links, diagrams, and nothing of another host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.browser import watched_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.e2e.conftest import Stack


def test_a_reader_searches_and_follows_a_link(stack: Stack, browser: Browser) -> None:
    with watched_page(browser, viewport={"width": 1280, "height": 860}) as page:
        page.goto(f"{stack.running.pages_url}/docs/")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Integration Installs")
        expect(page.locator(".mermaid")).to_be_visible()

        page.get_by_role("textbox", name="Search").fill("keyset cursor")
        page.locator(".md-search-result__link").first.click()
        expect(page.locator("article")).to_contain_text("cursor")

        page.goto(f"{stack.running.pages_url}/docs/docs/lifecycle/")
        page.locator("article").get_by_role("link", name="CONTRACT.md").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Contract")
