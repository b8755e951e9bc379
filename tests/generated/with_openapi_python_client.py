"""The API by the client of openapi-python-client."""

from __future__ import annotations

import json
import os
from http import HTTPStatus

from openapi_python_client import AuthenticatedClient  # type: ignore[import-not-found]
from openapi_python_client.api.installs import (  # type: ignore[import-not-found]
    get_install,
    list_installs,
    restore_install,
    uninstall_install,
)
from openapi_python_client.models import (  # type: ignore[import-not-found]
    Install,
    InstallDetails,
    Page,
    Problem,
)

FILTER = {
    "variables": {"path": ["pages"], "eq": True},
    "OR": [{"memberPolicy": {"neq": "manual"}}, {"integration": {"slug": {"startsWithi": "CR"}}}],
    "NOT": {"members": {"some": {"enabled": True}}},
}
QUERY = {"filter_": json.dumps(FILTER), "order_by": '[{"installedAt":"asc"}]', "limit": 20}


def main() -> None:
    client = AuthenticatedClient(base_url=os.environ["BASE_URL"], token=os.environ["TOKEN"])
    first = list_installs.sync(client=client, **QUERY)
    assert isinstance(first, Page)
    second = list_installs.sync(client=client, **QUERY, after=first.page_info.end_cursor)
    assert isinstance(second, Page)
    uninstalled = uninstall_install.sync("ins_generated", client=client)
    in_trash = get_install.sync("ins_generated", client=client)
    assert isinstance(in_trash, InstallDetails)
    restored = restore_install.sync("ins_generated", client=client)
    assert isinstance(restored, Install)
    absent = get_install.sync_detailed("ins_nobody", client=client)
    assert absent.status_code is HTTPStatus.NOT_FOUND
    assert isinstance(absent.parsed, Problem)
    print(
        json.dumps(
            {
                "ids": [row.id for row in (*first.data, *second.data)],
                "total": first.page_info.total,
                "uninstalled": uninstalled.success,
                "tier": in_trash.retention_tier,
                "restored": restored.deleted_at,
                "absent": absent.parsed.code,
            }
        )
    )


if __name__ == "__main__":
    main()
