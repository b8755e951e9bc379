"""The console's list: names, search, filters, sort, position (CONTRACT.md section 2)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from tests import console_rows, rows
from tests.e2e.browser import watched_page
from tests.e2e.console import (
    LATE_FRAMES,
    PHONE,
    Calls,
    Console,
    answer,
    as_user,
    checked,
    console,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

    from tests.e2e.conftest import Stack

IN_DOCK: Final = f"workspace_id={console_rows.DOCK}"
FIRST_VIEW_BYTES: Final = 60_000


def test_a_row_has_names_and_a_page_takes_one_request(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, fragment=f"workspace_id={console_rows.HARBOR}") as shown:
        row = shown.row("ins_books")
        expect(row).to_contain_text("Ledger Books")
        expect(row).to_contain_text("1.4.0")
        expect(row).to_contain_text("Harbor")
        expect(row).to_contain_text("Office of books")
        expect(row).to_contain_text("Cora")
        expect(row.locator("time")).to_have_attribute("title", "1 Jan 2026, 00:00:00")
        expect(shown.row("ins_books_mail")).to_contain_text("Add-on of Ledger Books")
        expect(shown.page.locator(".rows")).not_to_contain_text("ins_books")

        # when the reader is about to choose, each choice has its count
        facet = shown.page.get_by_label("Workspace", exact=True)
        facet.hover()
        expect(facet.locator("option")).to_contain_text(["All workspaces", "Dock (30)", "Harbor ("])
        calls = Calls(shown.page)
        facet.select_option(console_rows.DOCK)
        shown.shows(*["Formular 表"] * 25)
        expect(shown.page.locator(".views .count")).to_have_text(["30", "0"])
        page, count = calls.taken()
        assert page["include"].split(",")[0] == "integration"
        assert count["limit"] == "1"
        shown.button("Next").click()
        expect(shown.position).to_have_text("26-30 of 30")
        assert len(calls.taken()) == 1
        checked(shown, "last-page")


def test_the_first_view_is_small_and_stands_still(stack: Stack, browser: Browser) -> None:
    with watched_page(browser, viewport={"width": 1280, "height": 860}) as page:
        page.add_init_script(
            """window.requestIdleCallback = (work) => { window.later = work; };
            window.shifts = [];
            new PerformanceObserver((list) => {
              shifts.push(...list.getEntries().map(({ value }) => value));
            }).observe({ type: "layout-shift", buffered: true });"""
        )
        page.add_init_script(as_user("usr_cora"))
        calls = Calls(page)
        page.goto(f"{stack.running.pages_url}/console/")
        shown = Console(page)
        expect(shown.rows).to_have_count(25)
        expect(page.locator(".views .count").nth(1)).not_to_be_empty()
        sizes = page.evaluate(
            """Object.fromEntries(performance.getEntriesByType("resource")
              .filter(({ name }) => /\\.(m?js|css)$/.test(name))
              .map(({ name, encodedBodySize }) => [name, encodedBodySize]))"""
        )
        early = page.locator("link[rel=modulepreload], link[rel=stylesheet], script")
        assert sizes.keys() == set(
            early.evaluate_all("them => them.map((it) => it.href || it.src)")
        )
        assert 0 not in sizes.values()
        assert sum(sizes.values()) < FIRST_VIEW_BYTES
        assert [call["path"] for call in calls.taken()] == ["", ""]
        assert sum(page.evaluate("shifts")) < 0.01

        # and what is shown by a click is loaded before the click, once the page is idle
        page.evaluate("later()")
        shown.wait_until_idle()


def test_a_search_finds_an_install_by_its_names(stack: Stack, browser: Browser) -> None:
    with console(stack, browser) as shown:
        shown.page.keyboard.press("/")
        expect(shown.search).to_be_focused()
        shown.search.fill("ledger")
        shown.shows("Ledger Books", "Ledger Books")
        shown.search.fill("office ")
        shown.page.wait_for_url("**q=office")
        expect(shown.search).to_have_value("office ")
        shown.search.press_sequentially("of books")
        shown.shows("Formular 表", "Ledger Books")
        shown.search.fill("DOCK")
        expect(shown.position).to_have_text("1-25 of 30")
        shown.search.fill("ins_books_mail")
        shown.shows("Mailer")
        assert "q=ins_books_mail" in shown.page.url

        shown.page.reload()
        shown.shows("Mailer")
        expect(shown.search).to_have_value("ins_books_mail")
        shown.page.go_back()
        expect(shown.search).to_have_value("")
        expect(shown.rows).to_have_count(25)

        # given that the reader goes elsewhere before a search begins: it does not follow them
        shown.search.fill("ledger")
        shown.page.wait_for_url("**q=ledger")
        shown.page.evaluate(LATE_FRAMES)
        shown.search.press_sequentially("x")
        shown.page.go_back()
        expect(shown.search).to_have_value("")
        shown.page.evaluate("new Promise((done) => setTimeout(done, 300))")
        assert "q=" not in shown.page.url


def test_chips_and_json_are_in_step(stack: Stack, browser: Browser) -> None:
    with console(stack, browser) as shown:
        editor = shown.page.get_by_label("Filter", exact=True)
        shown.button("Add filter").click()
        form = shown.page.get_by_role("form", name="Add a filter")
        form.get_by_label("Field").select_option("Integration name")
        form.get_by_label("Value").fill("chat")
        shown.button("Add").click()
        chip = shown.page.locator(".chip")
        expect(chip).to_have_text("Integration name contains chat✕")
        shown.button("Add filter").click()
        form.get_by_label("Field").select_option("Is not an add-on")
        checked(shown, "filter-form")
        shown.button("Add").click()
        expect(shown.rows).to_have_count(3)

        shown.button("JSON").click()
        name = {"integration": {"name": {"containsi": "chat"}}}
        expect(editor).not_to_have_value("")
        assert json.loads(editor.input_value()) == {
            "AND": [name, {"parentInstallId": {"isNull": True}}]
        }
        shown.page.evaluate(LATE_FRAMES)
        shown.button("Remove filter: Is not an add-on").click()
        expect(chip).to_have_count(1)
        assert json.loads(editor.input_value()) == name

        editor.fill(json.dumps({**name, "memberPolicy": {"in": ["manual"]}, "NOT": {"id": "x"}}))
        expect(chip).to_have_count(1)
        editor.press("Control+Enter")
        expect(chip).to_have_text(
            [
                "Integration name contains chat✕",
                "Member policy is one of Chosen by hand✕",
                '{"NOT":{"id":"x"}}✕',
            ]
        )
        expect(shown.page.locator(".empty")).to_contain_text("No install matches.")
        checked(shown, "no-match")
        shown.button("Clear filters").click()
        expect(shown.rows).to_have_count(25)
        expect(editor).to_have_value("")


def test_what_is_wrong_with_a_filter_is_marked_at_its_place(stack: Stack, browser: Browser) -> None:
    wrong = {"memberPolicy": "manual", "OR": [{"id": "a"}, {rows.MARKUP: {"eq": 1}}]}
    with console(stack, browser) as shown:
        shown.button("JSON").click()
        editor = shown.page.get_by_label("Filter", exact=True)
        issues = shown.page.locator("#filter-json-issues, #filter-issues")
        editor.fill("{")
        expect(issues).to_contain_text("Not JSON")
        expect(shown.button("Apply")).to_be_disabled()

        editor.fill(json.dumps(wrong))
        shown.button("Apply").click()
        expect(issues).to_contain_text("<img src=x")
        expect(editor).to_be_focused()
        expect(editor).to_have_attribute("aria-invalid", "true")
        marked = "(box) => box.value.slice(box.selectionStart, box.selectionEnd)"
        assert json.loads(f"{{{editor.evaluate(marked)}}}") == {rows.MARKUP: {"eq": 1}}
        expect(shown.rows).to_have_count(25)
        checked(shown, "filter-refused")

        shown.button("Clear filters").click()
        expect(issues).to_be_empty()
        expect(shown.page).to_have_title("Integration Installs: console")


def test_heads_sort(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, fragment=IN_DOCK) as shown:
        head = shown.page.get_by_role("columnheader", name="Installed", exact=True)
        expect(head).to_have_attribute("aria-sort", "descending")
        assert shown.ids()[0] == "ins_dock_30"
        head.get_by_role("button").click()
        expect(head).to_have_attribute("aria-sort", "ascending")
        expect(shown.rows.first).to_have_attribute("data-id", "ins_dock_01")
        shown.page.reload()
        expect(shown.rows.first).to_have_attribute("data-id", "ins_dock_01")

        # by the name of the integration, which is in another row
        shown.page.get_by_label("Workspace", exact=True).select_option("")
        head = shown.page.get_by_role("columnheader", name="Integration", exact=True)
        head.get_by_role("button").click()
        expect(shown.names.first).to_have_text(rows.MARKUP)
        head.get_by_role("button").click()
        expect(head).to_have_attribute("aria-sort", "descending")
        expect(shown.names.first).to_have_text("Mailer")


def test_the_page_keeps_its_place(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, fragment=f"{IN_DOCK}&limit=10") as shown:
        expect(shown.position).to_have_text("1-10 of 30")
        expect(shown.button("Previous")).to_be_disabled()
        shown.button("Next").click()
        expect(shown.position).to_have_text("11-20 of 30")
        shown.button("Next").click()
        expect(shown.position).to_have_text("21-30 of 30")
        expect(shown.button("Next")).to_be_disabled()
        last = shown.ids()

        # when it is reloaded, and opened as a link
        shown.page.reload()
        expect(shown.position).to_have_text("21-30 of 30")
        assert shown.ids() == last
        link = shown.page.url
        assert "eyJ" not in link.partition("after=")[0]
        with console(stack, browser, fragment=link.partition("#")[2]) as other:
            expect(other.position).to_have_text("21-30 of 30")
            assert other.ids() == last
            other.button("Previous").click()
            expect(other.position).to_have_text("11-20 of 30")

        shown.button("Previous").click()
        expect(shown.position).to_have_text("11-20 of 30")
        shown.page.go_back()
        expect(shown.position).to_have_text("21-30 of 30")

        # given that the rows of the page are gone: the way back is kept
        shown.page.route("**/integration-installs?*", _without_rows)
        shown.page.reload()
        expect(shown.page.locator(".empty")).to_contain_text("no rows any more")
        shown.page.unroute_all()
        shown.button("Previous").click()
        expect(shown.position).to_have_text("11-20 of 30")


def _without_rows(route: Route) -> None:
    info = {"total": 20, "hasNextPage": False, "hasPreviousPage": True}
    answer(route, 200, {"data": [], "pageInfo": info, "included": {}})


def test_rows_and_density_are_kept(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, fragment=IN_DOCK) as shown:
        tall = shown.rows.first.bounding_box()
        shown.page.get_by_label("Rows").select_option("10")
        shown.page.get_by_label("Density").select_option("Compact")
        expect(shown.rows).to_have_count(10)
        shown.page.goto(shown.page.url.partition("#")[0] + "#")
        shown.page.reload()
        expect(shown.rows).to_have_count(10)
        low = shown.rows.first.bounding_box()
        assert tall is not None
        assert low is not None
        assert low["height"] < tall["height"]
        checked(shown, "compact")


@pytest.mark.parametrize("user", ["usr_vic", "usr_nora"])
def test_an_empty_list_tells_the_next_step(stack: Stack, browser: Browser, user: str) -> None:
    with console(stack, browser, user, "q=no-such-name" if user == "usr_vic" else "") as shown:
        if user == "usr_vic":
            expect(shown.page.locator(".empty")).to_contain_text("No install matches.")
            shown.button("Clear the search").click()
            expect(shown.rows).to_have_count(25)
        else:
            expect(shown.page.locator(".empty")).to_contain_text("no role in any workspace")
            checked(shown, "no-role")


def test_hostile_text_stays_text(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, fragment="q=ins_markup&install=ins_markup") as shown:
        shown.shows(rows.MARKUP)
        expect(shown.panel.locator("pre")).to_contain_text("<img src=x onerror=")
        assert shown.page.locator("main img, main script").count() == 0
        expect(shown.page).to_have_title("Integration Installs: console")


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1440, 1920])
def test_every_width_scrolls_one_way(stack: Stack, browser: Browser, width: int) -> None:
    screen = {"width": width, "height": 800}
    with console(stack, browser, fragment="q=harbor", viewport=screen) as shown:
        assert shown.overflow() <= 0
        shown.names.first.click()
        expect(shown.panel.locator("h2")).to_be_visible()
        assert shown.overflow() <= 0


def test_another_caller_sees_nothing_of_the_one_before(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, fragment=f"workspace_id={console_rows.HARBOR}") as shown:
        counts = shown.page.locator(".views .count")
        expect(counts.nth(1)).not_to_have_text("0")
        facet = shown.page.get_by_label("Workspace", exact=True)
        facet.hover()
        expect(facet).to_contain_text("Dock (30)")
        shown.page.get_by_label("Act as").select_option(console_rows.NOBODY)
        expect(shown.page.locator(".empty")).to_be_visible()
        expect(counts).to_have_text(["0", "0"])
        expect(facet).not_to_contain_text("Dock")


def test_a_phone_has_one_button_for_filters_and_one_for_help(
    stack: Stack, browser: Browser
) -> None:
    with console(stack, browser, viewport=PHONE, has_touch=True) as shown:
        workspace = shown.page.get_by_label("Workspace", exact=True)
        expect(workspace).to_be_hidden()
        expect(shown.page.get_by_label("Act as")).to_be_hidden()
        filters = shown.page.get_by_role("button", name="Filter and sort")
        filters.tap()
        workspace.select_option(console_rows.DOCK)
        expect(shown.position).to_have_text("1-25 of 30")
        expect(filters).to_have_text("Filter and sort1")
        shown.page.get_by_label("Sort").select_option("Installed, oldest first")
        expect(shown.rows.first).to_have_attribute("data-id", "ins_dock_01")
        checked(shown, "phone-filters")
        shown.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        filters.tap()
        expect(workspace).to_be_hidden()

        shown.button("Menu").tap()
        expect(shown.page.get_by_label("Act as")).to_contain_text("admin of Dock and 1 more")
        checked(shown, "phone-menu")
        shown.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        shown.button("Help").tap()
        expect(shown.dialog).to_contain_text("Within ten seconds of an uninstall")
        expect(shown.dialog).to_be_focused()
        expect(shown.dialog).to_contain_text("Keyboard shortcuts")
        shown.dialog.get_by_role("button", name="Close").tap()
        expect(shown.dialog).to_have_count(0)
