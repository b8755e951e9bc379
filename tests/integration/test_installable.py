"""The project as a package: the command ``installs``, with all that it needs."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.local.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES: Final = ("tools", "functions", "installs", "installs_client")
PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
BROUGHT: Final = {"botocore": "boto3", "pydantic-core": "pydantic"}
"""Distributions that another one brings in a version of its own."""


def imported() -> Iterator[str]:
    """The top-level packages that the sources import where they run."""
    for folder in ("tools", "functions", "layers/core/installs", "clients/python/src"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    yield from (one.name.partition(".")[0] for one in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module is not None:
                    yield node.module.partition(".")[0]


def test_everything_that_is_imported_is_a_dependency() -> None:
    distributions = packages_distributions()
    names = set(imported()) - sys.stdlib_module_names - set(PACKAGES)
    # For types alone, and for the emulator, which runs in an environment of its own.
    elsewhere = ("mypy_boto3", "ministack", "types_", "airspeed")
    names = {one for one in names if not one.startswith(elsewhere)}
    found = {str(canonicalize_name(distributions[name][0])) for name in names}
    needed = {BROUGHT.get(name, name) for name in found}

    dependencies = {
        str(canonicalize_name(Requirement(one).name)) for one in PROJECT["dependencies"]
    }
    assert needed <= dependencies


def test_the_pinned_versions_are_among_those_that_it_takes() -> None:
    pinned = {}
    for line in (ROOT / "requirements" / "dev.txt").read_text().splitlines():
        name, _, version = line.partition(" ")[0].partition("==")
        if version:
            pinned[canonicalize_name(name.partition("[")[0])] = version
    for one in map(Requirement, PROJECT["dependencies"]):
        assert one.specifier.contains(pinned[canonicalize_name(one.name)]), one


def test_the_command_runs_without_the_checkout(tmp_path: Path) -> None:
    # given what a wheel holds
    subprocess.run(  # noqa: S603 - the build backend of the project
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    assert {path.name for path in (tmp_path / "site").iterdir()} - set(PACKAGES) == {
        f"integration_installs-{PROJECT['version']}.dist-info"
    }
    # when the entry point is called elsewhere
    start = "import sys; from tools.__main__ import command; sys.argv[0] = 'installs'; command()"
    for arguments, code, told in (
        (["--help"], 0, "Work with the service"),
        (["list"], 3, "No local system is running"),
    ):
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", start, *arguments],
            cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "site"), "PATH": ""},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done
        assert told in done.stdout + done.stderr
    # then it was not the checkout that ran
    assert (tmp_path / ".local").is_dir()


def test_the_python_client_is_a_package_of_its_own(tmp_path: Path) -> None:
    """`pip install ./clients/python`, without its dependencies."""
    subprocess.run(  # noqa: S603 - the build backend of the client
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT / "clients" / "python", check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
        names = archive.namelist()

    done = subprocess.run(
        [sys.executable, "-c", "import installs_client; print(installs_client.__file__)"],
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.startswith(str(tmp_path))
    assert "installs_client/py.typed" in names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {
        "installs_client",
        "integration_installs_client",
    }


def test_the_project_s_own_environment_has_the_command() -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        [Path(sys.executable).with_name("installs"), "trash", "--help"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done
    assert "Usage: installs trash" in done.stdout
    assert "installs trash --workspace-id" in done.stdout
