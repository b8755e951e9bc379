"""The package of the TypeScript client: its types are those of openapi.yaml, and it is whole."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING

from tests.generated.generators import GENERATED
from tests.node import CLIENT, NODE, NPM, run

if TYPE_CHECKING:
    from pathlib import Path


def test_the_types_are_those_of_the_document() -> None:
    """`make clients` has made them with the version that the client has."""
    made = GENERATED / "openapi-typescript" / "schema.ts"

    checked_in = CLIENT / "src" / "schema.ts"
    assert made.read_text() == checked_in.read_text(), "run 'npm run generate' there"


def test_the_package_is_checked_and_whole(tmp_path: Path) -> None:
    """`make clients` has built it."""
    for script in ("check", "package"):
        run([NPM, "run", "--silent", script], CLIENT)

    options = ("--json", "--ignore-scripts", "--silent", "--pack-destination", str(tmp_path))
    (package,) = json.loads(run([NPM, "pack", *options], CLIENT))
    names = {file["path"] for file in package["files"]}
    assert {"README.md", "package.json", "dist/index.js", "dist/index.d.ts"} <= names
    assert {name.split("/")[0] for name in names} == {"README.md", "package.json", "dist", "src"}
    installed = tmp_path / "node_modules"
    with tarfile.open(tmp_path / package["filename"]) as archive:
        archive.extractall(installed, filter="data")
    (installed / "package").rename(installed / package["name"])
    (installed / "openapi-fetch").symlink_to(CLIENT / "node_modules" / "openapi-fetch")
    program = 'import("integration-installs-client").then((all) => console.log(Object.keys(all)))'
    assert "InstallsClient" in run([NODE, "--eval", program], tmp_path)
