"""Changes by the console: uninstall, undo, restore, purge (CONTRACT.md sections 4 to 7)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from playwright.sync_api import expect

from tests import console_rows
from tests.e2e.console import API, Calls, answer, checked, console, problem

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

    from tests.e2e.conftest import Stack

HARBOR: Final = f"workspace_id={console_rows.HARBOR}"
TRASH: Final = f"{HARBOR}&include_deleted=only"
CANCELS_AND_CLICKS: Final = """(name) => {
  document.querySelector("dialog").close();
  document.querySelector(`[aria-label="${name}"]`).click();
}"""
"""A dialog that is closed, and a button that is clicked, before any event is told."""


def test_details_are_beside_the_list_at_their_own_address(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, "usr_eddy", f"{HARBOR}&q=ledger") as shown:
        expect(shown.page.locator(".views .count").nth(1)).not_to_be_empty()
        calls = Calls(shown.page)
        shown.row("ins_books").locator(".name a").click()
        panel = shown.panel
        expect(panel).to_be_focused()
        expect(panel.locator("h2")).to_have_text("Ledger Books")
        expect(panel).to_contain_text("Harbor · 1.4.0")
        expect(panel.locator(".members li")).to_have_count(3)
        expect(panel.locator(".members")).to_contain_text("Detached")
        expect(panel.locator(".members")).to_contain_text("Disabled")
        expect(panel.locator(".tree").first).to_contain_text("Mailer")
        expect(panel.locator(".tree .tree")).to_contain_text("Chatter")
        assert len(calls.taken()) == 2
        checked(shown, "details")

        panel.locator(".tree .tree").get_by_role("link", name="Chatter").click()
        expect(panel.locator("h2")).to_have_text("Chatter")
        expect(panel).to_contain_text("Add-on of")
        shown.page.reload()
        expect(panel.locator("h2")).to_have_text("Chatter")
        shown.page.go_back()
        expect(panel.locator("h2")).to_have_text("Ledger Books")
        shown.page.keyboard.press("Escape")
        expect(panel).to_have_count(0)
        expect(shown.row("ins_books").locator(".name a")).to_be_focused()


def test_a_reader_uninstalls_sees_what_follows_and_undoes_it(
    stack: Stack, browser: Browser
) -> None:
    with console(stack, browser, "usr_eddy", HARBOR) as shown:
        shown.search.fill("undone")
        shown.shows("Ledger Books")
        shown.button("Uninstall Ledger Books in Harbor").click()
        expect(shown.dialog).to_contain_text("3 members")
        expect(shown.dialog).to_contain_text("2 add-ons with their members: ")
        expect(shown.dialog).to_contain_text("the solution “Office of undone”")
        expect(shown.dialog).to_contain_text("It can be restored for 7 days, until")
        checked(shown, "uninstall")
        shown.dialog.get_by_role("button", name="Cancel").click()
        expect(shown.button("Uninstall Ledger Books in Harbor")).to_be_focused()

        shown.page.keyboard.press("Enter")
        expect(shown.dialog).to_contain_text("3 members")
        # what comes before the browser tells of a dialog's end opens another, which stays
        shown.page.evaluate(CANCELS_AND_CLICKS, "Uninstall Ledger Books in Harbor")
        expect(shown.dialog).to_contain_text("3 members")
        with shown.page.expect_request(API, timeout=5_000):
            shown.dialog.get_by_role("button", name="Uninstall").click()
        expect(shown.toast).to_contain_text("Uninstalled Ledger Books in Harbor.")
        expect(shown.page.locator(".empty")).to_contain_text("No install matches.")
        expect(shown.button("Show 1 in the trash")).to_be_visible()
        assert _deleted(stack, "ins_undone_mail_chat")

        shown.toast.get_by_role("button", name="Show").click()
        expect(shown.panel).to_contain_text("In the trash")
        expect(shown.panel.locator(".members li")).to_have_count(3)
        shown.page.keyboard.press("Escape")
        shown.toast.get_by_role("button", name="Undo").click()
        shown.shows("Ledger Books")
        expect(shown.toast).to_have_text("Restored Ledger Books in Harbor.✕")
        checked(shown, "restored")
        assert stack.eventually(lambda: not _deleted(stack, "ins_undone_mail_chat"))


def test_a_solution_that_others_are_in_stays(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, "usr_eddy", f"{HARBOR}&install=ins_books") as shown:
        shown.panel.get_by_role("button", name="Uninstall Ledger Books in Harbor").click()
        expect(shown.dialog).to_contain_text(
            "Solution “Office of books” stays, since Formular 表 is in it."
        )


def test_progress_is_in_the_row_until_all_has_followed(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, "usr_eddy", f"{HARBOR}&q=ins_stays") as shown:
        slow = {"total": 2, "data": list[object]()}

        def still(route: Route) -> None:
            history = {"data": [{"kind": "uninstalled"}, {"kind": "settled"}]}
            included = {"members": slow, "addOns": slow, "history": history}
            body = {"id": "ins_stays", "included": included}
            answer(route, 200, body)

        shown.button("Uninstall Formular 表 in Harbor").click()
        expect(shown.dialog.get_by_role("button", name="Uninstall")).to_be_enabled()
        polls = re.compile(r"ins_stays\?include=members,addOns,history$")
        shown.page.route(polls, still)
        shown.dialog.get_by_role("button", name="Uninstall").click()
        note = shown.page.locator(".note")
        expect(note).to_contain_text("Moving to the trash: 4 members and add-ons to go")
        expect(shown.button("Uninstall Formular 表 in Harbor")).to_be_disabled()
        checked(shown, "progress")
        shown.page.unroute(polls)
        expect(shown.rows).to_have_count(0)

        # then the trash says who did it, and what followed
        shown.view("Trash")
        expect(shown.row("ins_stays")).to_contain_text("by Eddy")
        shown.names.first.click()
        expect(shown.panel.locator(".banner")).to_contain_text(
            "by Eddy. Deleted for good in 7 days"
        )
        activity = shown.panel.locator(".activity li")
        expect(activity).to_have_text([re.compile("^Uninstalled by Eddy"), re.compile("^Imported")])
        checked(shown, "activity")


def test_the_trash_is_grouped_and_only_the_parent_is_restored(
    stack: Stack, browser: Browser
) -> None:
    with console(stack, browser, "usr_eddy", TRASH) as shown:
        at = [id_ for id_ in shown.ids() if id_.startswith("ins_old")]
        assert at == ["ins_old", "ins_old_mail", "ins_old_mail_chat"]
        expect(shown.row("ins_old")).to_contain_text("yesterday")
        expect(shown.row("ins_old")).to_contain_text("in 6 days")
        expect(shown.row("ins_old_mail")).to_contain_text("Restored with Ledger Books")
        expect(shown.row("ins_old_mail").get_by_role("checkbox")).to_have_count(0)
        expect(shown.page.locator(".by:empty")).to_have_count(0)
        checked(shown, "trash")

        calls = Calls(shown.page)
        shown.row("ins_old").locator(".name a").click()
        expect(shown.panel).to_contain_text("Uninstalled yesterday")
        members = shown.panel.locator(".members li")
        expect(members).to_have_text([re.compile("In the trash$")] * 3)
        expect(members.nth(2)).to_contain_text("Detached")
        expect(shown.panel.locator(".tree").first).to_contain_text("Mailer")
        expect(shown.panel.locator(".tree .tree")).to_contain_text("Chatter")
        details, tree = calls.taken()
        assert (details["path"], details["include_deleted"]) == ("/ins_old", "only")
        assert (tree["path"], tree["include_deleted"]) == ("", "true")
        checked(shown, "details-in-trash")
        shown.panel.get_by_role("button", name="Restore Ledger Books in Harbor").click()
        expect(shown.row("ins_old")).to_have_count(0)
        expect(shown.row("ins_old_mail_chat")).to_have_count(0)
        expect(shown.panel.locator(".state")).to_have_text("Installed")
        assert not _deleted(stack, "ins_old_mail_chat")
        activity = shown.panel.locator(".activity li")
        expect(activity.first).to_contain_text("5 members, add-ons and solutions came back")


def test_a_purge_wants_the_name_typed(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, fragment=f"{TRASH}&q=ins_purge_0") as shown:
        shown.button("Delete for good Chatter in Harbor").click()
        purge = shown.dialog.get_by_role("button", name="Delete for good")
        expect(purge).to_be_disabled()
        shown.dialog.get_by_role("textbox").fill("Chat")
        expect(purge).to_be_disabled()
        checked(shown, "purge")
        shown.dialog.get_by_role("textbox").fill("Chatter")
        purge.click()
        expect(shown.toast).to_contain_text("Deleted for good: Chatter in Harbor.")
        expect(shown.rows).to_have_count(0)
        with stack.as_user("usr_cora") as cora:
            assert cora.get("/integration-installs/ins_purge_0").status_code == 404


def test_a_late_answer_leaves_what_is_open_since(stack: Stack, browser: Browser) -> None:
    late: list[Route] = []
    with console(stack, browser, fragment=f"{HARBOR}&install=ins_purge_1") as shown:
        shown.page.route("**/purge", lambda route: late.append(route))
        shown.panel.get_by_role("button", name="Delete for good").click()
        shown.dialog.get_by_role("textbox").fill("Chatter")
        shown.dialog.get_by_role("button", name="Delete for good").click()
        shown.row("ins_books").locator(".name a").click()
        expect(shown.panel.locator("h2")).to_have_text("Ledger Books")
        (route,) = late
        answer(route, 200, {"success": True})
        expect(shown.toast).to_contain_text("Deleted for good")
        expect(shown.panel.locator("h2")).to_have_text("Ledger Books")


def test_several_at_once_with_a_summary_of_what_failed(stack: Stack, browser: Browser) -> None:
    refused = problem(409, "Conflict", "Another request changes it.")
    with console(stack, browser, fragment=f"{HARBOR}&q=chatter") as shown:
        for number in range(3):
            shown.row(f"ins_bulk_{number}").get_by_role("checkbox").check()
        expect(shown.page.locator(".selection")).to_contain_text("3 installs selected")
        checked(shown, "selected")
        shown.button("Uninstall all…").click()
        expect(shown.dialog).to_contain_text("Uninstall 3 installs?")
        expect(shown.dialog.locator(".names li")).to_have_count(3)
        expect(shown.dialog).to_contain_text("no members")
        one = re.compile(r"/ins_bulk_1$")
        shown.page.route(one, lambda route: answer(route, 409, refused))
        shown.dialog.get_by_role("button", name="Uninstall", exact=True).click()
        summary = shown.page.locator(".plate")
        expect(summary).to_contain_text("1 of 3 installs was not uninstalled")
        expect(summary).to_contain_text("Chatter in Harbor: Another request changes it.")
        expect(shown.toast).to_contain_text("Uninstalled 2 installs.")
        expect(shown.row("ins_bulk_0")).to_have_count(0)
        note = shown.page.locator(".note")
        expect(note).to_contain_text("Request req-93c371a4")
        checked(shown, "summary")

        shown.page.unroute(one)
        note.get_by_role("button", name="Try again").click()
        expect(shown.row("ins_bulk_1")).to_have_count(0)

        shown.view("Trash")
        expect(shown.row("ins_bulk_1")).to_be_visible()
        for number in range(3):
            shown.row(f"ins_bulk_{number}").get_by_role("checkbox").check()
        shown.button("Restore all").click()
        expect(shown.row("ins_bulk_0")).to_have_count(0)
        expect(shown.row("ins_bulk_2")).to_have_count(0)


def test_nobody_sees_a_button_that_would_be_refused(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, "usr_vic", f"{HARBOR}&install=ins_books") as shown:
        expect(shown.panel.locator("h2")).to_have_text("Ledger Books")
        expect(
            shown.page.get_by_role("button", name=re.compile("^(Uninstall|Delete)"))
        ).to_have_count(0)
        expect(shown.rows.get_by_role("checkbox")).to_have_count(0)
        shown.view("Trash")
        expect(shown.row("ins_purge_1")).to_be_visible()
        expect(shown.page.get_by_role("button", name=re.compile("^Restore "))).to_have_count(0)

    with console(stack, browser, "usr_eddy", f"{TRASH}&q=ins_purge_1") as shown:
        expect(shown.button("Restore Chatter in Harbor")).to_be_visible()
        expect(shown.button("Delete for good Chatter in Harbor")).to_have_count(0)


def test_a_role_that_is_unknown_is_learnt_from_the_refusal(stack: Stack, browser: Browser) -> None:
    with console(stack, browser, fragment=f"{HARBOR}&q=ins_books") as shown:
        shown.page.get_by_label("Act as").select_option("")
        shown.dialog.get_by_label("Base URL").fill(stack.running.base_url)
        shown.dialog.get_by_label("Token or API key").fill(stack.running.tokens["usr_vic"])
        checked(shown, "token")
        shown.dialog.get_by_role("button", name="Sign in").click()
        button = shown.row("ins_books").get_by_role("button")
        button.click()
        shown.dialog.get_by_role("button", name="Uninstall").click()
        note = shown.page.locator(".note")
        expect(note).to_contain_text("You need the role editor in Harbor.")
        checked(shown, "refused")
        expect(button).to_have_count(0)
        note.get_by_role("button", name="Dismiss").click()
        expect(note).to_have_count(0)
        shown.search.fill("")
        shown.view("Trash")
        expect(shown.row("ins_purge_1")).to_be_visible()
        expect(shown.rows.get_by_role("button")).to_have_count(0)
        assert (
            shown.page.evaluate("JSON.stringify(localStorage) + document.cookie").count("eyJ") == 0
        )


def _deleted(stack: Stack, install_id: str) -> bool:
    with stack.as_user("usr_cora") as cora:
        deleted: bool = (
            cora.get(f"/integration-installs/{install_id}").json()["deletedAt"] is not None
        )
        return deleted
