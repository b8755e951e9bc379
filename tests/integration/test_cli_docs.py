"""docs/cli.md says what the commands do: each is run on the demo, and prints what is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.commands import documented, is_as_shown, run
from tools.local.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.integration.demo_service import DemoService

PAGE: Final = (ROOT / "docs" / "cli.md").read_text()


def test_every_command_does_what_the_page_says(
    demo: DemoService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wrong, number = [], 0
    for kind, terminal in (("", 120), ("pipe", None)):
        for command, shown in documented(PAGE, kind):
            done = run(command, demo.state.path, terminal=terminal)
            number += 1
            if not is_as_shown(done.both, shown):
                wrong.append(f"{command}\n{done.both}")
    assert not wrong, "\n".join(wrong)
    assert number == 26
