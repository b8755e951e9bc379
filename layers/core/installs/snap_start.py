"""Lambda SnapStart: a snapshot is taken after the imports of a function (docs/adr/0055).

Each environment starts as a copy of it. So a snapshot should have every module that a request may
need, and must have nothing that is unique or that ages: no connection, no random numbers, no
credentials, no cached rows. Imports make none of these, and a test holds them to it.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Final

_TYPE: Final = "AWS_LAMBDA_INITIALIZATION_TYPE"


def preload(*modules: str) -> None:
    """Import modules that only some requests need, if a snapshot is taken afterwards.

    Lambda's runtime knows it by the same variable. Any other start would wait for these imports.
    """
    if os.environ.get(_TYPE) == "snap-start":
        for module in modules:
            import_module(module)
