"""Lambda's processor and Python on this machine: Debian's python3.13 for arm64, run by QEMU.

``python -m tests.runtime.debian`` installs them, before the tests and once for all their processes.
apt downloads the packages with settings of its own, and they are unpacked into one folder: nothing
else on the machine changes, and no rights are needed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tools.local.paths import ENVIRONMENTS

RELEASE: Final = "trixie"
"""The release of Debian whose Python is that of the functions."""

PYTHON: Final = "python3.13"
FOLDER: Final = ENVIRONMENTS / "debian"

_PACKAGES: Final = (f"{PYTHON}-minimal", f"lib{PYTHON}-stdlib", "libstdc++6")
"""The last for Amazon's runtime client, part of which is C++."""

_SETTINGS: Final = """
Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "arm64";
APT::Architectures {{ "arm64"; "{architecture}"; }};
APT::Sandbox::User "";
Acquire::Languages "none";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""


COMMAND: Final = (
    str(FOLDER / "qemu-aarch64"), "-L", str(FOLDER / "root"), str(FOLDER / "root/usr/bin" / PYTHON)
)  # fmt: skip
"""The command that is Python on the other processor."""


class UnavailableError(Exception):
    """This machine cannot have them."""


def install(folder: Path = FOLDER) -> None:
    """Install Python for arm64 anew.

    Raises
    ------
    UnavailableError
        This machine has no apt with Debian's archive, or the archive cannot be reached.
    """
    unfinished = folder.with_suffix(".unfinished")
    for old in (unfinished, folder):
        shutil.rmtree(old, ignore_errors=True)
    unfinished.mkdir(parents=True)
    _install(unfinished)
    unfinished.rename(folder)


def _install(folder: Path) -> None:
    missing = [tool for tool in ("apt-get", "dpkg", "dpkg-deb") if shutil.which(tool) is None]
    if missing or sys.platform != "linux":
        raise UnavailableError(f"No {RELEASE} for arm64: this machine has no {missing[0]}.")
    here = _run("dpkg", "--print-architecture").strip()
    with TemporaryDirectory() as temporary:
        work = Path(temporary)
        settings = _settings(work, here)
        apt = ("apt-get", "--quiet", "--quiet", "--option", "Debug::NoLocking=1", "-c", settings)
        _run(*apt, "update")
        _run(*apt, "install", "--yes", "--no-install-recommends", "--download-only", *_PACKAGES)
        _run(*apt, "download", f"qemu-user:{here}", cwd=work)
        for package in (work / "cache" / "archives").glob("*.deb"):
            _run("dpkg-deb", "--extract", package, folder / "root")
        (emulator,) = work.glob("qemu-user_*.deb")
        _run("dpkg-deb", "--extract", emulator, work / "qemu")
        shutil.move(work / "qemu" / "usr" / "bin" / "qemu-aarch64", folder / "qemu-aarch64")
    (folder / "root" / "lib").symlink_to("usr/lib")
    _compile(folder / "root" / "usr" / "lib" / PYTHON)


def _settings(work: Path, here: str) -> Path:
    for part in ("state/lists/partial", "cache/archives/partial"):
        (work / part).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(f"deb {_archive()} {RELEASE} main\n")
    settings = work / "apt.conf"
    settings.write_text(_SETTINGS.format(folder=work, architecture=here))
    return settings


def _archive() -> str:
    """The archive that this machine's own apt uses."""
    told = _run("apt-get", "indextargets", "--no-release-info", "--format", "$(REPO_URI)")
    for address in told.split():
        if address.rstrip("/").endswith("/debian"):
            return address
    raise UnavailableError("This machine's apt does not know Debian's archive.")


def _compile(library: Path) -> None:
    """Make the bytecode, which Debian makes as it installs; only the same Python can."""
    if sys.version_info[:2] == (3, 13):
        _run(sys.executable, "-m", "compileall", "-q", "-j", "2", library)


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(  # noqa: S603 - the commands are this file's own
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UnavailableError(f"{command[0]} failed: {done.stderr.strip() or done.stdout}")
    return done.stdout


if __name__ == "__main__":
    try:
        install()
    except UnavailableError as error:
        sys.exit(str(error))
