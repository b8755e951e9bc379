"""Authentication: from an ``Authorization`` header to the caller (CONTRACT.md section 8).

A JSON Web Token is checked without the table. Only an API key needs it, so only then is the store
imported, which costs the authorizer's start more than a token does.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from installs import api_keys, clock, tokens
from installs.deadline import NO_DEADLINE, Deadline
from installs.principals import KeyKind, PrincipalKind
from installs.tokens import BadTokenError


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller: a user by a claim of a token, or an API key by its id.

    ``enabled`` is false where the caller is known, but closed out: a key of a workspace that is
    deleted or gone.
    """

    id: str
    kind: PrincipalKind
    enabled: bool = True


def authenticate(authorization: object, deadline: Deadline = NO_DEADLINE) -> Caller:
    """Return the caller of a header, by the deadline.

    Raises
    ------
    BadTokenError
        The token is missing, of another scheme, malformed, forged, expired or revoked. A
        ``BadSubjectError``: a valid token whose claim is not a valid id.
    KeySetError
        There are no keys to tell.
    UnavailableError
        The table does not answer.
    """
    scheme, _, credentials = str(authorization or "").partition(" ")
    token = credentials.strip(" ")
    if scheme.lower() != "bearer" or not token.isascii():
        raise BadTokenError
    if api_keys.is_secret(token):
        return _key(token, deadline)
    subject = tokens.subject(
        token,
        issuer=os.environ["ISSUER"],
        audience=os.environ["AUDIENCE"],
        jwks=os.environ["JWKS"],
        claim=os.environ.get("SUBJECT_CLAIM", "sub"),
    )
    return Caller(subject, PrincipalKind.USER)


def _key(secret: str, deadline: Deadline) -> Caller:
    from installs.store import api_keys as stored
    from installs.store.table import Table

    table = Table.of_function(deadline=deadline)
    key = stored.by_secret(table, api_keys.digest(secret))
    if key is None or not api_keys.opens(key, secret) or not api_keys.works(key, clock.now()):
        raise BadTokenError
    closed = (
        key.kind != KeyKind.TOKEN
        and key.workspace_id is not None
        and stored.workspace_is_closed(table, key.workspace_id)
    )
    return Caller(key.id, PrincipalKind.KEY, enabled=not closed)
