"""Environments that SnapStart restores from one snapshot, as a process and its copies by ``fork``.

A program: it imports functions as Lambda does before a snapshot, and is then copied. Each copy
answers a request with the function of its command line. Standard error has a line of JSON for the
snapshot, and one for each copy.
"""

from __future__ import annotations

import json
import os
import random
import ssl
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from installs import randomness
from tests.gateway import event

COPIES: Final = 2
DRAWS: Final = 20

NETWORK: Final = ("socket.connect", "socket.getaddrinfo", "socket.sendto")

used: list[str] = []
"""Uses of the network, and TLS contexts: they take random numbers of OpenSSL's generator."""


def watch() -> None:
    """Record each use of the network, and each TLS context."""
    made = ssl.SSLContext.__new__

    def make(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - as the original
        used.append("ssl.SSLContext")
        return made(*given, **named)

    ssl.SSLContext.__new__ = staticmethod(make)  # type: ignore[method-assign]
    sys.addaudithook(lambda name, _: used.append(name) if name in NETWORK else None)


def open_sockets() -> list[str]:
    """Return the descriptors of this process that are sockets."""
    return [fd.name for fd in Path("/proc/self/fd").iterdir() if fd.is_socket()]


def filled_caches() -> list[str]:
    """Return the names of our own caches that are not empty."""
    return [
        f"{module}.{name}"
        for module in sorted(sys.modules)
        if module.startswith("installs")
        for name, value in vars(sys.modules[module]).items()
        if hasattr(value, "cache_info") and value.cache_info().currsize
    ]


def print_line(**found: object) -> None:
    """Print a line at once, since a copy of a buffer would be printed twice; logs go elsewhere."""
    sys.stderr.write(json.dumps(found) + "\n")
    sys.stderr.flush()


def main(name: str, *others: str) -> None:
    """Import all functions, and let copies of this process answer a request with the first."""
    watch()
    handler = import_module(f"functions.{name}.handler").handler
    for other in others:
        import_module(f"functions.{other}.handler")
    print_line(
        used=used, sockets=open_sockets(), caches=filled_caches(), modules=sorted(sys.modules)
    )
    state = random.getstate()
    for number in range(COPIES):
        copy = os.fork()
        if copy:
            os.waitpid(copy, 0)
            continue
        random.setstate(state)  # Python seeds it anew after a fork, but Lambda restores it
        modules = set(sys.modules)
        response = handler(event(pathParameters={"id": f"ins_{number}"}), None)
        print_line(
            status=response["statusCode"],
            imported=sorted(set(sys.modules) - modules),
            of_snapshot=[random.random() for _ in range(DRAWS)],  # noqa: S311 - is compared
            numbers=[randomness.uniform(0, 1) for _ in range(DRAWS)],
            shards=[randomness.below(10) for _ in range(DRAWS)],
        )
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
