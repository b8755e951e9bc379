"""The package of the TypeScript client: its types are those of openapi.yaml, and it is whole."""

from __future__ import annotations

import json

from tests.generated.generators import GENERATED
from tests.node import CLIENT, NPM, run


def test_the_types_are_those_of_the_document() -> None:
    """`make clients` has made them with the version that the client has."""
    made = GENERATED / "openapi-typescript" / "schema.ts"

    checked_in = CLIENT / "src" / "schema.ts"
    assert made.read_text() == checked_in.read_text(), "run 'npm run generate' there"


def test_the_package_is_checked_and_whole() -> None:
    """`make clients` has built it."""
    for script in ("check", "package"):
        run([NPM, "run", "--silent", script], CLIENT)

    packed = run([NPM, "pack", "--dry-run", "--json", "--ignore-scripts", "--silent"], CLIENT)
    (package,) = json.loads(packed)
    names = {file["path"] for file in package["files"]}
    assert {"README.md", "package.json", "dist/index.js", "dist/index.d.ts"} <= names
    assert {name.split("/")[0] for name in names} == {"README.md", "package.json", "dist", "src"}
