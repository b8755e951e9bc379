"""The generators of clients, as commands: ``python -m tests.generated.generators`` runs them all.

Their clients go into ``.venvs/generators/generated``, beside the packages that they import. Then
tsc compiles the programs that use those in TypeScript (``--strict``), and esbuild bundles them. One
of these is the example of docs/frontend.md. Go is compiled if ``make clients GO=1`` has brought it.
"""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from tests.docs.blocks import blocks
from tests.node import GENERATORS_HOME, command, run
from tools.local.paths import ENVIRONMENTS, OPENAPI, ROOT

HERE: Final = Path(__file__).parent
GENERATED: Final = GENERATORS_HOME / "generated"
PROGRAMS: Final = GENERATORS_HOME / "programs"
PYTHON: Final = ENVIRONMENTS / "python-generators" / "bin"
GO: Final = ENVIRONMENTS / "go" / "bin" / "go"

_WARNING: Final = re.compile(r"\bwarn(ing)?\b", re.IGNORECASE)
_KNOWN_WARNINGS: Final = ("OpenAPI 3.1 support is still in beta", "Failed to get the schema name")
"""What openapi-generator says of every document of OpenAPI 3.1."""

npm: Final = partial(command, GENERATORS_HOME)
"""A command of a package of npm."""

_OPENAPI_GENERATOR: Final = [
    str(PYTHON / "openapi-generator-cli"), "generate", "--input-spec", str(OPENAPI),
    "--global-property", "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false",
]  # fmt: skip

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
        *_OPENAPI_GENERATOR, "--generator-name", "python",
        "--output", str(GENERATED / "openapi_generator"),
        "--package-name", "openapi_generator_client",
    ],
}  # fmt: skip
"""The command of each generator."""


if GO.exists():
    GENERATORS["openapi-generator-go"] = [
        *_OPENAPI_GENERATOR, "--generator-name", "go", "--output", str(GENERATED / "go"),
        "--git-host", "example.com", "--git-user-id", "integration", "--git-repo-id", "installs",
        "--package-name", "installs", "--additional-properties",
        "enumClassPrefix=true,disallowAdditionalPropertiesIfNotPresent=false",
    ]  # fmt: skip

FRONTEND_PAGE: Final = """
import { baseUrl, token } from "./program";
const getToken = () => token;
%s
console.log(JSON.stringify({ total: data?.pageInfo.total, error }));
"""
"""The example of docs/frontend.md as a program."""

BUNDLED: Final = ("frontend", "hey-api", "openapi-fetch", "orval")
"""The programs in TypeScript."""


def generate() -> None:
    """Generate every client, and compile the programs in TypeScript and in Go."""
    for folder in (GENERATED, PROGRAMS):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE, PROGRAMS, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    with ThreadPoolExecutor() as pool:
        list(pool.map(_client, GENERATORS))
    _add_frontend_page()
    run(npm("tsc", "--project", PROGRAMS / "tsconfig.json"), GENERATORS_HOME)
    sources = [str(PROGRAMS / f"{name}.ts") for name in BUNDLED]
    form = ("--bundle", "--platform=node", "--format=esm", "--out-extension:.js=.mjs")
    run(npm("esbuild", *sources, *form, f"--outdir={PROGRAMS}"), GENERATORS_HOME)
    if GO.exists():
        _compile_go()


def _client(name: str) -> None:
    output = run(GENERATORS[name], GENERATORS_HOME)
    warnings = [
        line
        for line in output.splitlines()
        if _WARNING.search(line) and not any(known in line for known in _KNOWN_WARNINGS)
    ]
    if warnings:
        raise RuntimeError(f"{name}: {warnings}")


def _add_frontend_page() -> None:
    page = blocks(ROOT / "docs" / "frontend.md")
    (example,) = [block.text for block in page if block.language == "ts"]
    (PROGRAMS / "frontend.ts").write_text(FRONTEND_PAGE % example)
    shutil.copy(GENERATED / "openapi-typescript" / "schema.ts", PROGRAMS / "installs.d.ts")


def _compile_go() -> None:
    (GENERATED / "go" / "program").mkdir()
    shutil.copy(HERE / "program.go", GENERATED / "go" / "program")
    offline = {"GOPROXY": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    cache = {"GOCACHE": str(ENVIRONMENTS / "go" / "cache"), "GOTELEMETRY": "off"}
    output = str(PROGRAMS / "go-program")
    run([str(GO), "build", "-o", output, "./program"], GENERATED / "go", **offline, **cache)


if __name__ == "__main__":
    generate()
