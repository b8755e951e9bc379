"""The pictures of the README: `python -m tests.e2e.pictures`, while `make run` has the demo's rows.

They are taken anew when the console looks different.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Final

from playwright.sync_api import expect

from tests.e2e.browser import running_browser
from tests.e2e.console import Console, as_user
from tools.local.paths import DEFAULT_STATE, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

IMAGES: Final = ROOT / "docs" / "images"
INSTALL: Final = "ins_crm"
CAPTIONS: Final = (
    "1. What goes is counted, and until when it can be restored",
    "2. What belongs to it follows within seconds; Undo brings all of it back",
    "3. Other services hear of it, and the history says who did it",
)
TOP: Final = 330
"""The height of the panel's part that is shown."""
MARGIN: Final = 14
STYLE: Final = """
body { margin: 0; padding: 24px; background: #fff; color: #1b222c; }
body { font: 15px/1.45 "Open Sans", sans-serif; }
main { display: grid; grid-template-columns: repeat(3, 1fr); gap: 24px; align-items: start; }
figure { margin: 0; } figcaption { font-weight: 600; min-height: 3em; }
img, pre { max-width: 100%; box-sizing: border-box; border: 1px solid #dfe3e8; border-radius: 8px; }
pre { margin: 0; padding: 12px; background: #f6f7f9; overflow: hidden; }
pre { font: 11px/1.5 "DejaVu Sans Mono", monospace; }
img + img, img + pre { margin-top: 12px; }
"""


def main() -> None:
    """Take the pictures of the running local system."""
    stack = json.loads((DEFAULT_STATE / "stack.json").read_text(encoding="utf-8"))
    IMAGES.mkdir(exist_ok=True)
    with running_browser() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 820}, locale="en-GB")
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.add_init_script(as_user("usr_ada"))
        page.goto(f"{stack['pagesUrl']}/console/#workspace_id=wsp_acme&install={INSTALL}")
        console = Console(page)
        expect(console.panel.locator(".activity")).to_be_visible()
        expect(page.locator(".views .count").nth(1)).not_to_be_empty()
        page.screenshot(path=IMAGES / "console.png")
        _take_uninstall(browser, page, console, DEFAULT_STATE)


def _take_uninstall(browser: Browser, page: Page, console: Console, state: Path) -> None:
    console.panel.get_by_role("button", name="Uninstall").click()
    uninstall = console.dialog.get_by_role("button", name="Uninstall")
    expect(uninstall).to_be_enabled()
    dialog = console.dialog.screenshot()
    uninstall.click()
    expect(console.panel.locator(".state")).to_have_text("In the trash")
    panel = [_top(page, console.panel), console.toast.screenshot()]
    console.toast.get_by_role("button", name="Dismiss").click()
    activity = _with_margin(page, console.panel.locator("section:has(.activity)"))
    console.panel.get_by_role("button", name="Restore").click()
    expect(console.panel.locator(".state")).to_have_text("Installed")
    events = (state / "rows" / "events.ndjson").read_text(encoding="utf-8").splitlines()
    event = next(
        event
        for event in map(json.loads, reversed(events))
        if event["detail-type"] == "Install Uninstalled" and event["detail"]["installId"] == INSTALL
    )
    names = ("installId", "workspaceId", "occurredAt", "cause", "actor", "deletionId", "revision")
    shown = {"detail-type": event["detail-type"], **{name: event["detail"][name] for name in names}}
    parts = [
        _image(dialog),
        "".join(map(_image, panel)),
        f"{_image(activity)}<pre>{json.dumps(shown, indent=2)}</pre>",
    ]
    figures = "".join(
        f"<figure><figcaption>{caption}</figcaption>{part}</figure>"
        for caption, part in zip(CAPTIONS, parts, strict=True)
    )
    sheet = browser.new_page(viewport={"width": 1400, "height": 600})
    sheet.set_content(f"<style>{STYLE}</style><main>{figures}</main>")
    sheet.screenshot(path=IMAGES / "uninstall.png", full_page=True)


def _top(page: Page, panel: Locator) -> bytes:
    box = panel.bounding_box()
    assert box is not None
    return page.screenshot(clip={**box, "height": TOP})


def _with_margin(page: Page, part: Locator) -> bytes:
    """Return a picture of a part of the panel, with the marks at its edge."""
    part.scroll_into_view_if_needed()
    box = part.bounding_box()
    assert box is not None
    return page.screenshot(
        clip={
            "x": box["x"] - MARGIN,
            "y": box["y"] - MARGIN,
            "width": box["width"] + 2 * MARGIN,
            "height": box["height"] + MARGIN,
        }
    )


def _image(png: bytes) -> str:
    return f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}">'


if __name__ == "__main__":
    main()
