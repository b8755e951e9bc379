"""Any field of an event may be null: nobody comes in by that, and nothing breaks (section 8)."""

from __future__ import annotations

import importlib
import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

import pytest

from tools.local.paths import ROOT
from tools.tokens import AUDIENCE, ISSUER, SigningKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

API_EVENTS: Final = sorted(
    path
    for path in (ROOT / "events").glob("*/*.json")
    if path.parent.name.endswith(("_install", "_installs"))
)


def with_nulls(event: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The event with one place in it null, or gone, for each place."""

    def places(value: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield (*path, key)
                yield from places(inner, (*path, key))

    for path in places(event, ()):
        for gone in (False, True):
            changed = deepcopy(event)
            around = changed
            for key in path[:-1]:
                around = around[key]
            around[path[-1]] = None
            if gone:
                del around[path[-1]]
            yield ".".join(path), changed


@pytest.mark.parametrize("path", API_EVENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_null_in_a_request(path: Path, table_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = importlib.import_module(f"functions.{path.parent.name}.handler").handler
    for place, event in with_nulls(json.loads(path.read_text(encoding="utf-8"))):
        answer = handler(event, None)
        about = place, answer["body"]
        assert answer["statusCode"] in (200, 400, 401, 404), about
        json.loads(answer["body"])
        if place in ("requestContext", "requestContext.authorizer") or place.endswith(
            ("authorizer.principal", "authorizer.kind")
        ):
            assert answer["statusCode"] == 401, about


@pytest.mark.parametrize("nothing", [{}, {"requestContext": None}])
def test_no_event_at_all(nothing: dict[str, Any], table_name: str) -> None:
    for path in API_EVENTS:
        handler = importlib.import_module(f"functions.{path.parent.name}.handler").handler
        assert handler(nothing, None)["statusCode"] == 401


def test_a_null_in_the_authorizers_event(monkeypatch: pytest.MonkeyPatch) -> None:
    signing = SigningKey.generate()
    for name, value in {"ISSUER": ISSUER, "AUDIENCE": AUDIENCE, "JWKS": signing.key_set()}.items():
        monkeypatch.setenv(name, value)
    handler = importlib.import_module("functions.authorizer.handler").handler
    event = json.loads((ROOT / "events" / "authorizer" / "token.json").read_text(encoding="utf-8"))
    event["authorizationToken"] = f"Bearer {signing.token('usr_ada')}"
    assert handler(event, None)["principalId"] == "usr_ada"
    for place, changed in with_nulls(event):
        if place == "type":
            continue
        with pytest.raises(Exception, match=r"\AUnauthorized\Z"):
            handler(changed, None)
