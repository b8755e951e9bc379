"""Paths of the project's files and of the installed engines."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
TEMPLATE: Final = ROOT / "template.yaml"
ENVIRONMENTS: Final = ROOT / ".venvs"
SAM: Final = ENVIRONMENTS / "sam" / "bin" / "sam"
MINISTACK_PYTHON: Final = ENVIRONMENTS / "ministack" / "bin" / "python"
CONSOLE: Final = ROOT / "console"
SITE: Final = ROOT / ".site"
CONSOLE_LIBRARY: Final = SITE / "console" / "vendor"
REFERENCE: Final = SITE / "reference"
DOCS: Final = SITE / "docs"
OPENAPI: Final = ROOT / "openapi.yaml"
DEFAULT_STATE: Final = (ROOT if TEMPLATE.exists() else Path()) / ".local"
"""The state of the local system; without a checkout, below the current directory."""

_ARCHITECTURES: Final = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def engine_platform() -> str:
    """The machine as npm packages of binaries name it, for example ``linux-x64``."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}-{_ARCHITECTURES.get(machine, machine)}"


def packaged_dynoxide() -> Path:
    """Path of this platform's Dynoxide binary, as npm installs it."""
    modules = ENVIRONMENTS / "dynoxide" / "node_modules"
    return modules / "@dynoxide" / engine_platform() / "dynoxide"
