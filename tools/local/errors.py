"""Errors that keep the local system from running; each message is one line."""

from __future__ import annotations


class LocalSystemError(Exception):
    """The local system cannot go on; the message is one line that says why and what to do."""
