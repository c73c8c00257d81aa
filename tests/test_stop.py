"""A stop reaches whoever waits for it, before and after it is set."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

from ossferry.stop import Stop


def test_actions_are_done_when_the_stop_is_set_and_once() -> None:
    """In the order in which they were given, and not again."""
    done: list[int] = []
    stop = Stop()
    with stop.then(lambda: done.append(1)), stop.then(lambda: done.append(2)):
        assert done == []
        stop.set()
        stop.set()
        assert done == [1, 2]
    assert done == [1, 2]


def test_an_action_lasts_as_long_as_its_block() -> None:
    """However the block ends; what the action holds can be let go of."""

    class Held:
        def act(self) -> None:
            done.append(self)

    done: list[Held] = []
    stop, held = Stop(), Held()
    gone = weakref.ref(held)
    with pytest.raises(ValueError, match="over"), stop.then(held.act):
        raise ValueError("over")
    del held
    gc.collect()
    assert gone() is None
    stop.set()
    assert done == []


def test_an_action_given_too_late_is_done_at_once() -> None:
    """Nobody misses a stop that came first."""
    done: list[int] = []
    stop = Stop()
    stop.set()
    with stop.then(lambda: done.append(1)):
        assert done == [1]


def test_an_action_may_ask_for_the_stop() -> None:
    """It runs without the lock, so that it may use the stop itself."""
    seen: list[bool] = []
    stop = Stop()

    def action() -> None:
        seen.append(stop.is_set())
        with stop.then(lambda: seen.append(True)):
            pass

    with stop.then(action):
        stop.set()
    assert seen == [True, True]


def test_a_wait_ends_with_the_stop() -> None:
    """A sleep of an hour is over as soon as another thread sets the stop."""
    stop = Stop()
    threading.Timer(0.01, stop.set).start()
    assert stop.wait(3600)
    assert not Stop().wait(0)
