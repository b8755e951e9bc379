"""The console on a page of the tests' browser, as a reader sees it."""

from __future__ import annotations

import base64
import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urljoin, urlsplit

from playwright.sync_api import expect

from tests.e2e.browser import barriers, watched_page
from tools.local.paths import CONSOLE, SITE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page, Request, Route

    from tests.e2e.conftest import Stack

API: Final = re.compile(r"/api/integration-installs")
DESK: Final = {"width": 1280, "height": 860}
PHONE: Final = {"width": 390, "height": 844}
SCREENSHOTS: Final = Path(os.environ.get("SCREENSHOTS", SITE / "screenshots"))
"""CI keeps the pictures below it as artefacts."""
LATE_FRAMES: Final = """(() => {
  const later = window.setTimeout;
  window.setTimeout = (call, wait = 0) => later(call, wait + 500);
  window.requestAnimationFrame = (call) => later(call, 500);
})()"""
"""A busy machine, from now on: what a page leaves for its next frame comes after the next key."""


_CHANGED_PIXELS: Final = """async (pictures) => {
  const [before, after] = await Promise.all(pictures.map(async (picture) => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    return canvas.getImageData(0, 0, image.width, image.height);
  }));
  if (before.width !== after.width || before.height !== after.height) return -1;
  const differ = new Set();
  before.data.forEach((value, at) => Math.abs(value - after.data[at]) > 32 && differ.add(at >> 2));
  return differ.size;
}"""


class Console:
    """The console on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.rows = page.locator("#list tr[data-id]")
        self.names = self.rows.locator(".name a")
        self.search = page.get_by_label("Search", exact=True)
        self.panel = page.locator(".panel")
        self.dialog = page.locator("dialog")
        self.alert = page.get_by_role("alert")
        self.position = page.locator("#position")
        self.toast = page.locator(".toast")

    def row(self, install_id: str) -> Locator:
        return self.page.locator(f'#list tr[data-id="{install_id}"]')

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def view(self, name: str) -> None:
        self.page.locator(".views").get_by_role("button", name=name).click()

    def ids(self) -> list[str]:
        ids: list[str] = self.rows.evaluate_all("rows => rows.map((row) => row.dataset.id)")
        return ids

    def wait_until_idle(self) -> None:
        """Wait for the modules that are loaded once the page is idle."""
        urls = [urljoin(self.page.url, path.name) for path in CONSOLE.glob("*.js")]
        loaded = "(urls) => urls.every((url) => performance.getEntriesByName(url).length > 0)"
        self.page.wait_for_function(loaded, arg=urls)

    def shows(self, *names: str) -> None:
        expect(self.names).to_have_text(list(names))

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than the screen."""
        width: int = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return width


@contextmanager
def console(
    stack: Stack, browser: Browser, user: str = "usr_cora", fragment: str = "", **context: object
) -> Iterator[Console]:
    """The console as a user, with the list of an address, once that is there."""
    context = {"viewport": DESK, "color_scheme": "light", "locale": "en-GB", **context}
    with watched_page(browser, **context) as page:
        page.add_init_script(as_user(user))
        page.goto(f"{stack.running.pages_url}/console/#{fragment}")
        shown = Console(page)
        expect(page.locator("#list")).to_have_attribute("aria-busy", "false")
        yield shown


def as_user(user: str) -> str:
    """A script that signs a user in, where no one is yet."""
    return f"sessionStorage['integration-installs'] ??= JSON.stringify({{user: '{user}'}});"


class Calls:
    """The calls of the API that a page makes, without preflights."""

    def __init__(self, page: Page) -> None:
        self._urls: list[str] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if API.search(request.url):
            self._urls.append(request.url)

    def taken(self) -> list[dict[str, str]]:
        """Return the calls since the last time: their path's end, and their parameters."""
        urls, self._urls[:] = list(self._urls), []
        return [
            {
                "path": urlsplit(url).path.partition("/integration-installs")[2],
                **{name: value for name, (value,) in parse_qs(urlsplit(url).query).items()},
            }
            for url in urls
        ]


def answer(route: Route, status: int, body: object) -> None:
    """Answer a call in place of the API."""
    headers = {"Access-Control-Allow-Origin": "*"}
    route.fulfill(status=status, json=body, headers=headers)


def problem(status: int, title: str, detail: str, **more: object) -> dict[str, object]:
    """An error of the API."""
    known = {"status": status, "title": title, "detail": detail}
    return {**known, "code": "some_code", "requestId": "req-93c371a4", "errors": [], **more}


def changed_pixels(page: Page, before: bytes, after: bytes) -> int:
    """Count the pixels that differ clearly between two pictures; -1 if their sizes differ."""
    pictures = [base64.b64encode(png).decode() for png in (before, after)]
    count: int = page.evaluate(_CHANGED_PIXELS, pictures)
    return count


def checked(shown: Console, state: str) -> None:
    """Take a picture of a state, and find no barrier and nothing beyond the screen's edge.

    In the light on a desk and in the dark on a phone.
    """
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page = shown.page
    for name, colours, screen in (("desk", "light", DESK), ("phone", "dark", PHONE)):
        page.emulate_media(color_scheme=colours, reduced_motion="reduce")  # type: ignore[arg-type]
        page.set_viewport_size(screen)  # type: ignore[arg-type]
        page.screenshot(path=SCREENSHOTS / f"{state}-{name}.png")
        faults = barriers(page)
        assert not faults, (state, name, faults)
        assert shown.overflow() <= 0, (state, name)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
