"""pydantic models of the alternative: parameters, rows, pages."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, Json
from pydantic.alias_generators import to_camel


class Camel(BaseModel):
    """A model with Python's names inside and the API's outside."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Install(Camel):
    """An install (CONTRACT.md section 1)."""

    id: str
    integration_id: str
    integration_version_id: str
    workspace_id: str
    variables: Json[dict[str, Any]]
    auth_state_id: str | None = None
    member_policy: Literal["auto_all", "auto_defaults", "manual"]
    parent_install_id: str | None = None
    solution_id: str | None = None
    installed_by: str
    installed_at: str
    last_upgraded_at: str | None = None
    deleted_at: str | None = None
    retention_tier: Literal["short", "medium", "long", "none"] | None = None


class PageInfo(Camel):
    """The place of a page; the alternative does not know ``total``."""

    total: int | None = None
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


class Page(Camel):
    """A page of installs."""

    data: list[Install]
    page_info: PageInfo


class Success(BaseModel):
    """The answer of an uninstall."""

    success: bool = True


class Parameters(BaseModel):
    """The query parameters of a list."""

    workspace_id: str | None = None
    integration_id: str | None = None
    ids: str | None = None
    filter: Json[Any] | None = None
    order_by: Json[list[dict[str, Literal["asc", "desc"]]]] | None = Field(None, alias="orderBy")
    limit: int = Field(100, ge=1, le=100)
    after: str | None = None
    before: str | None = None
