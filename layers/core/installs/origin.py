"""The origin of a change: the actor, the cause, and the request (CONTRACT.md section 11)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

_XRAY_ROOT: Final = re.compile(r"(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")


class ActorKind(StrEnum):
    """The kind of an actor: a user, an API key, a service, or the end of retention."""

    USER = "user"
    KEY = "key"
    SERVICE = "service"
    RETENTION = "retention"


class Cause(StrEnum):
    """The cause of a change.

    ``parent``: the change of the parent install, carried on by the cascade.
    """

    REQUEST = "request"
    PARENT = "parent"
    RETENTION = "retention"
    INGEST = "ingest"


@dataclass(frozen=True, slots=True)
class Origin:
    """The actor of a change, its cause, and the ids by which logs and traces find it.

    ``actor_id``: ``None`` for retention, or if the person was erased.
    """

    actor_id: str | None
    actor_kind: ActorKind
    cause: Cause
    request_id: str | None = None
    trace_id: str | None = None

    @property
    def followed(self) -> Origin:
        """The origin of the changes that a change of the parent entails: the same actor."""
        return replace(self, cause=Cause.PARENT)


RETENTION: Final = Origin(None, ActorKind.RETENTION, Cause.RETENTION)
"""The origin of a deletion for good at the end of retention."""

CASCADE: Final = Origin("cascade", ActorKind.SERVICE, Cause.PARENT)
"""The origin of changes by the cascade where the change that they follow from is not known."""

INGEST: Final = Origin("ingest", ActorKind.SERVICE, Cause.INGEST)
"""The origin of rows that come in."""


def trace_id(xray_header: str | None, traceparent: str | None = None) -> str | None:
    """Return the trace id of a request's headers; ``None`` if they have none that is valid.

    ``xray_header``: ``X-Amzn-Trace-Id``, which API Gateway and Lambda set (AWS: X-Ray, tracing
    header). ``traceparent``: the caller's own (W3C: Trace Context).
    """
    root = _XRAY_ROOT.search(xray_header or "")
    if root is not None:
        return root[1]
    parent = _TRACEPARENT.fullmatch(traceparent or "")
    return None if parent is None else parent[1]
