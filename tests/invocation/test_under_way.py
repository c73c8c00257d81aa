"""Whoever is told that the instance ends reaches the request that it works on."""

from __future__ import annotations

import threading
import time

import pytest

from ossferry.invocation.under_way import end, under_way


def test_where_nothing_is_under_way_there_is_nothing_to_wait_for() -> None:
    """An instance that is idle, or works for nobody's transfer, may end at once."""
    began = time.monotonic()
    end(patience=60)
    assert time.monotonic() - began < 30


def test_end_stops_the_request_and_waits_until_it_is_over() -> None:
    """The instance is killed when this returns, so not before the request has come to its end."""
    over: list[str] = []

    def request() -> None:
        with under_way() as stop:
            begun.set()
            assert stop.wait(30)
            over.append("request")

    begun = threading.Event()
    thread = threading.Thread(target=request)
    thread.start()
    begun.wait(30)
    end(patience=30)
    assert over == ["request"]
    thread.join()


def test_end_does_not_wait_for_ever() -> None:
    """A request that cannot come to its end is killed with the instance."""
    with under_way() as stop:
        began = time.monotonic()
        end(patience=0.05)
        assert stop.is_set()
        assert 0.05 <= time.monotonic() - began < 10


def test_the_next_request_is_not_stopped_by_the_end_of_another() -> None:
    """Nothing of a request stays when it is over, also if it ended in an error."""
    with pytest.raises(ValueError, match="any"), under_way():
        raise ValueError("any")
    end()
    with under_way() as stop:
        assert not stop.is_set()
