"""The SAM CLI as the tests call it."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from tools.local.paths import ROOT, SAM

if TYPE_CHECKING:
    from pathlib import Path


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """Run a tool of the project; its output, which is shown where it fails."""
    quiet = {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "eu-west-1"}
    done = subprocess.run(  # noqa: S603 - the commands are this file's own
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **quiet, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    return output


def build(tmp_path: Path, **environment: str) -> Path:
    """`sam build` of a copy of the project: no traces in the project, nor of other builds."""
    source = tmp_path / "project"
    for folder in ("functions", "layers"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, source / folder, ignore=ignored)
    for file in ("template.yaml", "samconfig.toml"):
        shutil.copy2(ROOT / file, source / file)
    target = tmp_path / "build"
    run(SAM, "build", "--build-dir", target, cwd=source, **environment)
    return target
