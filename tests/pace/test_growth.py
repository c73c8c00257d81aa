"""How many streams there are, against an instance and a source in virtual time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ossferry.pace.growth import FIRST_STREAMS, Growth, Seen

MOST = 128
TICK = 0.01


class Instance:
    """Each stream can have ``each`` bytes per second, all together ``total``; a new one moves its
    first byte after ``first_byte`` seconds, and is in the middle of a part for a share of
    ``steadily`` of its time. ``refuses``: no more than so many are served.
    """

    def __init__(self, growth: Growth, each: float, total: float = 1e12) -> None:
        self.growth = growth
        self.each = each
        self.total = total
        self.first_byte = 0.02
        self.steadily = 1.0
        self.useful = 1000
        self.alone = True
        self.full = False
        self.refuses = 1000
        self.now = 0.0
        self.widths: list[tuple[float, int]] = []  # and the moments from which there were so many
        self._streams: list[float] = []  # when each began
        self._moved = 0.0

    @property
    def width(self) -> int:
        return self.growth.width

    @property
    def rate(self) -> float:
        """What so many streams do together."""
        return min(self.width * self.each, self.total)

    def go(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK)):
            self.now += TICK
            self._step()
            if not self.widths or self.widths[-1][1] != self.width:
                self.widths.append((self.now, self.width))

    def _step(self) -> None:
        streams = self._streams
        streams += [self.now - TICK] * (min(self.width, self.refuses) - len(streams))
        del streams[min(self.width, self.refuses) :]
        moving = sum(self.now - began > self.first_byte for began in streams)
        one = min(self.each, self.total / moving) if moving else 0.0
        steadily = round(moving * self.steadily)
        self._moved += one * steadily * TICK
        seen = Seen(
            streams=len(streams),
            moving=moving,
            moved=int(self._moved),
            useful=self.useful,
            steady=int(one * steadily * TICK),
            steadily=steadily,
            alone=self.alone,
            full=self.full,
        )
        self.growth.look(self.now, seen)


def instance(each: float, total: float = 1e12, most: int = MOST) -> Instance:
    return Instance(Growth(most, 0.0), each, total)


def rises(at: Instance) -> list[float]:
    """When more were tried."""
    return [now for (_, before), (now, width) in pairwise(at.widths) if width > before]


def falls(at: Instance) -> list[float]:
    return [now for (_, before), (now, width) in pairwise(at.widths) if width < before]


def test_where_each_gets_little_there_are_all_within_half_a_second() -> None:
    """Fourfold each time."""
    at = instance(2e6)
    at.go(0.5)
    assert [width for _, width in at.widths] == [FIRST_STREAMS, 4 * FIRST_STREAMS, MOST]
    at.go(5.0)
    assert at.width == MOST
    assert at.growth.most_reached
    assert not at.growth.stalled
    assert not at.growth.growing
    assert at.growth.rate == pytest.approx(MOST * 2e6, rel=0.1)


@pytest.mark.parametrize("enough", [1, 4, 8, 10, 20, 50, 60])
def test_where_more_bring_nothing_there_are_as_many_as_that_took(enough: int) -> None:
    """And some to spare, as some are always between two parts; all is moved that was."""
    at = instance(5e6, 5e6 * enough)
    at.go(1.5)
    assert at.growth.stalled
    assert at.rate == pytest.approx(at.total)
    assert at.width <= 1.3 * max(enough, FIRST_STREAMS)


@pytest.mark.parametrize("enough", [26, 30, 100])
def test_what_is_worth_most_of_what_it_promises_is_kept(enough: int) -> None:
    """Two thirds of it are enough to go on."""
    at = instance(5e6, 5e6 * enough)
    at.go(0.3)
    assert at.width > FIRST_STREAMS
    at.go(1.0)
    assert at.rate == pytest.approx(at.total)


def test_streams_between_two_parts_are_not_mistaken_for_a_source_that_gives_no_more() -> None:
    """More streams are oftener between two parts: what one does in the middle of one counts."""
    at = instance(5e6)
    at.go(0.1)
    at.steadily = 0.3
    at.go(0.6)
    assert at.width == MOST
    assert not at.growth.stalled
    assert at.growth.stream == pytest.approx(5e6, rel=0.1)


@pytest.mark.parametrize(("useful", "most"), [(20, MOST), (1000, 20), (3, 3), (1000, 1)])
def test_there_are_never_more_than_are_allowed_or_have_work(useful: int, most: int) -> None:
    """However much each would bring."""
    at = instance(5e6, most=most)
    at.useful = useful
    at.go(20.0)
    assert max(width for _, width in at.widths) == min(useful, most)


def test_more_are_tried_again_less_boldly_and_later_each_time() -> None:
    """Up to a minute apart; a try takes a moment, and costs nothing that lasts."""
    at = instance(5e6, 50e6)
    at.go(400.0)
    later = [(now, width) for now, width in at.widths if now > 0.5]
    kept = at.width
    assert max(width for _, width in later) <= kept * 1.5 + 1
    tried = rises(at)[1:]
    waited = [after - before for before, after in pairwise(tried)]
    assert all(after > before * 1.5 for before, after in pairwise(waited[:4]))
    assert waited[0] < 6.0
    assert all(wait < 62.0 for wait in waited)
    assert waited[-1] == pytest.approx(60.0, abs=1.5)
    tries = [fell - rose for rose, fell in zip(rises(at), falls(at), strict=False)]
    assert max(tries) < 0.5


def test_a_network_that_gives_more_later_is_found_out() -> None:
    """From then on it grows as in the beginning."""
    at = instance(5e6, 50e6)
    at.go(1.0)
    assert at.width < 15
    at.total = 1e12
    at.go(4.0)
    assert at.width == MOST
    assert not at.growth.stalled


def test_nobody_is_judged_while_children_copy() -> None:
    """What is missing here may have gone there."""
    at = instance(5e6)
    at.alone = False
    at.go(10.0)
    assert {width for _, width in at.widths} == {FIRST_STREAMS}
    assert not at.growth.stalled
    assert at.growth.rate == pytest.approx(FIRST_STREAMS * 5e6, rel=0.1)


def test_what_was_tried_when_children_came_is_taken_back() -> None:
    """Nobody will know what it brings."""
    at = instance(5e6)
    while at.width == FIRST_STREAMS:
        at.go(TICK)
    assert at.growth.settling
    at.alone = False
    at.go(2.0)
    assert at.width == FIRST_STREAMS
    assert not at.growth.stalled
    assert not at.growth.settling


def test_new_streams_are_not_judged_before_they_have_moved_a_byte() -> None:
    """Far sources let each new connection wait."""
    at = instance(5e6)
    at.first_byte = 0.7
    at.go(4.0)
    assert at.width == MOST
    assert not at.growth.stalled


def test_new_streams_that_get_nothing_for_a_second_are_too_many() -> None:
    """A server that lets them wait for one another refuses nobody."""
    at = instance(5e6)
    at.go(0.1)
    at.first_byte = 100.0
    before = at.growth.rate
    at.go(0.9)
    assert at.width == 4 * FIRST_STREAMS
    at.go(1.0)
    assert at.growth.stalled
    assert at.width <= FIRST_STREAMS * 1.3
    assert before == at.growth.best


def test_refused_streams_are_no_measure_of_what_more_bring() -> None:
    """There are fewer than before: the source may still give as much to each that it serves."""
    at = instance(5e6)
    at.go(0.05)
    at.refuses = FIRST_STREAMS - 2
    while at.width == FIRST_STREAMS:
        at.go(TICK)
    at.growth.refused(at.now)
    at.go(1.0)
    assert not at.growth.stalled
    assert at.growth.rate == pytest.approx(at.refuses * 5e6, rel=0.1)


def test_parts_too_short_to_show_a_rate_are_measured_for_longer() -> None:
    """All that was moved tells it, too: nothing was seen in the middle of a part."""
    growth = Growth(MOST, 0.0)
    for tick in range(1, 100):
        growth.look(tick * TICK, Seen(8, 8, tick * 400_000, 1000, 0, 0, True, False))
        if growth.rate:
            break
    assert 0.3 <= tick * TICK < 0.4
    assert growth.rate == pytest.approx(40e6)
    assert growth.stream == growth.best_stream == pytest.approx(5e6)


def test_the_best_that_was_measured_is_kept() -> None:
    """Of one stream and of all."""
    at = instance(5e6)
    at.go(2.0)
    at.each = 1e6
    at.go(2.0)
    growth = at.growth
    assert growth.rate == pytest.approx(MOST * 1e6, rel=0.1)
    assert growth.best == pytest.approx(MOST * 5e6, rel=0.1)
    assert growth.best_stream == pytest.approx(5e6, rel=0.1)


def test_it_is_known_how_many_streams_move_what_this_instance_moves() -> None:
    """Before anything is measured, as many as there are."""
    at = instance(20e6, 200e6, most=64)
    assert at.growth.fill == FIRST_STREAMS
    at.go(1.0)
    assert at.growth.fill == pytest.approx(13, abs=1)


def full(each: float = 5e6, enough: int = 40) -> Instance:
    """An instance that is full, and found so."""
    at = instance(each, each * enough)
    at.go(0.3)
    assert at.growth.stalled
    at.full = True
    at.widths.clear()
    return at


def test_a_full_instance_tries_fewer_and_keeps_them_if_they_move_as_much() -> None:
    """Others may have the connections; never fewer than it began with."""
    at = full()
    at.each = at.total  # as if one were enough
    at.go(1.5)
    assert at.width == FIRST_STREAMS
    assert [width for _, width in at.widths] == sorted(
        {width for _, width in at.widths}, reverse=True
    )


def test_fewer_that_cost_something_are_given_back_and_tried_again_later_each_time() -> None:
    """At intervals that double: here half of them move a bit more than half."""
    at = full()
    at.alone = False  # so nothing but fewer is tried
    kept = at.width
    at.go(150.0)
    assert at.width == kept
    assert {width for _, width in at.widths} == {kept, kept // 2}
    waited = [after - before for before, after in pairwise(falls(at))]
    assert all(after > before * 1.5 for before, after in pairwise(waited[:4]))
    assert max(waited) < 62.0
    tries = [rose - fell for fell, rose in zip(falls(at), rises(at), strict=False)]
    assert max(tries) < 0.5


def test_an_instance_that_is_not_full_keeps_what_it_has() -> None:
    """The source is what limits, and it may not always do."""
    at = instance(5e6, 200e6)
    at.alone = False
    at.growth.stalled = True
    at.go(10.0)
    assert falls(at) == []
