"""openapi.yaml pleases redocly and spectral, but for the licence: it is the owner's to choose."""

from __future__ import annotations

from tests.generated.generators import npm
from tests.node import GENERATORS_HOME, run
from tools.local.paths import OPENAPI


def test_redocly_finds_nothing() -> None:
    config = GENERATORS_HOME / "redocly.yaml"
    output = run(npm("redocly", "lint", OPENAPI, "--config", config), GENERATORS_HOME)

    assert "is valid" in output
    assert "warning" not in output.lower(), output


def test_spectral_finds_nothing() -> None:
    options = ("--ruleset", GENERATORS_HOME / "spectral.yaml", "--fail-severity", "hint")
    output = run(npm("spectral", "lint", OPENAPI, *options), GENERATORS_HOME)

    assert "No results with a severity of 'hint' or higher found!" in output
