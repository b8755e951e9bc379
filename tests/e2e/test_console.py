"""The console by clicks and by keys, on the local stack (CONTRACT.md sections 2 to 9)."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from tests import rows
from tests.e2e.browser import barriers, watched_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

    from tests.e2e.conftest import Stack

TO_PAGE_THROUGH: Final = {"variables": {"path": ["pages"], "eq": True}}
FOLLOWING: Final = re.compile("Waiting for its members, add-ons and solution…$")
SETTLED: Final = re.compile(r"with its members, add-ons and solution\.$")


class Console:
    """The console on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.rows = page.locator("#rows tr")
        self.status = page.get_by_role("status")
        self.problem = page.get_by_role("alert")
        self.json = page.get_by_label("As JSON")
        self.details = page.locator("#details")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def ids(self) -> list[str]:
        return self.page.locator("#rows .link").all_inner_texts()

    def filter_by(self, wanted: object) -> None:
        if not self.json.is_visible():
            self.page.locator("#filter-panel summary").click()
        self.json.fill(wanted if isinstance(wanted, str) else json.dumps(wanted))
        self.button("Apply").click()

    def sort(self, direction: str) -> None:
        """Add the first sort field of a sort, which is applied with the filter."""
        self.page.locator("#order-panel summary").click()
        self.button("Add a sort field").click()
        self.page.get_by_label("Sort field 1: direction").select_option(direction)

    def view(self, name: str) -> None:
        self.page.locator(".views").get_by_text(name, exact=True).click()

    def confirm(self, name: str) -> None:
        self.page.locator("#confirm").get_by_role("button", name=name, exact=True).click()

    def shows(self, *ids: str) -> None:
        expect(self.page.locator("#rows .link")).to_have_text(list(ids))


@contextmanager
def console(
    stack: Stack, browser: Browser, user: str = "usr_ada", **context: object
) -> Iterator[Console]:
    with watched_page(browser, **context) as page:
        page.goto(f"{stack.running.pages_url}/console/")
        page.get_by_label("Act as").select_option(user)
        made = Console(page)
        expect(made.status).to_contain_text("match")
        yield made


def family(name: str) -> dict[str, object]:
    """A filter that finds an install and its add-on."""
    return {"OR": [{"id": f"ins_{name}"}, {"parentInstallId": f"ins_{name}"}]}


def test_the_builder_of_filters_and_of_orders(stack: Stack, browser: Browser) -> None:
    with console(stack, browser) as shown:
        shown.page.locator("#filter-panel summary").click()
        shown.button("Add a condition").click()
        shown.page.get_by_label("Condition 1: field").select_option("installedAt")
        shown.page.get_by_label("Condition 1: value").fill("2026-03-29")
        shown.sort("asc")
        shown.button("Apply").click()
        shown.shows("ins_page_29", "ins_page_30")
        assert json.loads(shown.json.input_value()) == {
            "installedAt": {"gte": "2026-03-29T00:00:00Z"}
        }

        shown.button("Add a condition").click()
        shown.page.get_by_label("Condition 2: field").select_option("upgraded")
        shown.button("Apply").click()
        shown.shows("ins_page_30")
        shown.button("Remove condition 2").click()

        shown.page.get_by_label("Sort field 1: field").select_option("lastUpgradedAt")
        shown.page.get_by_label("Sort field 1: direction").select_option("desc_nulls_first")
        shown.button("Add a sort field").click()
        shown.filter_by(TO_PAGE_THROUGH)
        expect(shown.page.locator("#total")).to_have_text("25 of 30")
        assert shown.ids()[:2] == ["ins_page_29", "ins_page_27"]
        assert shown.ids()[15:17] == ["ins_page_30", "ins_page_28"]

        shown.button("Reset").click()
        expect(shown.page.locator("#filter-count")).to_be_empty()
        assert shown.json.input_value() == ""


def test_a_condition_is_added_to_the_filter_that_was_typed(stack: Stack, browser: Browser) -> None:
    with console(stack, browser) as shown:
        shown.filter_by("{")
        expect(shown.button("Add a condition")).to_be_disabled()
        shown.filter_by(TO_PAGE_THROUGH)
        shown.button("Add a condition").click()
        shown.page.get_by_label("Condition 1: field").select_option("installedAt")
        shown.page.get_by_label("Condition 1: value").fill("2026-03-29")
        shown.button("Apply").click()
        expect(shown.rows).to_have_count(2)
        added = {"installedAt": {"gte": "2026-03-29T00:00:00Z"}}
        assert json.loads(shown.json.input_value()) == {"AND": [TO_PAGE_THROUGH, added]}

        shown.filter_by(added)
        expect(shown.page.get_by_label("Condition 1: field")).to_have_count(0)


def test_a_reload_and_a_link_ask_the_same(stack: Stack, browser: Browser) -> None:
    with console(stack, browser) as shown:
        shown.sort("asc")
        shown.page.get_by_label("Rows").select_option("10")
        shown.filter_by(TO_PAGE_THROUGH)
        expect(shown.page.locator("#total")).to_have_text("10 of 30")
        first = shown.ids()

        shown.page.reload()
        expect(shown.page.locator("#total")).to_have_text("10 of 30")
        assert shown.ids() == first
        assert json.loads(shown.json.input_value()) == TO_PAGE_THROUGH
        expect(shown.page.get_by_label("Sort field 1: direction")).to_have_value("asc")

        # given a link that somebody typed, and not all of it well
        shown.page.goto(f"{shown.page.url.partition('#')[0]}#limit=7&orderBy=x&workspace_id=wsp_no")
        expect(shown.page.locator("#total")).to_have_text("0 of 0")
        expect(shown.page.get_by_label("Workspace")).to_have_value("wsp_no")
        expect(shown.page.get_by_label("Rows")).to_have_value("25")
        assert "eyJ" not in shown.page.url


def test_what_is_wrong_with_a_filter_is_shown_at_its_place(stack: Stack, browser: Browser) -> None:
    wrong = {"memberPolicy": "manual", "OR": [{"id": "a"}, {rows.MARKUP: {"eq": 1}}]}
    with console(stack, browser) as shown:
        shown.filter_by(wrong)

        expect(shown.problem).to_contain_text("invalid_filter")
        expect(shown.json).to_be_focused()
        expect(shown.json).to_have_attribute("aria-invalid", "true")
        place = shown.page.locator("#filter-problems .place")
        expect(place).to_have_count(1)
        expect(shown.page.locator("#filter-problems")).to_contain_text("<img src=x")
        marked = "(box) => box.value.slice(box.selectionStart, box.selectionEnd)"
        assert shown.json.evaluate(marked) == f'{json.dumps(rows.MARKUP)}: {{"eq": 1}}'
        expect(shown.rows).to_have_count(0)

        shown.filter_by("{")
        expect(shown.problem).to_contain_text("400")
        shown.filter_by("")
        expect(shown.problem).to_be_hidden()
        expect(shown.page).to_have_title("Integration Installs: console")


def test_pages_forward_and_back(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, "usr_vera") as shown:
        shown.filter_by(TO_PAGE_THROUGH)
        shown.page.get_by_label("Rows").select_option("10")
        expect(shown.page.locator("#total")).to_have_text("10 of 30")
        expect(shown.button("Previous")).to_be_disabled()
        first = shown.ids()
        shown.button("Next").click()
        expect(shown.page.locator("#rows .link").first).to_have_text("ins_page_20")
        shown.button("Next").click()
        expect(shown.page.locator("#rows .link").first).to_have_text("ins_page_10")
        expect(shown.button("Next")).to_be_disabled()
        shown.button("Previous").click()
        expect(shown.page.locator("#rows .link").first).to_have_text("ins_page_20")
        shown.button("Previous").click()
        shown.shows(*first)


def test_an_uninstall_is_seen_to_take_its_add_on_and_a_restore_to_bring_it_back(
    stack: Stack, browser: Browser
) -> None:
    with console(stack, browser, "usr_ed") as shown:
        shown.filter_by(family("console"))
        expect(shown.rows).to_have_count(2)
        shown.button("ins_console").click()
        expect(shown.details).to_contain_text("some enabled, some disabled, some detached")
        expect(shown.details.locator("pre")).to_contain_text(rows.VALUE)

        shown.details.get_by_role("button", name="Uninstall ins_console").click()
        shown.confirm("Uninstall")
        expect(shown.details.locator(".state")).to_have_text("In the trash")
        expect(shown.details).to_contain_text("ins_console_addon in the trash")
        expect(shown.details.locator(".relatives")).to_contain_text("some in the trash")
        expect(shown.status).to_have_text(SETTLED)
        shown.button("Close").click()
        expect(shown.rows).to_have_count(0)

        shown.view("Trash")
        expect(shown.rows).to_have_count(2)
        shown.button("Restore ins_console_addon").click()
        expect(shown.problem).to_contain_text("parent_deleted")
        expect(shown.rows).to_have_count(2)

        asked = re.compile("addOns.*deletedAt")
        still = {"data": [], "pageInfo": {"total": 1}}
        allowed = {"Access-Control-Allow-Origin": stack.running.pages_url}
        shown.page.route(asked, lambda route: route.fulfill(json=still, headers=allowed))
        with shown.page.expect_request(asked):
            shown.button("Restore ins_console").click()
        with shown.page.expect_request(asked):
            expect(shown.status).to_have_text(FOLLOWING)
        shown.page.unroute(asked)
        expect(shown.status).to_have_text(SETTLED)
        expect(shown.rows).to_have_count(0)
        shown.view("Installed")
        expect(shown.rows).to_have_count(2)
        expect(shown.problem).to_be_hidden()


def test_a_purge_asks_first(stack: Stack, browser: Browser) -> None:
    with console(stack, browser) as shown, stack.as_user("usr_ada") as ada:
        ada.delete("/integration-installs/ins_purged")
        shown.view("Trash")
        shown.filter_by({"id": "ins_purged"})
        shown.button("Purge ins_purged").click()
        shown.confirm("Cancel")
        assert ada.get("/integration-installs/ins_purged").status_code == 200

        shown.button("Purge ins_purged").click()
        shown.confirm("Purge for good")
        expect(shown.status).to_have_text("Purged ins_purged.")
        expect(shown.rows).to_have_count(0)
        assert ada.get("/integration-installs/ins_purged").status_code == 404


def test_a_viewer_is_told_what_is_missing(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, "usr_vera") as shown:
        shown.filter_by({"id": "ins_page_07"})
        shown.button("Uninstall ins_page_07").click()
        shown.confirm("Uninstall")

        expect(shown.problem).to_contain_text("Forbidden")
        expect(shown.problem).to_contain_text("role editor")
        shown.shows("ins_page_07")


def test_another_token_is_kept_in_the_tab_and_a_bad_one_told(
    stack: Stack, browser: Browser
) -> None:
    with console(stack, browser) as shown:
        for token, said in [("sec_nobody", "Unauthorized"), ("", "")]:
            shown.button("Token…").click()
            box = shown.page.get_by_label("Token or API key")
            box.fill(token or stack.running.tokens["usr_sam"])
            shown.button("Use").click()
            if said:
                expect(shown.problem).to_contain_text(said)
        expect(shown.status).to_have_text("0 installs match.")
        shown.page.reload()
        expect(shown.status).to_have_text("0 installs match.")
        assert shown.page.evaluate("localStorage.length + document.cookie.length") == 0


def test_where_no_user_is_known_a_token_is_asked_for(stack: Stack, browser: Browser) -> None:
    with watched_page(browser) as page:
        page.route("**/stack.json", lambda route: route.fulfill(status=404))
        page.goto(f"{stack.running.pages_url}/console/")
        shown = Console(page)
        shown.button("Cancel").click()
        expect(shown.problem).to_contain_text("The API needs a token.")

        shown.button("Apply").click()
        expect(shown.problem).to_contain_text("Choose another user or token.")
        shown.button("Token…").click()
        page.get_by_label("Base URL").fill(stack.running.base_url)
        page.get_by_label("Token or API key").fill(stack.running.tokens["usr_vera"])
        shown.button("Use").click()
        expect(shown.status).to_contain_text("match")
        expect(shown.problem).to_be_hidden()


def test_hostile_text_stays_text(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, "usr_vera") as shown:
        shown.filter_by({"id": "ins_hostile"})
        shown.button("ins_hostile").click()

        expect(shown.details.locator("pre")).to_contain_text("<img src=x onerror=")
        expect(shown.details.locator("pre")).to_contain_text("</pre><script>")
        assert shown.details.locator("img, script").count() == 0
        expect(shown.page).to_have_title("Integration Installs: console")


def go_to(page: Page, name: str, *, backwards: bool = False) -> None:
    """Press Tab until the focus is on what has the name."""
    said = "((it) => it.ariaLabel || it.labels?.[0]?.textContent || it.textContent.trim())"
    for _ in range(90):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if page.evaluate(f"{said}(document.activeElement)") == name:
            return
    pytest.fail(f"the keyboard does not reach {name}")


def test_all_by_keyboard(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, "usr_ed") as shown:
        keyboard = shown.page.keyboard
        shown.page.evaluate("document.activeElement.blur()")
        go_to(shown.page, "Filter")
        keyboard.press("Enter")
        go_to(shown.page, "Add a condition")
        keyboard.press("Tab")
        expect(shown.json).to_be_focused()
        keyboard.insert_text(json.dumps(family("keyboard")))
        go_to(shown.page, "Apply")
        keyboard.press("Enter")
        expect(shown.rows).to_have_count(2)

        go_to(shown.page, "ins_keyboard")
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert shown.page.evaluate(outline) == "solid"
        keyboard.press("Enter")
        expect(shown.details).to_be_visible()
        keyboard.press("Escape")
        expect(shown.details).to_be_hidden()
        expect(shown.button("ins_keyboard")).to_be_focused()

        go_to(shown.page, "Uninstall ins_keyboard")
        keyboard.press("Enter")
        expect(shown.button("Cancel")).to_be_focused()
        keyboard.press("Escape")
        expect(shown.button("Uninstall ins_keyboard")).to_be_focused()
        keyboard.press("Enter")
        go_to(shown.page, "Uninstall")
        keyboard.press("Enter")
        expect(shown.status).to_have_text(SETTLED)
        expect(shown.rows).to_have_count(0)

        go_to(shown.page, "Installed", backwards=True)
        keyboard.press("ArrowRight")
        expect(shown.rows).to_have_count(2)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_no_barrier(stack: Stack, browser: Browser, colours: str) -> None:
    with console(stack, browser, color_scheme=colours) as shown:
        shown.page.locator("#order-panel summary").click()
        shown.button("Add a sort field").click()
        shown.page.locator("#filter-panel summary").click()
        shown.button("Add a condition").click()
        assert barriers(shown.page) == []

        shown.filter_by({"memberPolicy": {"eqq": 1}})
        expect(shown.problem).to_be_visible()
        assert barriers(shown.page) == []

        shown.view("Both")
        shown.filter_by({"id": "ins_hostile"})
        shown.button("ins_hostile").click()
        expect(shown.details).to_be_visible()
        assert barriers(shown.page) == []
        shown.details.get_by_role("button", name="Uninstall ins_hostile").click()
        assert barriers(shown.page) == []


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_narrow_screen_scrolls_one_way(stack: Stack, browser: Browser, colours: str) -> None:
    screen = {"width": 360, "height": 740}
    with console(stack, browser, viewport=screen, color_scheme=colours) as shown:
        overflow = "document.documentElement.scrollWidth - innerWidth"
        shown.page.locator("#filter-panel summary").click()
        shown.button("Add a condition").click()
        shown.page.locator("#order-panel summary").click()
        shown.button("Add a sort field").click()
        assert shown.page.evaluate(overflow) <= 0

        shown.filter_by({"memberPolicy": {"an_operator_without_any_space_in_its_long_name": 1}})
        expect(shown.problem).to_be_visible()
        assert shown.page.evaluate(overflow) <= 0
        shown.button("Reset").click()
        expect(shown.rows).to_have_count(25)
        assert shown.page.evaluate(overflow) <= 0

        shown.filter_by({"id": "ins_hostile"})
        shown.button("ins_hostile").click()
        expect(shown.details).to_be_visible()
        box = shown.details.bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= screen["width"]
        ground = shown.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 30)"}[colours]
