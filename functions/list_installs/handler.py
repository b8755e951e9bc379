"""GET /api/integration-installs: list, filter, order, page. For viewers (CONTRACT.md section 2)."""

from __future__ import annotations

from installs import listing
from installs.http import Request, endpoint
from installs.rows import item_to_json
from installs.snap_start import preload

preload("installs.included")


@endpoint
def handler(request: Request) -> object:
    """Answer with a page of the installs that the caller sees."""
    page = listing.list_installs(request.table(), request.principal, request.query)
    answer: dict[str, object] = {
        "data": [item_to_json(row) for row in page.rows],
        "pageInfo": {
            "total": page.total,
            "hasNextPage": page.has_next,
            "hasPreviousPage": page.has_previous,
            "startCursor": page.start,
            "endCursor": page.end,
        },
    }
    if page.included is not None:
        # Imported here: a start without include need not wait for it.
        from installs import included

        answer["included"] = included.to_json(page.included)
    return answer
