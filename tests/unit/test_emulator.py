"""An address that API Gateway would not take does not reach the local API either."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tools.local.emulator import MAX_ADDRESS, limited, splitting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.local.emulator import Message, Receive, Send


def answered(query_string: bytes) -> int:
    """The status of a request with this query, of an API that answers 200."""
    sent: list[Message] = []

    async def api(_: Message, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})

    async def receive() -> Message:
        return {}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "scheme": "http",
        "headers": [(b"Host", b"127.0.0.1:8000")],
        "raw_path": b"/dev/api/integration-installs",
        "query_string": query_string,
    }
    asyncio.run(limited(api)(scope, receive, send))
    return int(sent[0]["status"])


@pytest.mark.parametrize(("over", "status"), [(0, 200), (1, 414)])
def test_an_address_has_a_length_at_the_most(over: int, status: int) -> None:
    around = len("http://127.0.0.1:8000/dev/api/integration-installs?")
    assert answered(b"a" * (MAX_ADDRESS - around + over)) == status


@pytest.mark.parametrize(("value", "single"), [("a", True), ("a,b", False), ("", True)])
def test_a_condition_may_take_a_text_apart(value: str, single: bool) -> None:
    first = {"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "Names"}]}]}
    template = {"Conditions": {"Single": {"Fn::Equals": [first, {"Ref": "Names"}]}}}

    def evaluate(template: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, bool]:
        ((chosen, whole),) = (one["Fn::Equals"] for one in template["Conditions"].values())
        index, names = chosen["Fn::Select"]
        return {"Single": names[index] == parameters[whole["Ref"]]["Value"]}

    assert splitting(evaluate)(template, {"Names": {"Value": value}}) == {"Single": single}
