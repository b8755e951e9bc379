"""State of the local system on disk, by default below ``.local``."""

from __future__ import annotations

import fcntl
import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from installs.store.items import camel_case
from tools.local.errors import LocalSystemError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A running local system, as ``stack.json`` tells of it."""

    base_url: str
    pages_url: str
    tokens: Mapping[str, str]
    table_name: str
    dynamodb_endpoint: str
    aws_endpoint: str
    dead_letter_bucket: str
    cascade_function: str
    event_bus: str
    publish_function: str
    unpublished_bucket: str
    ingest_function: str
    rows_queue: str
    rows_dead_letters: str
    pid: int

    def as_json(self) -> str:
        """The text of ``stack.json``: these fields in camelCase."""
        document = {camel_case(field.name): getattr(self, field.name) for field in fields(self)}
        return json.dumps(document, indent=2) + "\n"

    @property
    def outputs(self) -> Mapping[str, str]:
        """The outputs of its stack, by their names in template.yaml."""
        return {
            "ApiUrl": self.base_url,
            "TableName": self.table_name,
            "DeadLetterBucketName": self.dead_letter_bucket,
            "CascadeFunctionName": self.cascade_function,
            "EventBusName": self.event_bus,
            "PublishFunctionName": self.publish_function,
            "UnpublishedBucketName": self.unpublished_bucket,
            "IngestFunctionName": self.ingest_function,
            "RowsQueueUrl": self.rows_queue,
            "RowsDeadLettersUrl": self.rows_dead_letters,
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> RunningStack:
        """Read the text of ``as_json``."""
        return cls(**{field.name: document[camel_case(field.name)] for field in fields(cls)})


class StateDirectory:
    """The files of one local system."""

    def __init__(self, path: Path) -> None:
        """Use ``path``, made if it is not there."""
        self.path = path.resolve()
        self.path.mkdir(parents=True, exist_ok=True)
        self.signing_key = self.path / "signing-key.pem"
        self.stack = self.path / "stack.json"
        self.demo = self.path / "demo.ndjson"
        self.stdin = self.path / "stdin.ndjson"
        self.logs = self.path / "logs"
        self.temporary = self.path / "tmp"
        self.rows = self.path / "rows"
        self.database = self.rows / "dynamodb.sqlite"
        self.events = self.rows / "events.ndjson"
        self.objects = self.rows / "s3"

    def checkpoint(self, consumer: str) -> Path:
        """The file of a stream consumer's checkpoint; each consumer has its own."""
        return self.rows / f"checkpoint-{consumer}.json"

    def prepare(self, *, keep_rows: bool) -> None:
        """Clear what an earlier run left; its rows too, unless they are to be kept."""
        self.stack.unlink(missing_ok=True)
        leftovers = [self.logs, self.temporary] + ([] if keep_rows else [self.rows])
        for directory in leftovers:
            shutil.rmtree(directory, ignore_errors=True)
        for directory in (self.logs, self.temporary, self.rows):
            directory.mkdir(exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory: two systems in one would take each other's rows.

        The system frees the lock when its holder ends, however it ends.
        """
        with (self.path / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise LocalSystemError(
                    f"A local system already runs from {self.path}: end it first."
                ) from error
            yield

    def running(self) -> RunningStack:
        """The system that runs from here."""
        if not self.stack.exists():
            raise LocalSystemError("No local system is running: start one with 'make run'.")
        return RunningStack.of(json.loads(self.stack.read_text()))
