"""The API by the Python client of openapi-generator."""

from __future__ import annotations

import json
import os

from openapi_generator_client import (  # type: ignore[import-not-found]
    ApiClient,
    Configuration,
    InstallsApi,
    Problem,
)
from openapi_generator_client.exceptions import (  # type: ignore[import-not-found]
    NotFoundException,
)

FILTER = {
    "variables": {"path": ["pages"], "eq": True},
    "OR": [{"memberPolicy": {"neq": "manual"}}, {"integration": {"slug": {"startsWithi": "CR"}}}],
    "NOT": {"members": {"some": {"enabled": True}}},
}
QUERY = {"filter": json.dumps(FILTER), "order_by": '[{"installedAt":"asc"}]', "limit": 20}


def main() -> None:
    settings = Configuration(host=os.environ["BASE_URL"], access_token=os.environ["TOKEN"])
    with ApiClient(settings) as client:
        api = InstallsApi(client)
        first = api.list_installs(**QUERY)
        second = api.list_installs(**QUERY, after=first.page_info.end_cursor)
        uninstalled = api.uninstall_install("ins_generated")
        in_trash = api.get_install("ins_generated")
        restored = api.restore_install("ins_generated")
        try:
            api.get_install("ins_nobody")
        except NotFoundException as error:
            absent = error.data
    assert isinstance(absent, Problem)
    print(
        json.dumps(
            {
                "ids": [row.id for row in (*first.data, *second.data)],
                "total": first.page_info.total,
                "uninstalled": uninstalled.success,
                "tier": in_trash.retention_tier,
                "restored": restored.deleted_at,
                "absent": absent.code.actual_instance,
            }
        )
    )


if __name__ == "__main__":
    main()
