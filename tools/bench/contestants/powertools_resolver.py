"""A peer: Powertools' resolver with validation on, over boto3 and pydantic."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import Json  # noqa: TC002 - read by the resolver

from tools.bench.contestants import boto3_pydantic as data
from tools.bench.contestants.events import PATH
from tools.bench.contestants.models import Install, Page, Parameters, Success

if TYPE_CHECKING:
    from tools.bench.contestants.events import Answer, Event

NAME = "Powertools resolver"

app = APIGatewayRestResolver(enable_validation=True)
context: Any = SimpleNamespace(
    function_name="bench", memory_limit_in_mb=1769, aws_request_id="bench",
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:bench",
)  # fmt: skip


def handler(event: Event) -> Answer:
    """Answer a request."""
    answer: Answer = app.resolve(event, context)
    return answer


@app.get(PATH)
def list_installs(
    workspace_id: Annotated[str | None, Query()] = None,
    integration_id: Annotated[str | None, Query()] = None,
    ids: Annotated[str | None, Query()] = None,
    filter: Annotated[Json[Any] | None, Query()] = None,
    order_by: Annotated[Json[Any] | None, Query(alias="orderBy")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
    after: Annotated[str | None, Query()] = None,
    before: Annotated[str | None, Query()] = None,
) -> Page:
    """A page of installs."""
    asked = Parameters.model_construct(
        workspace_id=workspace_id, integration_id=integration_id, ids=ids, filter=filter,
        order_by=order_by, limit=limit, after=after, before=before,
    )  # fmt: skip
    user = app.current_event.request_context.authorizer.raw_event["principal"]
    return data.list_installs(asked, user)


@app.get(f"{PATH}/<install_id>")
def get(install_id: Annotated[str, Path()]) -> Install:
    """One install."""
    return data.get(install_id)


@app.delete(f"{PATH}/<install_id>")
def uninstall(install_id: Annotated[str, Path()]) -> Success:
    """Soft-delete an install."""
    return data.uninstall(install_id)


@app.post(f"{PATH}/<install_id>/restore")
def restore(install_id: Annotated[str, Path()]) -> Install:
    """Bring an install back."""
    return data.restore(install_id)
