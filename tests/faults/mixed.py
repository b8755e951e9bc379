"""Clients that ask all sorts of things at once, and know what each answer may be.

Each client has a workspace of its own, in which nobody else changes the installs that have no
parent. So it can look at the table behind the proxy, before a request and after it, and hold the
answer to that: what is told as done is done, what is told as refused could not be, a page has the
rows that there are, and of a 503 either is true.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final

from functions.authorizer.handler import handler as authorizer
from installs.errors import UnavailableError
from installs.store import installs
from tests import rows
from tests.faults.requests import Answer, WrongAnswerError, ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from installs.lifecycle import InstallState
    from installs.store.table import Table
    from tests.rows import Row

INSTALLS: Final = 8
"""The installs without a parent in each workspace, which its client changes."""

LIVE, DELETED, GONE = "live", "deleted", "gone"
ALONE: Final = '{"parentInstallId":{"isNull":true}}'
NAMED: Final = '{"AND":[{"parentInstallId":{"isNull":true}},{"integration":{"name":{"neq":"-"}}}]}'


def lines(clients: int) -> list[Row]:
    """The rows of so many clients' workspaces."""
    made = rows.base()
    for client in range(clients):
        workspace, user = f"wsp_{client}", f"usr_{client}"
        made += [
            rows.workspace(workspace, user),
            rows.user(user),
            rows.role(user, workspace, "admin"),
        ]
        made.append(rows.api_key(f"key_{client}", _secret(client), workspaceId=workspace))
        made.append(rows.solution(f"sol_{client}", workspaceId=workspace))
        for n in range(INSTALLS):
            parent = f"ins_{client}_{n}"
            shared = {"solutionId": f"sol_{client}"} if n % 2 else {}
            made.append(rows.install(parent, workspaceId=workspace, **shared))
            made += [
                rows.member(f"mem_{client}_{n}_{m}", parent, workspaceId=workspace, enabled=m != 1)
                for m in range(4)
            ]
            made.append(
                rows.install(f"{parent}_add", workspaceId=workspace, parentInstallId=parent)
            )
    return made


def _secret(client: int) -> str:
    return f"sec_{'a' * 42}{client}"


@dataclass
class Tally:
    """The results of requests."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    longest: float = 0.0
    settled: int = 0
    """Writes that were told as unavailable, and done."""

    def count(self, name: str, answer: Answer) -> None:
        """Add a request."""
        self.statuses[name, answer.status] += 1
        self.longest = max(self.longest, answer.seconds)

    def add(self, other: Tally) -> None:
        """Add another one's."""
        self.statuses += other.statuses
        self.longest = max(self.longest, other.longest)
        self.settled += other.settled


class Client:
    """One caller, who asks for one thing after the other."""

    def __init__(self, number: int, seed: int, truth: Table) -> None:
        self._number = number
        self._user = f"usr_{number}"
        self._workspace = f"wsp_{number}"
        self._ids = [f"ins_{number}_{n}" for n in range(INSTALLS)]
        self._dice = Random(seed * 1_000 + number)  # noqa: S311 - a test's
        self._truth = truth
        self.tally = Tally()

    def step(self) -> None:
        """Ask for something, and check the answer.

        Raises
        ------
        WrongAnswerError
            It is not what the table says.
        """
        roll = self._dice.random()
        if roll < 0.4:
            self._list()
        elif roll < 0.5:
            self._let_in()
        else:
            names = ["get"] * 3 + ["uninstall"] * 4 + ["restore"] * 4
            name = "purge" if roll > 0.995 else self._dice.choice(names)
            self._one(name, self._dice.choice(self._ids))

    def _one(self, name: str, install_id: str) -> None:
        before = self._states([install_id])[install_id]
        answer = ask(name, self._user, install_id)
        after = self._states([install_id])[install_id]
        self.tally.count(name, answer)
        unavailable = answer.status == 503
        self.tally.settled += unavailable and before != after
        allowed = _ALLOWED[name, before]
        if unavailable:
            right = after == before or any(after == end for status, end in allowed if status == 200)
        else:
            right = (answer.status, after) in allowed
        if not right or (answer.status == 200 and not self._is_row(name, after, answer)):
            raise WrongAnswerError(f"{name} {install_id}: {before} -> {answer} -> {after}")

    def _is_row(self, name: str, state: str, answer: Answer) -> bool:
        if name in ("uninstall", "purge"):
            return bool(answer.body == {"success": True})
        return (answer.body["deletedAt"] is None) is (state == LIVE)

    def _list(self) -> None:
        query = {"workspace_id": self._workspace} if self._dice.random() < 0.5 else {}
        query["filter"] = self._dice.choice([ALONE, NAMED])
        if (limit := self._dice.choice([3, 100])) != 100:
            query["limit"] = str(limit)
        answer = ask("list", self._user, **query)
        self.tally.count("list", answer)
        if answer.status == 503:
            return
        live = {one for one, state in self._states(self._ids).items() if state == LIVE}
        found = [row["id"] for row in answer.body["data"]]
        info = answer.body["pageInfo"]
        right = (
            answer.status == 200
            and len(set(found)) == len(found) == min(limit, len(live))
            and live.issuperset(found)
            and info["total"] == len(live)
            and info["hasNextPage"] is (len(live) > limit)
        )
        if not right:
            raise WrongAnswerError(f"list {query}: {answer}, and {live} are live")

    def _let_in(self) -> None:
        """Ask the authorizer for an API key, which it has to look up."""
        arn = "arn:aws:execute-api:eu-central-1:1:api/dev/GET/x"
        asked = {"authorizationToken": f"Bearer {_secret(self._number)}", "methodArn": arn}
        try:
            told = authorizer(asked, None)
        except UnavailableError:
            self.tally.count("let in", Answer(503, None, 0))
            return
        self.tally.count("let in", Answer(200, told, 0))
        effect = told["policyDocument"]["Statement"][0]["Effect"]
        if (told["principalId"], effect) != (f"key_{self._number}", "Allow"):
            raise WrongAnswerError(f"let in: {told}")

    def _states(self, ids: Iterable[str]) -> Mapping[str, str]:
        found = installs.get_many(self._truth, ids)
        return {one: _state(found.get(one)) for one in ids}


def _state(state: InstallState | None) -> str:
    if state is None:
        return GONE
    return LIVE if state.live else DELETED


_ALLOWED: Final[Mapping[tuple[str, str], frozenset[tuple[int, str]]]] = {
    ("get", LIVE): frozenset({(200, LIVE)}),
    ("get", DELETED): frozenset({(200, DELETED)}),
    ("uninstall", LIVE): frozenset({(200, DELETED), (409, LIVE)}),
    ("uninstall", DELETED): frozenset({(200, DELETED)}),
    ("restore", LIVE): frozenset({(200, LIVE)}),
    ("restore", DELETED): frozenset({(200, LIVE), (409, DELETED)}),
    ("purge", LIVE): frozenset({(409, LIVE)}),
    ("purge", DELETED): frozenset({(200, GONE), (409, DELETED)}),
    **{(name, GONE): frozenset({(404, GONE)}) for name in ("get", "uninstall", "restore", "purge")},
}
"""By what is asked, and what was so: the status, and what is so then. 409: another was first."""
