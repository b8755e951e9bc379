"""ministack: API Gateway, Lambda, CloudFormation and S3 in one process."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.local.dynoxide import CREDENTIALS, REGION
from tools.local.errors import LocalSystemError
from tools.local.paths import MINISTACK_PYTHON
from tools.local.ports import HOST, require_free, wait_until_listening
from tools.local.processes import Child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.local.state import StateDirectory

_EMULATOR: Final = Path(__file__).with_name("emulator.py")
_LEAKING: Final = ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE")


def aws_environment(endpoint: str | None) -> dict[str, str]:
    """The process's own variables, with AWS tools turned to the emulator, away from any account."""
    return {
        **{name: value for name, value in os.environ.items() if name not in _LEAKING},
        **CREDENTIALS,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        **({"AWS_ENDPOINT_URL": endpoint} if endpoint else {}),
    }


@contextmanager
def running_ministack(
    port: int, state: StateDirectory, dynamodb_endpoint: str
) -> Iterator[tuple[str, Child]]:
    """Run the emulator on ``port``; its functions find their tables at ``dynamodb_endpoint``."""
    require_free(port)
    if not MINISTACK_PYTHON.exists():
        raise LocalSystemError("ministack is not installed: run 'make setup'.")
    endpoint = f"http://{HOST}:{port}"
    environment = aws_environment(endpoint) | {
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_endpoint,
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "LOG_LEVEL": "INFO",
        "STATE_DIR": str(state.temporary / "ministack"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state.objects),
        "TMPDIR": str(state.temporary),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    log = state.logs / "ministack.log"
    with Child([MINISTACK_PYTHON, "-P", _EMULATOR], log=log, environment=environment) as child:
        wait_until_listening(port, 30, child.running)
        yield endpoint, child
