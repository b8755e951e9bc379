"""The functions' one logger: structured lines, never the event, which holds the token."""

from __future__ import annotations

from aws_lambda_powertools import Logger

logger = Logger()
