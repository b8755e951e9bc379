"""Checkpoint of each shard of a stream, kept over restarts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Checkpoint:
    """The last sequence number of each shard that needs no more work; in a file, if given one."""

    def __init__(self, stream_arn: str, path: Path | None = None) -> None:
        """Read what was saved for this stream; another stream's file counts as none."""
        self._stream_arn = stream_arn
        self._path = path
        self._positions: dict[str, str] = {}
        if path and path.exists():
            saved = json.loads(path.read_text())
            if saved["streamArn"] == stream_arn:
                self._positions = saved["positions"]

    def position(self, shard_id: str) -> str | None:
        """Return the position of a shard; None if it has not begun."""
        return self._positions.get(shard_id)

    def advance(self, shard_id: str, sequence_number: str) -> None:
        """Save a shard's position: the old file or the new, never half of one."""
        if self._positions.get(shard_id) == sequence_number:
            return
        self._positions[shard_id] = sequence_number
        if self._path is None:
            return
        draft = self._path.with_suffix(".draft")
        draft.write_text(
            json.dumps({"streamArn": self._stream_arn, "positions": self._positions}) + "\n"
        )
        draft.replace(self._path)
