"""The version of the service, from its one place: the project's pyproject.toml."""

from __future__ import annotations

import tomllib

from tools.local.paths import ROOT


def project_version() -> str:
    """Read the version, ``MAJOR.MINOR.PATCH``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version: str = project["version"]
    return version
