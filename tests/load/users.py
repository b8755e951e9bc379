"""Callers for Locust: they list, read or change installs, and pause for ``Retry-After``.

Pauses differ, or all would come at the same moment.

A request is counted under its operation and its status.
"""

from __future__ import annotations

import os
import random
from typing import Any

import gevent  # type: ignore[import-untyped]
from locust import FastHttpUser, between, constant, task  # type: ignore[import-not-found]

INSTALLS = "/api/integration-installs"
NUMBER = int(os.environ["LOAD_INSTALLS"])
"""The installs that there are."""
WRITERS = iter(range(NUMBER))


class Caller(FastHttpUser):  # type: ignore[misc]
    """One client."""

    abstract = True

    def _call(self, name: str, method: str, path: str) -> int:
        with self.client.request(method, path, catch_response=True) as answer:
            status: int = answer.status_code
            answer.request_meta["name"] = f"{name} {status}"
            answer.success()
            pause: Any = (answer.headers or {}).get("Retry-After")
        if pause:
            gevent.sleep(float(pause) * random.uniform(1, 2))  # noqa: S311 - no secret
        return status


class Lister(Caller):
    """One of the crowd: lists without a pause."""

    weight = 2
    wait_time = constant(0)

    @task  # type: ignore[untyped-decorator]
    def page(self) -> None:
        """List a page."""
        self._call("list", "GET", f"{INSTALLS}?workspace_id=wsp_acme&limit=25")


class Reader(Caller):
    """A client that reads an install every second."""

    weight = 1
    wait_time = between(0.5, 1.5)

    @task  # type: ignore[untyped-decorator]
    def read(self) -> None:
        """Read an install."""
        number = random.randrange(NUMBER)  # noqa: S311 - no secret
        self._call("get", "GET", f"{INSTALLS}/ins_{number}")


class Writer(Caller):
    """A client that uninstalls an install of its own or restores it, every second."""

    weight = 1
    wait_time = between(0.5, 1.5)

    def on_start(self) -> None:
        """Choose the install."""
        self._own = f"{INSTALLS}/ins_{next(WRITERS)}"
        self._deleted = False

    @task  # type: ignore[untyped-decorator]
    def change(self) -> None:
        """Uninstall, or restore."""
        method, path = ("POST", f"{self._own}/restore") if self._deleted else ("DELETE", self._own)
        if self._call("write", method, path) == 200:
            self._deleted = not self._deleted
