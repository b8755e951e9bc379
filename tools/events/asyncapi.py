"""The document of the events, ``asyncapi.yaml`` (AsyncAPI 3), from the service's own code."""

from __future__ import annotations

from typing import Any, Final

from installs.events.details import DETAIL_TYPES
from installs.store.bus import SOURCE
from tools.events.examples import EVENTS, envelope
from tools.events.schemas import ABOUT, schema_of
from tools.local.paths import ROOT
from tools.openapi.document import as_yaml
from tools.openapi.filters import ref
from tools.version import project_version

Json = dict[str, Any]

ASYNCAPI: Final = ROOT / "asyncapi.yaml"

_HEADER: Final = "# Made by 'python -m tools asyncapi'; a test compares the two.\n"
_TITLE: Final = "Integration Installs: events"
_DESCRIPTION: Final = """\
What became of each install, on an event bus (Amazon EventBridge).

Each event comes at least once; those of one install come in the order of `revision`. A consumer
drops an event whose `revision` is not greater than the last one that it has seen of the install,
and ignores members that it does not know. docs/events.md shows a consumer.
"""


def text() -> str:
    """The document as YAML."""
    return _HEADER + as_yaml(document())


def document() -> Json:
    """The document as a value."""
    names = {detail_type: detail_type.replace(" ", "") for detail_type in ABOUT}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": _TITLE,
            "version": project_version(),
            "description": _DESCRIPTION,
        },
        "defaultContentType": "application/json",
        "servers": {
            "eventBridge": {
                "host": "events.{region}.amazonaws.com",
                "protocol": "https",
                "description": "Amazon EventBridge; events come by the target of a rule.",
                "variables": {"region": {"default": "eu-central-1"}},
            }
        },
        "channels": {
            "installs": {
                "address": "{eventBusName}",
                "description": "The event bus: the stack's output EventBusName.",
                "parameters": {"eventBusName": {"description": "The name of the bus."}},
                "messages": {
                    name: {"$ref": f"#/components/messages/{name}"} for name in names.values()
                },
            }
        },
        "operations": {
            "publish": {
                "action": "send",
                "channel": {"$ref": "#/channels/installs"},
                "summary": "Publish each change of each install.",
                "messages": [
                    {"$ref": f"#/channels/installs/messages/{name}"} for name in names.values()
                ],
            }
        },
        "components": {
            "messages": {name: _message(detail_type) for detail_type, name in names.items()},
            "schemas": {name: schema_of(detail_type) for detail_type, name in names.items()},
        },
    }


def _message(detail_type: str) -> Json:
    (event,) = [kind for kind in EVENTS if DETAIL_TYPES[kind.kind] == detail_type]
    text: Json = {"type": "string"}
    properties: Json = {
        "version": {"const": "0"},
        "id": {**text, "description": "EventBridge's own id: another one each time."},
        "detail-type": {"const": detail_type},
        "source": {"const": SOURCE},
        "account": text,
        "time": {**text, "format": "date-time"},
        "region": text,
        "resources": {"type": "array", "items": text},
        "detail": ref(detail_type.replace(" ", "")),
    }
    return {
        "name": detail_type,
        "title": detail_type,
        "summary": ABOUT[detail_type],
        "payload": {"type": "object", "required": list(properties), "properties": properties},
        "examples": [{"name": "example", "payload": envelope(event)}],
    }
