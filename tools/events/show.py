"""The log of the local bus, printed: a line for each event."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_PAUSE: Final = 0.2


def lines(path: Path, *, follow: bool) -> Generator[str]:
    """Yield the whole lines of a file; if ``follow``, also those to come, without end."""
    with path.open(encoding="utf-8") as file:
        begun = ""
        while True:
            begun += file.readline()
            if begun.endswith("\n"):
                yield begun[:-1]
                begun = ""
            elif follow:
                time.sleep(_PAUSE)
            else:
                return


def summary(event: dict[str, Any]) -> str:
    """Return an event in one line."""
    detail = event["detail"]
    actor = detail["actor"] or {"id": None, "kind": "unknown"}
    parts = [
        detail["occurredAt"],
        f"{event['detail-type']:19}",
        detail["installId"],
        f"by {actor['id'] or actor['kind']}",
        f"({detail['cause'] or 'unknown'})",
    ]
    if counts := detail.get("counts"):
        parts.append(", ".join(f"{number} {name}" for name, number in counts.items()))
    if detail["replayed"]:
        parts.append("replayed")
    return "  ".join(parts)


def of_install(line: str, install_id: str | None) -> bool:
    """Return True if an event is of the install, or if none is given."""
    return install_id is None or json.loads(line)["detail"]["installId"] == install_id
