"""Several things at once: their results in order, or the first failure."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from ossferry.depot.side_by_side import side_by_side
from ossferry.stop import Stop


def test_results_come_in_the_order_of_the_actions() -> None:
    """Not in that of their ends."""
    second = threading.Event()

    def first() -> int:
        second.wait(30)
        return 1

    def other() -> int:
        second.set()
        return 2

    assert side_by_side([first, other], Stop(), 2) == [1, 2]


def test_nothing_to_do_is_done() -> None:
    """An empty list has no result and sets no stop."""
    stop = Stop()
    assert side_by_side([], stop, 3) == []
    assert not stop.is_set()


def test_the_failure_that_came_first_is_raised_when_all_have_ended() -> None:
    """Those that the stop ends fail as well, and that is not the reason."""
    stop = Stop()
    begun = threading.Barrier(3)
    ended: list[str] = []

    def fail() -> None:
        begun.wait(30)
        raise ValueError("the reason")

    def heed() -> None:
        begun.wait(30)
        assert stop.wait(30)
        ended.append("heeded")
        raise RuntimeError("stopped")

    with pytest.raises(ValueError, match="the reason"):
        side_by_side([heed, fail, heed], stop, 3)
    assert ended == ["heeded"] * 2


def test_what_has_not_begun_when_another_fails_never_does() -> None:
    """With one at a time, a failure leaves the rest undone."""
    done: list[int] = []

    def numbered(number: int) -> None:
        done.append(number)
        if number == 2:
            raise ValueError("two")

    with pytest.raises(ValueError, match="two"):
        side_by_side([partial(numbered, number) for number in range(1, 50)], Stop(), 1)
    assert done == [1, 2]
