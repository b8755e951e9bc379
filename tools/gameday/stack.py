"""A deployed stack: its outputs, its resources and its alarms."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from tools.systems import describe_stack

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import boto3


class ProductionStackError(Exception):
    """The stack is a production stack, which is never broken on purpose."""


class Stack:
    """A stack in CloudFormation, seen through one session."""

    def __init__(self, session: boto3.Session, name: str) -> None:
        """Describe the stack ``name``.

        Raises
        ------
        ProductionStackError
            Its parameter ``Stage`` is ``prod``, or it has none.
        """
        self._session = session
        self._name = name
        described = describe_stack(session, name)
        parameters = {
            entry["ParameterKey"]: entry["ParameterValue"]
            for entry in described.get("Parameters", [])
        }
        if parameters.get("Stage", "prod") == "prod":
            raise ProductionStackError(f"{name} is not a dev or staging stack.")
        self.outputs: Mapping[str, str] = {
            entry["OutputKey"]: entry["OutputValue"] for entry in described.get("Outputs", [])
        }

    def client(self, service: Any) -> Any:  # noqa: ANN401 - any client
        """Return a client of a service."""
        return self._session.client(service)

    def resource(self, logical_id: str) -> str:
        """Return the physical id of a resource."""
        return self._resources[logical_id]

    def alarms(self, logical_ids: Iterable[str]) -> set[str]:
        """Return those of the alarms that are on."""
        names = {self.resource(entry): entry for entry in logical_ids}
        found = self.client("cloudwatch").describe_alarms(AlarmNames=list(names))["MetricAlarms"]
        return {names[alarm["AlarmName"]] for alarm in found if alarm["StateValue"] == "ALARM"}

    @cached_property
    def _resources(self) -> dict[str, str]:
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        return {
            entry["LogicalResourceId"]: entry["PhysicalResourceId"]
            for page in pages.paginate(StackName=self._name)
            for entry in page["StackResourceSummaries"]
            if "PhysicalResourceId" in entry
        }
