"""Workspaces, users, their roles, and API keys."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from installs.model import ApiKey, RetentionTier, User, Workspace, WorkspaceMember
from installs.principals import KeyKind
from tools.demo.world import day

if TYPE_CHECKING:
    from tools.demo.world import World

_WORKSPACES: Final = (
    # id, organisation, name, owner, default tier
    ("wsp_acme", "org_acme", "Acme", "usr_ada", RetentionTier.MEDIUM),
    ("wsp_acme_labs", "org_acme", "Acme Labs 🧪", "usr_ada", RetentionTier.SHORT),
    ("wsp_acme_sales", "org_acme", "Acme Vertrieb für Übersee", "usr_ada", RetentionTier.LONG),
    ("wsp_acme_archive", "org_acme", "Acme Archive", "usr_ada", RetentionTier.NONE),
    ("wsp_globex", "org_globex", "Globex 株式会社", "usr_gia", None),
    ("wsp_solo", None, "Solo", "usr_sol", None),
)
_USERS: Final = (
    # id, name, role on the platform
    ("usr_root", "Root", "admin"),
    ("usr_ada", "Ada Łukasiewicz", "user"),
    ("usr_ed", "Ed Müller-Ångström", "user"),
    ("usr_vi", "Vi 山田", "user"),
    ("usr_gia", "Gia O'Neill", "user"),
    ("usr_sol", "Sol 🌞", "user"),
    ("usr_stranger", "A Stranger", "user"),
    ("svc_deploy", "Deploy robot 🤖", "service"),
)
_ROLES: Final = {
    "usr_ada": {name: "admin" for name, *_ in _WORKSPACES if name.startswith("wsp_acme")},
    "usr_ed": {"wsp_acme": "editor", "wsp_acme_labs": "editor", "wsp_acme_sales": "viewer"},
    "usr_vi": {"wsp_acme": "viewer", "wsp_acme_labs": "viewer"},
    "usr_gia": {"wsp_globex": "admin"},
    "usr_sol": {"wsp_solo": "admin"},
    "svc_deploy": {"wsp_acme": "editor", "wsp_globex": "viewer"},
}
DEMO_SECRETS: Final = {
    "key_acme_secret": "sec_demo_acme",
    "key_acme_public": "pub_demo_acme",
    "key_vi_token": "tok_demo_vi",
}
"""The valid API keys and their secrets, which are public: for the demo's rows alone."""


def add_workspaces(world: World) -> None:
    """Add workspaces, users, roles and API keys."""
    for number, (id_, organization, name, owner, tier) in enumerate(_WORKSPACES):
        handle = id_.removeprefix("wsp_").replace("_", "-")
        created = day(number)
        world.add(Workspace(id_, organization, name, handle, owner, tier, created, created, None))
    gone = world.removal(40, None).at
    world.add(
        Workspace(
            "wsp_initech", None, "Initech", "initech", "usr_sol", None, day(6), day(300), gone
        )
    )
    for number, (id_, name, role) in enumerate(_USERS):
        handle = id_.partition("_")[2]
        world.add(User(id_, name, f"{handle}@example.com", handle, role, day(number / 4)))
    for user_id, roles in _ROLES.items():
        for workspace_id, role in roles.items():
            id_ = f"wsm_{user_id[4:]}_{workspace_id[4:]}"
            world.add(WorkspaceMember(id_, workspace_id, user_id, role, day(8)))
    _add_keys(world)


def _add_keys(world: World) -> None:
    """Add a valid key of each kind, an expired one, and a deleted one."""
    secret, public, token = DEMO_SECRETS
    acme, gone = "wsp_acme", world.removal(3, None).at
    expired = _hash("sec_demo_expired")
    deleted = _hash("tok_demo_deleted")
    lasting = "2099-12-31T00:00:00.000Z"
    secret_kind, public_kind, token_kind = KeyKind.SECRET, KeyKind.PUBLIC, KeyKind.TOKEN
    world.add(
        ApiKey(
            secret, secret_kind, acme, None, "editor", _demo(secret), None, None,
            "CRM sync", day(12),
        ),
        ApiKey(
            public, public_kind, acme, None, "viewer", _demo(public), lasting, None,
            "Website", day(14),
        ),
        ApiKey(
            token, token_kind, None, "usr_vi", "viewer", _demo(token), None, None,
            "Vi's scripts", day(16),
        ),
        ApiKey(
            "key_expired", secret_kind, acme, None, "admin", expired, day(30), None, None, day(10),
        ),
        ApiKey(
            "key_deleted", token_kind, None, "usr_ed", "editor", deleted, None, gone, None, None,
        ),
    )  # fmt: skip


def _demo(key_id: str) -> str:
    return _hash(DEMO_SECRETS[key_id])


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
