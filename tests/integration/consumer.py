"""The cascade's consumer as a process, to be killed; its arguments are a table and a file."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from functions.cascade.handler import handler
from tools.local.dynoxide import dynamodb_client, streams_client
from tools.local.paths import TEMPLATE
from tools.local.stream.checkpoint import Checkpoint
from tools.local.stream.functions import in_process
from tools.local.stream.poller import Poller
from tools.local.stream.settings import MappingSettings

if TYPE_CHECKING:
    from collections.abc import Callable


class Invocation:
    """Lambda's context, with a minute left."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation would end."""
        return 60_000


def consumer(
    endpoint: str, table_name: str, checkpoint: Path, beginning: str = "TRIM_HORIZON"
) -> Poller:
    """A consumer that follows the table's stream from its checkpoint, if it has one."""
    described = dynamodb_client(endpoint).describe_table(TableName=table_name)["Table"]
    stream_arn = described["LatestStreamArn"]
    call: Callable[..., object] = in_process(handler, Invocation())
    return Poller(
        streams_client(endpoint),
        stream_arn,
        call,
        replace(MappingSettings.from_template(TEMPLATE), starting_position=beginning),
        checkpoint=Checkpoint(stream_arn, checkpoint),
    )


if __name__ == "__main__":
    consumer(sys.argv[1], sys.argv[2], Path(sys.argv[3])).run(threading.Event())
