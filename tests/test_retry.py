"""Retries are bounded by attempts and by time, and wait as long as the other side asked."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import FerryError, SourceGone, SourceUnavailable, TargetUnavailable
from ossferry.retry import RetryPolicy, call

POLICY = RetryPolicy(attempts=4, first=1.0, cap=3.0)


class Scripted:
    """An action that fails as told, then succeeds; its clock runs only while it sleeps."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.attempts = 0
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> str:
        self.attempts += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def run(
        self,
        deadline: float = math.inf,
        owned: tuple[type[FerryError], ...] = (FerryError,),
        policy: RetryPolicy = POLICY,
    ) -> str:
        return call(
            self,
            policy,
            deadline=deadline,
            owned=owned,
            sleep=self.sleep,
            clock=lambda: self.now,
        )


def test_success_needs_no_second_attempt() -> None:
    """What works is done once and waits for nothing."""
    action = Scripted()
    assert action.run() == "done"
    assert (action.attempts, action.slept) == (1, [])


def test_what_may_pass_is_tried_again() -> None:
    """Hiccups are got over, with one wait before each further attempt."""
    action = Scripted(SourceUnavailable("a"), TargetUnavailable("b"))
    assert action.run() == "done"
    assert (action.attempts, len(action.slept)) == (3, 2)


def test_attempts_are_bounded_and_the_last_error_is_the_answer() -> None:
    """With n attempts there are n - 1 waits, and the error of the last attempt is raised."""
    action = Scripted(*(SourceUnavailable(str(n)) for n in range(9)))
    with pytest.raises(SourceUnavailable, match="3"):
        action.run()
    assert (action.attempts, len(action.slept)) == (4, 3)


def test_a_single_attempt_never_waits() -> None:
    """A policy of one attempt is no retry at all."""
    action = Scripted(SourceUnavailable("once"))
    with pytest.raises(SourceUnavailable):
        action.run(policy=RetryPolicy(attempts=1))
    assert (action.attempts, action.slept) == (1, [])


@pytest.mark.parametrize("error", [SourceGone("final"), KeyError("a fault")])
def test_final_errors_are_raised_at_once(error: Exception) -> None:
    """Neither an error that cannot pass nor a fault in our own code is repeated."""
    action = Scripted(error)
    with pytest.raises(type(error)):
        action.run()
    assert action.attempts == 1


def test_errors_of_another_owner_are_not_repeated_here() -> None:
    """One owner per failure: retries that another layer has spent are not multiplied."""
    action = Scripted(SourceUnavailable("had its attempts already"))
    with pytest.raises(SourceUnavailable):
        action.run(owned=(TargetUnavailable,))
    assert action.attempts == 1


def test_the_other_side_is_given_the_time_that_it_asked_for() -> None:
    """Retry-After goes before a shorter delay of our own."""
    action = Scripted(SourceUnavailable("busy", 42.0))
    assert action.run() == "done"
    assert action.slept == [42.0]


@pytest.mark.parametrize(("deadline", "attempts"), [(42.0, 1), (42.5, 2)])
def test_a_wait_that_ends_after_the_deadline_is_not_begun(deadline: float, attempts: int) -> None:
    """The error is the answer as soon as another attempt could not begin in time."""
    action = Scripted(SourceUnavailable("busy", 42.0), SourceUnavailable("busy", 42.0))
    with pytest.raises(SourceUnavailable):
        action.run(deadline=deadline)
    assert action.attempts == attempts


@given(attempts=st.integers(1, 12), first=st.floats(0.001, 10), cap=st.floats(0.001, 30), high=...)
def test_delays_are_bounded_and_one_fewer_than_attempts(
    attempts: int, first: float, cap: float, high: bool
) -> None:
    """Each delay lies between nothing and a bound that doubles up to the cap."""
    policy = RetryPolicy(attempts, first, cap)
    bounds = list(policy.delays(lambda low, top: top if high else low))
    assert len(bounds) == attempts - 1
    if high:
        assert bounds == [min(cap, first * 2**n) for n in range(attempts - 1)]
    else:
        assert bounds == [0] * (attempts - 1)
