"""clients/python/README.md says what is true: its examples run, one after another, on the demo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tools.local.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.demo_service import DemoService

PAGE: Final = ROOT / "clients" / "python" / "README.md"
EXAMPLE: Final = re.compile(r"```python\n(.*?)```", re.DOTALL)


def test_the_examples_run(demo: DemoService, tmp_path: Path) -> None:
    text = PAGE.read_text()
    token = demo.running.tokens["usr_ada"]
    file = tmp_path / "token"
    file.write_text(f"{token}\n")
    names: dict[str, Any] = {"BASE_URL": demo.running.base_url, "TOKEN": token, "TOKEN_FILE": file}
    examples = list(EXAMPLE.finditer(text))
    assert len(examples) == 12
    for found in examples:
        line = text[: found.start(1)].count("\n")
        code = compile("\n" * line + found[1], str(PAGE), "exec")
        before = names.get("client")
        exec(code, names)  # noqa: S102 - our own page
        if before not in (None, names["client"]):
            before.close()
    names["client"].close()
