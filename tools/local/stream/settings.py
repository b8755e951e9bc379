"""The settings of an event source mapping, as Lambda's API describes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tools.local.stream.patterns import EventPattern
from tools.local.tables import load_template

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REPORT_BATCH_ITEM_FAILURES: Final = "ReportBatchItemFailures"
NO_BOUND: Final = -1
DEFAULT_BATCH_SIZE: Final = 100

CASCADE: Final = "CascadeFunctionDeletions"
PUBLISH: Final = "PublishFunctionChanges"
"""The logical ids of the stream's mappings."""


@dataclass(frozen=True, slots=True)
class MappingSettings:
    """Settings of a stream's delivery; the defaults are Lambda's."""

    uuid: str = "00000000-0000-0000-0000-000000000000"
    function_arn: str = ""
    batch_size: int = DEFAULT_BATCH_SIZE
    batching_window_seconds: float = 0
    starting_position: str = "TRIM_HORIZON"
    patterns: tuple[EventPattern, ...] = ()
    reports_item_failures: bool = False
    bisects: bool = False
    retry_attempts: int = NO_BOUND
    record_age_seconds: int = NO_BOUND
    on_failure: str | None = None

    @classmethod
    def from_description(cls, mapping: Mapping[str, Any]) -> MappingSettings:
        """The settings in an answer of GetEventSourceMapping."""
        filters = (mapping.get("FilterCriteria") or {}).get("Filters", [])
        destination = (mapping.get("DestinationConfig") or {}).get("OnFailure") or {}
        return cls(
            uuid=mapping["UUID"],
            function_arn=mapping["FunctionArn"],
            batch_size=mapping.get("BatchSize", DEFAULT_BATCH_SIZE),
            batching_window_seconds=mapping.get("MaximumBatchingWindowInSeconds", 0),
            starting_position=mapping.get("StartingPosition", "TRIM_HORIZON"),
            patterns=tuple(EventPattern(filter_["Pattern"]) for filter_ in filters),
            reports_item_failures=(
                REPORT_BATCH_ITEM_FAILURES in mapping.get("FunctionResponseTypes", [])
            ),
            bisects=mapping.get("BisectBatchOnFunctionError", False),
            retry_attempts=mapping.get("MaximumRetryAttempts", NO_BOUND),
            record_age_seconds=mapping.get("MaximumRecordAgeInSeconds", NO_BOUND),
            on_failure=destination.get("Destination"),
        )

    @classmethod
    def from_template(cls, path: Path, name: str = CASCADE) -> MappingSettings:
        """The settings of a mapping in a template; what is given up goes nowhere."""
        mapping = load_template(path)["Resources"][name]["Properties"]
        identity = {"UUID": "template", "FunctionArn": name, "DestinationConfig": None}
        return cls.from_description({**mapping, **identity})

    def wants(self, record: Mapping[str, Any]) -> bool:
        """Return True if a record matches one of the filters, or if there are none."""
        return not self.patterns or any(pattern.matches(record) for pattern in self.patterns)
