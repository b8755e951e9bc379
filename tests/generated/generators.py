"""The generators of clients, as commands: ``python -m tests.generated.generators`` runs them all.

Their clients go into ``.venvs/generators/generated``, beside the packages that they import. Then
tsc compiles the programs that use those in TypeScript (``--strict``), and esbuild bundles them.
"""

from __future__ import annotations

import re
import shutil
from functools import partial
from pathlib import Path
from typing import Final

from tests.node import GENERATORS_HOME, command, run
from tools.local.paths import ENVIRONMENTS, OPENAPI

HERE: Final = Path(__file__).parent
GENERATED: Final = GENERATORS_HOME / "generated"
PROGRAMS: Final = GENERATORS_HOME / "programs"
PYTHON: Final = ENVIRONMENTS / "python-generators" / "bin"

_WARNING: Final = re.compile(r"\bwarn(ing)?\b", re.IGNORECASE)
_KNOWN_WARNINGS: Final = ("OpenAPI 3.1 support is still in beta", "Failed to get the schema name")
"""What openapi-generator says of every document of OpenAPI 3.1."""

npm: Final = partial(command, GENERATORS_HOME)
"""A command of a package of npm."""

GENERATORS: Final[dict[str, list[str]]] = {
    "openapi-typescript": npm(
        "openapi-typescript", OPENAPI, "--output", GENERATED / "openapi-typescript" / "schema.ts"
    ),
    "hey-api": npm(
        "openapi-ts", "--input", OPENAPI, "--output", GENERATED / "hey-api",
        "--client", "@hey-api/client-fetch", "--no-log-file",
    ),
    "orval": npm(
        "orval", "--input", OPENAPI, "--output", GENERATED / "orval" / "client.ts",
        "--client", "fetch", "--mode", "single",
    ),
    "openapi-python-client": [
        str(PYTHON / "openapi-python-client"), "generate", "--path", str(OPENAPI),
        "--meta", "none", "--output-path", str(GENERATED / "openapi_python_client"),
        "--config", str(HERE / "openapi_python_client.yaml"), "--fail-on-warning",
    ],
    "openapi-generator": [
        str(PYTHON / "openapi-generator-cli"), "generate", "--input-spec", str(OPENAPI),
        "--generator-name", "python", "--output", str(GENERATED / "openapi_generator"),
        "--package-name", "openapi_generator_client",
        "--global-property", "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false",
    ],
}  # fmt: skip
"""The command of each generator."""


def generate() -> None:
    """Generate every client, and compile the programs in TypeScript."""
    for folder in (GENERATED, PROGRAMS):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE, PROGRAMS, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name, arguments in GENERATORS.items():
        output = run(arguments, GENERATORS_HOME)
        warnings = [
            line
            for line in output.splitlines()
            if _WARNING.search(line) and not any(known in line for known in _KNOWN_WARNINGS)
        ]
        if warnings:
            raise RuntimeError(f"{name}: {warnings}")
    run(npm("tsc", "--project", PROGRAMS / "tsconfig.json"), GENERATORS_HOME)
    sources = sorted(str(path) for path in PROGRAMS.glob("*.ts") if path.stem != "program")
    form = ("--bundle", "--platform=node", "--format=esm", "--out-extension:.js=.mjs")
    run(npm("esbuild", *sources, *form, f"--outdir={PROGRAMS}"), GENERATORS_HOME)


if __name__ == "__main__":
    generate()
