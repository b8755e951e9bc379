"""One budget of retries for a process, and of time for a request (docs/adr/0031)."""

from __future__ import annotations

import time
from random import Random

import pytest

from installs.deadline import NO_DEADLINE, REPORT_SECONDS, STEP_SECONDS, Deadline, OutOfTimeError
from installs.store.retries import ATTEMPTS, TOKENS, Attempts, CallFailedError, Failure, Tokens
from tests.clocks import Time

BUSY = Failure("ThrottlingException")
CONFLICT = Failure("TransactionConflict", conflict=True)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time(monkeypatch)
    monkeypatch.setattr(time, "sleep", made.pass_)
    return made


def sent(tokens: Tokens, fails: float, random: Random, deadline: Deadline = NO_DEADLINE) -> int:
    """Attempts of a call to a table that fails a share of them."""
    attempts = Attempts("Query", deadline, tokens, lambda: None)
    number = 0
    try:
        while True:
            attempts.seconds()
            number += 1
            if random.random() >= fails:
                attempts.answered()
                return number
            attempts.failed(BUSY)
    except CallFailedError:
        return number


@pytest.mark.parametrize(
    ("fails", "most"), [(0.0, 1.0), (0.1, 1.3), (0.3, 1.6), (0.5, 2.05), (0.9, 1.6), (1.0, 1.1)]
)
def test_a_failing_table_is_not_hammered(clock: Time, fails: float, most: float) -> None:
    calls, tokens, random = 2_000, Tokens(), Random(1)  # noqa: S311 - a simulation, no secret
    assert sum(sent(tokens, fails, random) for _ in range(calls)) / calls <= most


def test_a_table_that_is_well_again_is_retried_again(clock: Time) -> None:
    tokens, random = Tokens(), Random(1)  # noqa: S311
    for _ in range(TOKENS):
        sent(tokens, 1.0, random)
    # when nothing is left, a call is still sent once
    assert sent(tokens, 1.0, random) == 1
    # and each that is answered buys a retry, up to what there was
    for _ in range(TOKENS + 50):
        sent(tokens, 0.0, random)
    assert tokens.left == TOKENS
    assert sent(tokens, 1.0, random) == ATTEMPTS


def test_a_conflict_says_that_the_table_is_well(clock: Time) -> None:
    tokens = Tokens(left=0)
    attempts = Attempts("TransactWriteItems", NO_DEADLINE, tokens, lambda: None)
    for _ in range(ATTEMPTS - 1):
        attempts.seconds()
        attempts.failed(CONFLICT)
    attempts.seconds()
    with pytest.raises(CallFailedError) as raised:
        attempts.failed(CONFLICT)
    assert raised.value.attempts == ATTEMPTS


@pytest.mark.parametrize("allowed", [0.05, 0.5, 1, 3])
def test_all_attempts_together_end_with_the_request(clock: Time, allowed: float) -> None:
    began = clock.steady
    deadline = Deadline(began + allowed)
    attempts = Attempts("Query", deadline, Tokens(), lambda: None)

    def hang() -> None:
        while True:
            clock.pass_(attempts.seconds())
            attempts.failed(Failure("ReadTimeoutError", maybe_done=True))

    with pytest.raises(CallFailedError) as raised:
        hang()

    assert clock.steady <= deadline.ends + 1e-6
    assert raised.value.seconds == pytest.approx(clock.steady - began)
    assert raised.value.maybe_done is (raised.value.attempts > 0)


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 20_000


def test_a_deadline_is_the_invocations_less_the_answer(clock: Time) -> None:
    assert Deadline.of(Context()).left == 20 - REPORT_SECONDS
    assert Deadline.of(Context(), at_most=15).left == 15
    assert Deadline.of(None, at_most=15).left == 15
    deadline = Deadline.of(Context())
    deadline.check_step()
    clock.pass_(deadline.left - STEP_SECONDS + 0.1)
    with pytest.raises(OutOfTimeError):
        deadline.check_step()
