"""The states of the console: loading, failed, signed out, expired, offline; by keys alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from tests import console_rows
from tests.e2e.browser import watched_page
from tests.e2e.console import (
    API,
    LATE_FRAMES,
    Console,
    answer,
    as_user,
    changed_pixels,
    checked,
    console,
    problem,
)
from tools.tokens import SigningKey

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

    from tests.e2e.conftest import Stack

HARBOR: Final = f"workspace_id={console_rows.HARBOR}"
LISTS: Final = "**/integration-installs?*"


def test_a_skeleton_has_the_place_of_the_rows(stack: Stack, browser: Browser) -> None:
    held: list[Route] = []
    with watched_page(browser, viewport={"width": 1280, "height": 860}) as page:
        page.add_init_script(as_user("usr_cora"))
        page.route(LISTS, lambda route: held.append(route))
        page.goto(f"{stack.running.pages_url}/console/#q=harbor")
        shown = Console(page)
        bones = page.locator(".rows .skeleton")
        expect(bones).to_have_count(8)
        checked(shown, "loading")
        before = bones.first.bounding_box()
        for route in held:
            route.continue_()
        page.unroute(LISTS)
        expect(shown.rows.first).to_be_visible()
        after = shown.rows.first.bounding_box()
        assert before is not None
        assert after is not None
        assert abs(before["y"] - after["y"]) < 1


def test_a_failure_keeps_the_rows_and_offers_another_try(stack: Stack, browser: Browser) -> None:
    down = problem(503, "Service Unavailable", "The service cannot answer at the moment.")
    with console(stack, browser, fragment=HARBOR) as shown:
        kept = shown.ids()
        shown.page.route(LISTS, lambda route: answer(route, 503, down))
        shown.search.fill("chatter")
        plate = shown.page.locator(".plate")
        expect(plate).to_contain_text("The service cannot answer at the moment.")
        expect(plate).to_contain_text("Request req-93c371a4")
        assert shown.ids() == kept
        checked(shown, "failed")
        shown.page.unroute_all()
        shown.button("Retry").click()
        expect(plate).to_have_count(0)
        expect(shown.names.first).to_have_text("Chatter")


def test_a_slow_answer_never_shows_over_a_later_one(stack: Stack, browser: Browser) -> None:
    cancelled: list[str] = []
    with console(stack, browser, fragment=HARBOR) as shown:
        shown.page.on("requestfailed", lambda request: cancelled.append(request.url))
        shown.page.route("**/integration-installs?*ledger*", lambda _: None)
        shown.search.fill("ledger")
        shown.page.wait_for_url("**q=ledger*")
        shown.search.fill("ins_markup")
        expect(shown.rows).to_have_count(1)

        shown.page.route("**/integration-installs/ins_markup*", lambda _: None)
        shown.names.first.click()
        expect(shown.panel).to_have_attribute("aria-busy", "true")
        with shown.page.expect_event("requestfailed"):
            shown.page.keyboard.press("Escape")
        expect(shown.panel).to_have_count(0)
        assert ["ledger" in url for url in cancelled] == [True, False]


def test_signed_out_expired_and_refused_are_told_apart(stack: Stack, browser: Browser) -> None:
    key = SigningKey.of_machine(stack.state / "signing-key.pem")
    expired = key.token("usr_cora", lifetime_seconds=-60)
    with watched_page(browser, viewport={"width": 1280, "height": 860}) as page:
        page.route("**/stack.json", lambda route: route.fulfill(status=404))
        page.goto(f"{stack.running.pages_url}/console/")
        shown = Console(page)
        plate = page.locator(".plate")
        expect(plate).to_contain_text("Not signed in")
        checked(shown, "signed-out")
        for token, told in (
            ("sec_nobody", "does not accept this token or key"),
            (expired, "Your token expired at"),
            (stack.running.tokens["usr_vic"], ""),
        ):
            plate.get_by_role("button").click()
            shown.dialog.get_by_label("Base URL").fill(stack.running.base_url)
            shown.dialog.get_by_label("Token or API key").fill(token)
            shown.dialog.get_by_role("button", name="Sign in").click()
            if told:
                expect(plate).to_contain_text(told)
        expect(shown.rows).to_have_count(25)
        expect(plate).to_have_count(0)
        page.reload()
        expect(shown.rows).to_have_count(25)


def test_offline_is_told_and_the_list_comes_back_by_itself(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, fragment=HARBOR) as shown:
        count = len(shown.ids())
        shown.wait_until_idle()
        shown.page.context.set_offline(True)
        expect(shown.page.locator(".plate")).to_contain_text("You are offline")
        assert len(shown.ids()) == count
        checked(shown, "offline")
        with shown.page.expect_request(API):
            shown.page.context.set_offline(False)
        expect(shown.page.locator(".plate")).to_have_count(0)


def test_an_install_that_is_gone_is_said_so(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, fragment=f"{HARBOR}&install=ins_never") as shown:
        expect(shown.panel).to_contain_text("No such install")
        checked(shown, "gone")


def test_all_by_keys(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, "usr_eddy", f"{HARBOR}&q=ledger") as shown:
        keys = shown.page.keyboard
        keys.press("?")
        expect(shown.dialog).to_contain_text("Keyboard shortcuts")
        checked(shown, "help")
        keys.press("Escape")
        expect(shown.dialog).to_have_count(0)
        keys.press("j")
        keys.press("j")
        keys.press("k")
        expect(shown.names.first).to_be_focused()
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert shown.page.evaluate(outline) == "solid"
        keys.press("x")
        expect(shown.page.locator(".selection")).to_contain_text("1 install selected")
        keys.press("x")
        shown.page.evaluate(LATE_FRAMES)
        keys.press("u")
        expect(shown.dialog).to_contain_text("Uninstall Ledger Books in Harbor?")
        keys.press("Escape")
        keys.press("Enter")
        expect(shown.panel).to_be_focused()
        keys.press("Escape")
        expect(shown.names.first).to_be_focused()

        # given that single keys are turned off
        keys.press("?")
        shown.dialog.get_by_label("Use single keys").uncheck()
        keys.press("Escape")
        keys.press("/")
        expect(shown.search).not_to_be_focused()


def test_keys_wait_for_what_they_are_meant_for(stack: Stack, browser: Browser) -> None:
    held: list[Route] = []
    with watched_page(browser, viewport={"width": 1280, "height": 860}) as page:
        page.add_init_script(as_user("usr_eddy"))
        page.route("**/dialogs.js", lambda route: held.append(route))
        page.goto(f"{stack.running.pages_url}/console/#{HARBOR}&q=ledger")
        shown = Console(page)
        shown.names.first.focus()
        # when keys come before the dialog does
        for key in ("u", "Enter", "x", "j"):
            page.keyboard.press(key)
        expect(shown.names.first).to_be_focused()
        for route in held:
            route.continue_()
        # then they do nothing to the page, and the dialog is there
        expect(shown.dialog).to_contain_text("Uninstall Ledger Books in Harbor?")
        expect(page.locator(".panel, .selection")).to_have_count(0)


@pytest.mark.parametrize("name", ["Search", "Select all on this page", "Add filter"])
def test_tab_reaches(stack: Stack, browser: Browser, name: str) -> None:
    with console(stack, browser, "usr_eddy", HARBOR) as shown:
        _tab_to(shown.page, name)


def _tab_to(page: Page, name: str) -> None:
    said = "((it) => it.ariaLabel || it.labels?.[0]?.textContent || it.textContent.trim())"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(f"{said}(document.activeElement)") == name:
            return
    pytest.fail(f"the keyboard does not reach {name}")


def test_closing_leaves_the_list_to_the_pixel(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, fragment=f"{HARBOR}&q=ledger", reduced_motion="reduce") as shown:
        listing = shown.page.locator(".work")
        expect(shown.page.locator(".views .count").nth(1)).not_to_be_empty()
        before = listing.screenshot()
        shown.names.first.click()
        expect(shown.panel.locator("h2")).to_have_text("Ledger Books")
        shown.panel.get_by_role("button", name="Close").click()
        expect(shown.names.first).to_be_focused()
        shown.page.evaluate("document.activeElement.blur()")
        shown.page.mouse.move(0, 0)
        assert changed_pixels(shown.page, before, listing.screenshot()) == 0
