"""Rows sent through the function ``ingest``, in order, with a result for each line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from installs.ingest.apply import MAX_LINES
from installs.ingest.calls import MAX_BYTES
from tools.importer.errors import ImportStoppedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True, slots=True)
class Put:
    """A function, by its name, and how it is to take rows."""

    functions: LambdaClient
    name: str
    recreate_purged: bool = False

    def results(self, lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Send lines in calls as large as may be; give the number of each line with its result.

        Raises
        ------
        ImportStoppedError
            The function failed; the lines of that call may be applied or not: send them again.
        """
        for batch in _batches(lines):
            rows = [text for _, text in batch]
            answer = self._call({"rows": rows, "recreatePurged": self.recreate_purged})
            if "results" not in answer:
                reasons = "; ".join(
                    f"{error['pointer'] or '/'}: {error['detail']}"
                    for error in answer.get("errors", [])
                )
                raise ImportStoppedError(f"The function {self.name} takes no such call: {reasons}")
            yield from zip((number for number, _ in batch), answer["results"], strict=True)

    def _call(self, event: dict[str, Any]) -> dict[str, Any]:
        payload = json.dumps(event, ensure_ascii=False).encode()
        answer = self.functions.invoke(FunctionName=self.name, Payload=payload)
        body = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise ImportStoppedError(f"The function {self.name} failed: {str(body)[:500]}")
        document: dict[str, Any] = body
        return document


def _batches(lines: Iterable[tuple[int, bytes]]) -> Iterator[list[tuple[int, str]]]:
    """Return lines in calls of at most 500 rows and 5 MB; blank ones are left out.

    A row goes as the text that it is, so that its numbers stay as they are written.
    """
    batch: list[tuple[int, str]] = []
    size = room = MAX_BYTES - 1_000
    for number, line in lines:
        try:
            text = line.decode().strip()
        except UnicodeDecodeError as error:
            raise ImportStoppedError(f"Line {number} is not UTF-8: {error.reason}") from error
        if not text:
            continue
        length = len(json.dumps(text).encode()) + 1
        if batch and (len(batch) == MAX_LINES or length > size):
            yield batch
            batch, size = [], room
        batch.append((number, text))
        size -= length
    if batch:
        yield batch
