"""What one child finds out about a host holds for those that begin after it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ossferry.sharing.hosts import _MOST, Hosts
from ossferry.small.item import HostLimit
from tests.spread.simulated import Clock


def test_what_a_host_serves_is_shared() -> None:
    """Four children that had two requests at once each: eight are what it serves."""
    hosts = Hosts(Clock())
    for _ in range(4):
        hosts.heard({"h": HostLimit(2.0, 0.0)}, 4)
    assert hosts.share(4) == {"h": HostLimit(2.0, 0.0)}
    assert hosts.share(2) == {"h": HostLimit(4.0, 0.0)}
    assert hosts.share(100) == {"h": HostLimit(1.0, 0.0)}


def test_what_changes_is_learnt() -> None:
    """One that serves more, or less, than it did."""
    hosts = Hosts(Clock())
    for _ in range(20):
        hosts.heard({"h": HostLimit(16.0, 0.0)}, 2)
    assert 15 < hosts.share(2)["h"].at_once <= 16
    for _ in range(20):
        hosts.heard({"h": HostLimit(1.0, 0.0)}, 2)
    assert 1 <= hosts.share(2)["h"].at_once < 1.1


def test_it_is_left_alone_for_as_long_as_it_asks_whoever_was_refused() -> None:
    """The longest pause that anybody heard of holds."""
    clock = Clock()
    hosts = Hosts(clock)
    hosts.heard({"h": HostLimit(1.0, 30.0)}, 1)
    hosts.heard({"h": HostLimit(1.0, 0.0)}, 1)
    clock.now += 10
    assert hosts.share(1)["h"].pause == 20.0
    clock.now += 100
    assert hosts.share(1)["h"].pause == 0.0


@given(st.lists(st.integers(0, 2 * _MOST), max_size=20))
def test_so_many_are_remembered_and_those_told_of_last(numbers: list[int]) -> None:
    """A list may name a million hosts, and each child is told of all that are known."""
    hosts = Hosts(Clock())
    hosts.heard({f"old{n}": HostLimit(1.0, 0.0) for n in range(_MOST)}, 1)
    hosts.heard({f"h{n}": HostLimit(1.0, 0.0) for n in numbers}, 1)
    known = hosts.share(1)
    assert len(known) == _MOST
    assert {f"h{n}" for n in numbers} <= known.keys()
