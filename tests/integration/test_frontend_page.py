"""docs/frontend.md: its examples run one after another on the demo, and print what is shown."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from tests.commands import is_as_shown
from tests.docs.blocks import blocks
from tools.local.paths import ROOT

if TYPE_CHECKING:
    from tests.integration.demo_service import DemoService

BLOCKS: Final = blocks(ROOT / "docs" / "frontend.md")
END: Final = "\x1e"
"""Printed after each example."""
GIVEN: Final = """
const baseUrl = process.env.BASE_URL;
const getToken = () => process.env.TOKEN;
const refreshToken = async () => false;
"""
"""The page's own settings, as a front end would have them."""


def test_the_examples_print_what_the_page_shows(demo: DemoService) -> None:
    node = shutil.which("node")
    if node is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("node runs the examples")
    examples = [(place, block) for place, block in enumerate(BLOCKS) if block.language == "js"]
    program = [GIVEN, *(f"{block.text}\nconsole.log('{END}');" for _, block in examples)]

    done = subprocess.run(  # noqa: S603 - the program is the page's own
        [node, "--input-type=module", "-"],
        input="\n".join(program),
        env={
            **os.environ,
            "BASE_URL": demo.running.base_url,
            "TOKEN": demo.running.tokens["usr_ada"],
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    printed = done.stdout.split(f"{END}\n")
    assert len(printed) == len(examples) + 1
    shown = {place: block.text for place, block in enumerate(BLOCKS) if block.language == "text"}
    wrong = [
        f"{block}:\n{text}"
        for (place, block), text in zip(examples, printed, strict=False)
        if not is_as_shown(text, shown.get(place + 1, ""))
    ]
    assert not wrong, "\n".join(wrong)
    assert len(shown) > 6
