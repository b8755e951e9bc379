"""A real headless Chromium for the tests of the pages, which let it speak to this machine alone."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from tools.local.paths import ENVIRONMENTS
from tools.local.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

PACKAGED: Final = ENVIRONMENTS / "browser"
THIS_MACHINE: Final = (HOST, "localhost")
PATIENCE_MILLISECONDS: Final = 60_000
_FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
_ANSWERED_WITH_AN_ERROR: Final = "Failed to load resource: the server responded with a status"


def executable() -> str | None:
    """The browser: ``CHROMIUM``, the one of ``make browser``, or one on the path."""
    packaged = PACKAGED / "chromium"
    candidates = (os.environ.get("CHROMIUM"), str(packaged), "chromium", "google-chrome")
    return next((path for name in candidates if name and (path := shutil.which(name))), None)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Chromium, with a profile of its own; skips where there is none, but fails in CI."""
    path = executable()
    if path is None:
        _lacking("no Chromium: 'make browser' brings one for Linux on x64, or set CHROMIUM")
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=list(_FLAGS), env=_environment(Path(path))
        )
        yield browser
        browser.close()


def _environment(path: Path) -> dict[str, str | float | bool]:
    """The packaged browser has its fonts and libraries beside it."""
    if path.parent != PACKAGED:
        return dict(os.environ)
    libraries = [str(PACKAGED / "libraries" / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
    return {
        **os.environ,
        "FONTCONFIG_FILE": str(PACKAGED / "fonts.conf"),
        "LD_LIBRARY_PATH": os.pathsep.join(filter(None, libraries)),
    }


def _lacking(reason: str) -> NoReturn:
    """Skip on a user's machine; fail where everything has to be there."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def barriers(page: Page) -> list[str]:
    """Return the accessibility faults that axe finds: rule, help, and the first place of each."""
    source = PACKAGED / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        _lacking("no axe: 'make browser' brings it for Linux on x64")
    page.evaluate(source.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html']}" for one in found["violations"]]


@contextmanager
def watched_page(
    browser: Browser, expected: tuple[str, ...] = (), /, **context: object
) -> Iterator[Page]:
    """A page that may ask nothing of another host, break no policy and raise no error.

    ``expected`` are parts of messages of the console that the test is about.
    """
    faults: list[str] = []

    def requested(request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme != "data" and url.hostname not in THIS_MACHINE:
            faults.append(f"asked {request.url}")

    def told(message: ConsoleMessage) -> None:
        known = (_ANSWERED_WITH_AN_ERROR, *expected)
        if message.type == "error" and not any(part in message.text for part in known):
            faults.append(message.text)

    held = browser.new_context(**context)  # type: ignore[arg-type]
    held.set_default_timeout(PATIENCE_MILLISECONDS)
    page = held.new_page()
    page.on("request", requested)
    page.on("console", told)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    held.close()
    assert faults == []
