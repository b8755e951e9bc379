"""Rows that take each other's places in one call: secrets of API keys, roles (section 10)."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from installs.ingest.exchange import cycles
from installs.store import keys
from tests import rows
from tests.ingesting import Service

NAMES = ("a", "b", "c")


def api_key(name: str, secret: str) -> dict[str, Any]:
    return rows.api_key(f"key_{name}", f"sec_{secret}")


def role(name: str, user: str) -> dict[str, Any]:
    return rows.role(f"usr_{user}", rows.WORKSPACE, "viewer", id=f"wsm_{name}")


def holders(service: Service) -> dict[str, str]:
    """By secret: the key that it leads to, if the key's row agrees."""
    found = {}
    for name in NAMES:
        row = service.item(keys.api_key(f"key_{name}"))
        if row is not None:
            pointer = service.item(keys.Key(f"SECRET#{row['secretSha256']}", "SECRET"))
            assert pointer is not None
            assert pointer["keyId"] == row["id"]
            found[name] = row["secretSha256"]
    return found


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("secrets", ["bac", "bca", "cab", "bcd", "dab"])
def test_keys_exchange_their_secrets_in_any_order(order: tuple[int, ...], secrets: str) -> None:
    # given three keys, each with its secret
    service = Service(*(api_key(name, name) for name in NAMES))
    lines = [api_key(name, secret) for name, secret in zip(NAMES, secrets, strict=True)]
    # when the secrets go round, or one after the other
    told = service.told(*(lines[at] for at in order))
    # then each key has its new one, and no other secret leads anywhere
    assert set(told) <= {"changed", "unchanged"}
    wanted = {name: line["secretSha256"] for name, line in zip(NAMES, lines, strict=True)}
    assert holders(service) == wanted
    pointers = [key for key in service.contents() if key[1] == "SECRET"]
    assert len(pointers) == len(NAMES)


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("users", ["bac", "bca", "bcd"])
def test_roles_exchange_their_users(order: tuple[int, ...], users: str) -> None:
    service = Service(*(role(name, name) for name in NAMES))
    lines = [role(name, user) for name, user in zip(NAMES, users, strict=True)]

    assert set(service.told(*(lines[at] for at in order))) <= {"changed", "unchanged"}

    for line in lines:
        item = service.item(keys.role(line["userId"], rows.WORKSPACE))
        assert item is not None
        assert (item["id"], item["userId"]) == (line["id"], line["userId"])
    assert len([key for key in service.contents() if key[1].startswith("ROLE#")]) == len(NAMES)
    # and each is still found by its id
    assert service.told(*lines) == ["unchanged"] * 3


def test_what_nobody_leaves_is_refused_and_the_others_go_on() -> None:
    service = Service(*(api_key(name, name) for name in NAMES))

    # b keeps its secret: a cannot have it; c is on its own
    told = service.told(api_key("a", "b"), api_key("c", "d"))

    assert told == ["secret_taken", "changed"]
    # a circle goes round without the line that wants to join it
    told = service.told(api_key("a", "b"), api_key("b", "a"), api_key("c", "a"))
    assert told == ["changed", "changed", "secret_taken"]


def test_keys_of_several_workspaces_exchange_secrets() -> None:
    other = api_key("b", "b") | {"workspaceId": "wsp_other"}
    service = Service(api_key("a", "a"), other)

    assert service.told(api_key("a", "b"), other | api_key("b", "a") | {"workspaceId": "wsp_other"})

    assert len(holders(service)) == 2


def test_cycles_are_those_that_close() -> None:
    assert cycles({}) == []
    assert cycles({"a": "b", "b": "c"}) == []
    assert cycles({"t": "a", "a": "b", "b": "a", "x": "y", "y": "x"}) == [["a", "b"], ["x", "y"]]
