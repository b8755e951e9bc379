"""ministack, run with three traits of AWS that it does not have; in its own environment.

A regional REST API takes a URL of 10,240 characters; a longer one is refused in front of it,
without an answer of the API (AWS: Amazon API Gateway quotas). And the response template of a mock
integration is a program in Velocity's language, which may override headers (AWS: Use a mapping
template to override an API's request and response parameters). Preflights do (docs/adr/0040). A
condition of CloudFormation may take a text apart (``Fn::Split``).
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, Final

import airspeed  # type: ignore[import-untyped]

MAX_ADDRESS: Final = 10_240

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Coroutine[Any, Any, None]]

Headers = Mapping[str, str]
Answer = tuple[int, dict[str, str], bytes]

_headers: ContextVar[Headers] = ContextVar("headers")
"""The headers of the request that is being answered."""


def limited(application: Application) -> Application:
    """Wrap an ASGI application: an address that is too long does not reach it."""

    async def refusing(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _address_length(scope) > MAX_ADDRESS:
            status = HTTPStatus.REQUEST_URI_TOO_LONG
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        if scope["type"] == "http":
            headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
            _headers.set(headers)
        await application(scope, receive, send)

    return refusing


def _address_length(scope: Message) -> int:
    hosts = [value for name, value in scope["headers"] if name.lower() == b"host"]
    parts = [scope["scheme"], "://", *hosts, scope["raw_path"], "?", scope["query_string"]]
    return sum(map(len, parts))


class _Input:
    """``$input`` of a mapping template, as far as preflights use it."""

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    def params(self) -> Mapping[str, Headers]:
        """The parameters of the request: its headers."""
        return {"header": self._headers}


def rendered(template: str, headers: Headers) -> tuple[str, dict[str, str]]:
    """The body that a response template makes, and the headers that it overrides."""
    override: dict[str, Any] = {"header": {}}
    values = {"input": _Input(headers), "context": {"responseOverride": override}}
    return airspeed.Template(template).merge(values), override["header"]


def templated(mock: Callable[[Mapping[str, Any]], Answer]) -> Callable[[Mapping[str, Any]], Answer]:
    """Wrap the emulator's mock integration, whose answer has its template as the body."""

    def answered(integration: Mapping[str, Any]) -> Answer:
        status, headers, template = mock(integration)
        body, override = rendered(template.decode(), _headers.get())
        return status, headers | override, body.encode()

    return answered


Conditions = Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, bool]]


def splitting(evaluate: Conditions) -> Conditions:
    """Wrap the emulator's evaluation of a template's conditions: it takes texts apart first."""

    def evaluated(template: Mapping[str, Any], parameters: Mapping[str, Any]) -> Mapping[str, bool]:
        conditions = split(template.get("Conditions", {}), parameters)
        return evaluate({**template, "Conditions": conditions}, parameters)

    return evaluated


def split(part: Any, parameters: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a JSON value
    """The same part of a template, with the lists of ``Fn::Split`` of a parameter."""
    match part:
        case {"Fn::Split": [delimiter, {"Ref": name}]}:
            return parameters[name]["Value"].split(delimiter)
        case dict():
            return {name: split(inner, parameters) for name, inner in part.items()}
        case list():
            return [split(inner, parameters) for inner in part]
        case _:
            return part


if __name__ == "__main__":
    from ministack import app  # type: ignore[import-not-found]
    from ministack.services import apigateway_v1  # type: ignore[import-not-found]
    from ministack.services.cloudformation import engine  # type: ignore[import-not-found]

    plain = engine._evaluate_conditions
    evaluate = splitting(plain)
    for module in [*sys.modules.values()]:
        if vars(module).get("_evaluate_conditions") is plain:
            vars(module)["_evaluate_conditions"] = evaluate
    apigateway_v1._invoke_mock_v1 = templated(apigateway_v1._invoke_mock_v1)
    app.app = limited(app.app)
    app.main()
