"""Whether a stream falls far behind its peers, in the same seconds."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from ossferry.copying.lagging import Lagging, middle, once


@dataclass(eq=False)
class Moving:
    moved: int = 0


@dataclass
class Race:
    """A stream among peers, on a clock that the test turns."""

    peers: list[Moving]
    usual: float = 0.0
    now: float = 100.0
    stream: Moving = field(default_factory=Moving)

    def __post_init__(self) -> None:
        self.lags = Lagging(
            self.stream, lambda: [self.stream, *self.peers], lambda: self.usual, lambda: self.now
        )

    def go(self, seconds: float, own: int, *theirs: int) -> bool:
        """Time passes in which they move so many bytes."""
        self.now += seconds
        self.stream.moved += own
        for peer, moved in zip(self.peers, theirs, strict=True):
            peer.moved += moved
        return self.lags()


def race(peers: int, usual: float = 0.0) -> Race:
    return Race([Moving() for _ in range(peers)], usual)


@pytest.mark.parametrize(("own", "lags"), [(0, True), (99, True), (100, False), (800, False)])
def test_who_is_eight_times_slower_than_its_peers_lags(own: int, lags: bool) -> None:
    """Not one that is a little less slow."""
    running = race(3)
    assert not running.go(0, 0, 0, 0, 0)
    assert running.go(2, own, 800, 800, 800) is lags


def test_nobody_lags_before_a_while_has_passed() -> None:
    """A second or two, from the first question on: until then it was connecting."""
    running = race(1)
    assert not running.go(60, 0, 10_000)
    assert not running.go(0.5, 0, 10_000)
    assert running.go(1.5, 0, 0)


def test_only_the_last_seconds_count() -> None:
    """What was fast until now deceives nobody; nor does what was slow."""
    running = race(1)
    running.go(0, 0, 0)
    assert not running.go(2, 10_000, 10_000)
    assert running.go(2, 10, 10_000)
    assert not running.go(2, 10_000, 10_000)


def test_a_source_that_stalls_as_a_whole_is_nobodys_fault() -> None:
    """Another connection would stall, too; one alone is told by what is usual."""
    stalled = race(2)
    stalled.go(0, 0, 0, 0)
    assert not stalled.go(2, 0, 0, 0)


@pytest.mark.parametrize(("own", "lags"), [(0, True), (249, True), (250, False)])
def test_where_no_peer_moves_what_is_usual_counts(own: int, lags: bool) -> None:
    """Of parts that are done: 1000 bytes a second are 2000 in two."""
    alone = race(0, usual=1000.0)
    alone.go(0, 0)
    assert alone.go(2, own) is lags


def test_moving_peers_count_more_than_what_was_usual() -> None:
    """A source may have become slower for all."""
    running = race(1, usual=1e9)
    running.go(0, 0, 0)
    assert not running.go(2, 100, 100)


def test_the_middle_of_the_peers_counts() -> None:
    """Neither the fastest nor another one that lags."""
    running = race(3)
    running.go(0, 0, 0, 0, 0)
    assert not running.go(2, 100, 0, 400, 1_000_000)
    assert running.go(2, 100, 0, 1_000, 1_000_000)


def test_a_peer_that_came_later_is_not_compared() -> None:
    """Nor one that has gone: nobody knows what they moved in these seconds."""
    running = race(1)
    running.go(0, 0, 0)
    running.peers.append(Moving(1_000_000))
    assert not running.go(2, 100, 100, 1_000_000)
    running.peers.clear()
    assert not running.go(2, 100)


def test_the_middle_of_nothing_is_nothing() -> None:
    """And that of an even number is the upper one of two."""
    assert middle([]) == 0
    assert middle([3]) == 3
    assert middle([9, 1, 5]) == 5
    assert middle([4, 1, 3, 2]) == 3


def test_once_says_yes_once() -> None:
    """And asks no more after it."""
    asked = list[bool]()
    answers = iter([False, True, True])

    def ask() -> bool:
        asked.append(next(answers))
        return asked[-1]

    slow = once(ask)
    assert [slow(), slow(), slow(), slow()] == [False, True, False, False]
    assert asked == [False, True]
