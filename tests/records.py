"""The rows of ``tests.rows`` as records of ``installs.model``, by the contract's field names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from installs import model
from tests import rows

if TYPE_CHECKING:
    from tests.rows import Row

R = TypeVar("R", bound=model.Row)


def install(install_id: str, **fields: object) -> model.Install:
    return _record(model.Install, rows.install(install_id, **fields))


def member(member_id: str, install_id: str, **fields: object) -> model.IntegrationMember:
    return _record(model.IntegrationMember, rows.member(member_id, install_id, **fields))


def solution(solution_id: str, **fields: object) -> model.Solution:
    return _record(model.Solution, rows.solution(solution_id, **fields))


def solution_member(
    member_id: str, solution_id: str, entity_id: str, **fields: object
) -> model.SolutionMember:
    row = rows.solution_member(member_id, solution_id, entity_id, **fields)
    return _record(model.SolutionMember, row)


def workspace(workspace_id: str, **fields: object) -> model.Workspace:
    return _record(model.Workspace, rows.workspace(workspace_id, workspace_id, **fields))


def user(user_id: str, **fields: object) -> model.User:
    return _record(model.User, rows.user(user_id, **fields))


def role(user_id: str, workspace_id: str, name: str) -> model.WorkspaceMember:
    return _record(model.WorkspaceMember, rows.role(user_id, workspace_id, name))


def _record(kind: type[R], row: Row) -> R:
    named = {re.sub("[A-Z]", _snake, field): value for field, value in rows.stored(row).items()}
    return kind(**named)


def _snake(capital: re.Match[str]) -> str:
    return f"_{capital[0].lower()}"
