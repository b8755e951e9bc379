"""The keys that sign tokens: a JSON Web Key Set (RFC 7517), by URL or inline.

The server of the set may be slow, down or broken, and tokens may have invented key ids. So time,
size and rate of the fetches are bounded.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from functools import cache
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final
from urllib.request import HTTPRedirectHandler, build_opener

from cryptography.exceptions import UnsupportedAlgorithm
from jwt import PyJWK, PyJWTError

from installs import clock
from installs.clock import Stamp
from installs.nesting import nested_beyond

if TYPE_CHECKING:
    from collections.abc import Sequence

logger: Final = logging.getLogger(__name__)
"""The standard library's, whose lines Lambda formats: the authorizer starts without Powertools."""

KEEP_SECONDS: Final = 300
"""The time for which a fetched set is used."""

STALE_SECONDS: Final = 3600
"""The longest use of a set while no newer one can be fetched (RFC 5861, stale-if-error)."""

REFETCH_SECONDS: Final = 30
"""The least time between two fetches because of unknown key ids."""

REST_SECONDS: Final = 5
"""The time after a failed fetch during which there is no other."""

ANSWER_SECONDS: Final = 4
"""The longest duration of a whole response, however slow; the authorizer has 10 seconds."""

MAX_BYTES: Final = 256 * 1024

_URL: Final = re.compile(r"https://\S+|http://(127\.0\.0\.1|localhost)(:\d+)?(/\S*)?")
"""A response that can be changed in transit lets others sign: plain HTTP only on this host."""

_ODD: Final = (
    PyJWTError, UnsupportedAlgorithm, NotImplementedError, ValueError, TypeError, KeyError,
    AttributeError, ArithmeticError,
)  # fmt: skip
"""The errors that PyJWT raises on malformed keys: ``alg`` a list, or ``none``."""


class KeySetError(Exception):
    """The key set is unavailable or invalid: an error of the configuration, not of the caller."""


def key_set(jwks: str) -> InlineKeySet | RemoteKeySet:
    """Return the process's key set for a URL, or for the JSON of a set."""
    return _remote(jwks) if _URL.fullmatch(jwks) else _inline(jwks)


class InlineKeySet:
    """A set given inline as JSON."""

    def __init__(self, text: str) -> None:
        self._keys = _read(text)

    def keys(self) -> Sequence[PyJWK]:
        """Return all keys."""
        return self._keys

    def newer_keys(self) -> Sequence[PyJWK]:
        """Return no keys: this set never changes."""
        return ()


class RemoteKeySet:
    """A set at a URL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: Sequence[PyJWK] = ()
        self._fetched: Stamp | None = None
        self._failed: Stamp | None = None

    def keys(self) -> Sequence[PyJWK]:
        """Return all keys, fetched if there are none yet or they are old.

        Old ones serve for a while where no newer ones can be fetched: an issuer that does not
        answer for a moment locks no caller out.

        Raises
        ------
        KeySetError
            They cannot be had, now or a moment ago.
        """
        if not _within(self._fetched, KEEP_SECONDS):
            resting = _within(self._failed, REST_SECONDS)
            try:
                self._fetch()
            except KeySetError as error:
                if not _within(self._fetched, STALE_SECONDS):
                    raise
                if not resting:
                    logger.warning("The key set is stale, and used: %s", error)
        return self._keys

    def newer_keys(self) -> Sequence[PyJWK]:
        """Return all keys, fetched again because of an unknown key id.

        None where that was done a moment ago, or fails: then nothing tells that id from an
        invented one.
        """
        if _within(self._fetched, REFETCH_SECONDS):
            return ()
        try:
            self._fetch()
        except KeySetError:
            return ()
        return self._keys

    def _fetch(self) -> None:
        if _within(self._failed, REST_SECONDS):
            raise KeySetError("The key set could not be had a moment ago.")
        self._failed = stamp = Stamp()
        self._keys = _read(_answer(self._url))
        self._fetched, self._failed = stamp, None


def _within(stamp: Stamp | None, seconds: float) -> bool:
    return stamp is not None and stamp.within(seconds)


def _read(text: str | bytes) -> Sequence[PyJWK]:
    try:
        documents = json.loads(_bounded(text))["keys"]
        keys = [key for document in documents if (key := _key(document)) is not None]
    except (ValueError, TypeError, KeyError) as error:
        raise KeySetError("This is neither a key set nor the https URL of one.") from error
    if not keys:
        raise KeySetError("No key of the set can verify a signature.")
    return keys


def _bounded(text: str | bytes) -> str:
    decoded = text if isinstance(text, str) else text.decode()
    if nested_beyond(decoded):
        raise ValueError("nested too deep")
    return decoded


def _key(document: Any) -> PyJWK | None:  # noqa: ANN401 - any JSON
    """Decode a key that may verify signatures; skip an unusable one (RFC 7517, 5)."""
    try:
        usable = document.get("use") in (None, "sig") and "verify" in document.get(
            "key_ops", ["verify"]
        )
        return PyJWK(document) if usable else None
    except _ODD:
        return None


class _NoRedirect(HTTPRedirectHandler):
    """Refusal of redirects: only the configured URL is trusted."""

    def redirect_request(self, *_: object) -> None:
        return None


def _answer(url: str) -> bytes:
    """Fetch a URL in a thread, since a socket's timeout starts again at each byte."""
    bodies: list[bytes] = []
    end = clock.steady() + ANSWER_SECONDS

    def read() -> None:
        body = b""
        try:
            with build_opener(_NoRedirect).open(url, timeout=ANSWER_SECONDS) as response:
                while chunk := response.read1(MAX_BYTES):
                    body += chunk
                    if len(body) > MAX_BYTES or clock.steady() > end:
                        break  # or this thread would outlive the request
                bodies.append(body)
        except (OSError, HTTPException, ValueError):
            return

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(ANSWER_SECONDS)
    if not bodies:
        raise KeySetError("The key set's URL does not answer.")
    if len(bodies[0]) > MAX_BYTES:
        raise KeySetError(f"The key set is larger than {MAX_BYTES:,} bytes.")
    return bodies[0]


@cache
def _inline(jwks: str) -> InlineKeySet:
    return InlineKeySet(jwks)


@cache
def _remote(url: str) -> RemoteKeySet:
    return RemoteKeySet(url)
