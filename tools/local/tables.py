"""The table's definition, from the template or from a deployed stack, made again in Dynoxide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient


class _TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short functions (``!Ref``), kept as ``{"Ref": ...}``."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: object
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(cast("yaml.MappingNode", node), deep=True)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_TemplateLoader.add_multi_constructor("!", _intrinsic)


def load_template(path: Path) -> dict[str, Any]:
    """A SAM template as plain data."""
    loaded: dict[str, Any] = yaml.load(path.read_text(), Loader=_TemplateLoader)  # noqa: S506 - a SafeLoader
    return loaded


@dataclass(frozen=True, slots=True)
class TableDefinition:
    """Definition of a table, for CreateTable and UpdateTimeToLive."""

    attributes: list[dict[str, str]]
    keys: list[dict[str, str]]
    indexes: list[dict[str, Any]]
    stream_view: str | None
    ttl_attribute: str | None

    @classmethod
    def from_template(cls, path: Path, logical_id: str = "InstallsTable") -> TableDefinition:
        """The definition in a template's resource."""
        properties = load_template(path)["Resources"][logical_id]["Properties"]
        return cls._of(properties, properties.get("TimeToLiveSpecification", {}))

    @classmethod
    def from_description(
        cls, table: Mapping[str, Any], time_to_live: Mapping[str, Any]
    ) -> TableDefinition:
        """The definition in what DescribeTable and DescribeTimeToLive say."""
        return cls._of(table, time_to_live)

    @classmethod
    def _of(cls, source: Mapping[str, Any], ttl: Mapping[str, Any]) -> TableDefinition:
        return cls(
            attributes=list(source["AttributeDefinitions"]),
            keys=list(source["KeySchema"]),
            indexes=[
                {part: index[part] for part in ("IndexName", "KeySchema", "Projection")}
                for index in source.get("GlobalSecondaryIndexes", [])
            ],
            stream_view=source.get("StreamSpecification", {}).get("StreamViewType"),
            ttl_attribute=ttl.get("AttributeName"),
        )

    def create(self, client: DynamoDBClient, name: str) -> None:
        """Make the table, empty, under ``name``."""
        request: dict[str, Any] = {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": self.attributes,
            "KeySchema": self.keys,
        }
        if self.indexes:
            request["GlobalSecondaryIndexes"] = self.indexes
        if self.stream_view:
            request["StreamSpecification"] = {
                "StreamEnabled": True,
                "StreamViewType": self.stream_view,
            }
        client.create_table(**request)
        if self.ttl_attribute:
            client.update_time_to_live(
                TableName=name,
                TimeToLiveSpecification={"Enabled": True, "AttributeName": self.ttl_attribute},
            )
