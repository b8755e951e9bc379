"""The version has one place; everything that tells of it, and the change log, agrees."""

from __future__ import annotations

import re
import tomllib
from typing import Final

import yaml

from installs_client import connection
from tests.upgrade.releases import RELEASES
from tools.local.paths import OPENAPI, ROOT
from tools.version import project_version

CLIENT: Final = ROOT / "clients" / "python"
HEADING: Final = re.compile(r"^## (\d+\.\d+\.\d+)(?: \((.+)\))?$", re.MULTILINE)


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def headings() -> list[tuple[str, str]]:
    """The versions of the change log, the newest first, with what is said of their release."""
    return HEADING.findall((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))


def test_openapi_has_the_version_of_the_service() -> None:
    document = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))

    assert document["info"]["version"] == project_version()


def test_the_client_is_released_with_the_service() -> None:
    settings = tomllib.loads((CLIENT / "pyproject.toml").read_text(encoding="utf-8"))
    source = settings["tool"]["hatch"]["version"]

    # Its package is built from the version in its code, so that it can be built alone.
    assert "version" not in settings["project"]
    code = (CLIENT / source["path"]).read_text(encoding="utf-8")
    (built,) = re.findall(source["pattern"], code, re.MULTILINE)
    assert built == connection.VERSION == project_version()


def test_the_readme_of_the_client_links_to_no_file_of_the_repository() -> None:
    # It is shown where the package is, without the files beside it.
    links = re.findall(r"\]\(([^)]+)\)", (CLIENT / "README.md").read_text(encoding="utf-8"))

    assert links
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_the_change_log_begins_with_this_version_and_counts_down() -> None:
    versions = [numbers(version) for version, _ in headings()]

    assert versions[0] == numbers(project_version())
    assert versions == sorted(versions, reverse=True)
    assert len({*map(tuple, versions)}) == len(versions)


def test_each_released_version_has_its_table_and_no_other_has() -> None:
    released = {version for version, told in headings() if told != "unreleased"}

    assert released == {release.version for release in RELEASES}
    assert all(numbers(one.version) <= numbers(project_version()) for one in RELEASES)
