"""How many connections there may be, on a virtual clock: found at a refusal, tried again later."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.pace.ceiling import Ceiling

MOST = 256
TICK = 0.01


def tries(ceiling: Ceiling, seconds: float, cap: int, now: float = 0.0) -> list[tuple[float, int]]:
    """Moments at which more were tried, and how many, at a source that serves so many at once."""
    found: list[tuple[float, int]] = []
    for tick in range(round(seconds / TICK)):
        moment, height = now + tick * TICK, ceiling.height
        ceiling.look(moment, height)
        if ceiling.height > height:
            found.append((moment, ceiling.height))
        if ceiling.height > cap:
            ceiling.refused(moment, cap, None)
    return found


def gaps(found: list[tuple[float, int]]) -> list[float]:
    return [after - before for (before, _), (after, _) in pairwise(found)]


def test_nobody_is_held_back_by_a_source_that_refuses_nobody() -> None:
    """There is nothing to be found, nor to be tried."""
    ceiling = Ceiling(MOST, 0.0)
    assert tries(ceiling, 20.0, MOST) == []
    assert (ceiling.height, ceiling.found, ceiling.delayed, ceiling.resume) == (
        MOST,
        False,
        False,
        0.0,
    )


def test_it_is_what_was_served_when_one_was_refused() -> None:
    """Which also holds for those who begin later."""
    ceiling = Ceiling(MOST, 0.0)
    ceiling.refused(1.0, 20, None)
    assert ceiling.found
    assert ceiling.height == 20
    assert not ceiling.delayed


@given(st.lists(st.integers(0, 400), min_size=1))
def test_a_refusal_never_raises_it_and_never_forbids_everything(served: list[int]) -> None:
    """Somebody has to find out when the source serves again."""
    ceiling = Ceiling(MOST, 0.0)
    for number in served:
        before = ceiling.height
        ceiling.refused(0.0, number, None)
        assert 1 <= ceiling.height <= before


def test_more_are_tried_again_later_and_later_while_they_are_refused() -> None:
    """At intervals that double, up to a minute: others may have left the source, or not."""
    ceiling = Ceiling(MOST, 0.0)
    ceiling.refused(0.0, 20, None)
    found = tries(ceiling, 400.0, 20)
    assert 0 < found[0][0] <= 1.0
    assert {height for _, height in found} == {25}
    waited = gaps(found)
    assert waited == pytest.approx(
        [min(2.0**number, 60.0) for number in range(len(waited))], rel=0.05
    )
    assert waited[-1] == pytest.approx(60.0, abs=0.1)


def test_one_of_a_burst_counts_once() -> None:
    """All who were tried are refused at about the same time: that is one answer, not many."""
    once, burst = Ceiling(MOST, 0.0), Ceiling(MOST, 0.0)
    for ceiling in (once, burst):
        ceiling.refused(0.0, 20, None)
        ceiling.look(1.0, 20)
        assert ceiling.height > 20
    once.refused(1.0, 20, None)
    for _ in range(10):
        burst.refused(1.0, 20, None)
    assert tries(burst, 10.0, 20, 1.0) == tries(once, 10.0, 20, 1.0)


def test_more_are_tried_faster_where_they_are_borne() -> None:
    """Each time a larger share, at short intervals; never more than there may be."""
    ceiling = Ceiling(MOST, 0.0)
    ceiling.refused(0.0, 16, None)
    found = tries(ceiling, 10.0, MOST)
    heights = [16, *(height for _, height in found)]
    shares = [after / before for before, after in pairwise(heights)]
    assert heights[-1] == MOST
    assert shares[0] == pytest.approx(1.25)
    assert all(after >= before for before, after in pairwise(shares[:-1]))
    assert max(shares) == pytest.approx(2.0)
    assert found[-1][0] < 4.0


def test_one_that_is_borne_makes_patient_ones_bold_again() -> None:
    """And a refusal makes bold ones careful: the next try is of a few."""
    ceiling = Ceiling(MOST, 0.0)
    ceiling.refused(0.0, 20, None)
    tries(ceiling, 20.0, 20)  # at long intervals by now
    found = tries(ceiling, 60.0, 100, 20.0)
    waited = gaps(found)
    assert waited[1] < 1.0 < waited[-1]
    assert found[-1][1] == 125


def test_nothing_is_tried_while_there_are_fewer_than_there_may_be() -> None:
    """It would tell nothing, and be too much for the source when they come."""
    ceiling = Ceiling(MOST, 0.0)
    ceiling.refused(0.0, 20, None)
    ceiling.look(100.0, 19)
    assert ceiling.height == 20
    ceiling.look(100.0, 20)
    assert ceiling.height == 25


def test_at_least_one_more_is_tried() -> None:
    """A quarter of very few is nothing."""
    ceiling = Ceiling(MOST, 0.0)
    ceiling.refused(0.0, 1, None)
    ceiling.look(10.0, 1)
    assert ceiling.height == 2


@pytest.mark.parametrize("wait", [3.0, 90.0])
def test_what_retry_after_says_is_obeyed(wait: float) -> None:
    """Nothing more is tried before; those who are served go on."""
    ceiling = Ceiling(MOST, 0.0)
    ceiling.refused(0.0, 20, wait)
    ceiling.refused(0.0, 20, None)  # one more of the burst, without the header
    assert ceiling.resume == 0.0
    found = tries(ceiling, wait + 2.0, 20)
    assert found[0][0] == pytest.approx(wait, abs=2 * TICK)


def test_nothing_is_begun_for_a_while_when_nobody_is_served() -> None:
    """As long as the source says; else longer each time in a row, by chance a bit less."""
    ceiling = Ceiling(MOST, 0.0)
    ceiling.refused(5.0, 0, 30.0)
    assert ceiling.resume == 35.0
    ceiling = Ceiling(MOST, 0.0)
    now, waits = 0.0, []
    for _ in range(12):
        ceiling.refused(now, 0, None)
        waits.append(ceiling.resume - now)
        now = ceiling.resume
    expected = [min(0.2 * 2**number, 5.0) for number in range(12)]
    assert all(
        most / 2 - 1e-9 <= wait <= most + 1e-9 for wait, most in zip(waits, expected, strict=True)
    )
    ceiling.served()
    ceiling.refused(now, 0, None)
    assert ceiling.resume - now <= 0.2


def test_no_two_transfers_come_back_at_the_same_moment() -> None:
    """Or they would be refused together again."""
    resumes = set()
    for _ in range(20):
        ceiling = Ceiling(MOST, 0.0)
        ceiling.refused(0.0, 0, None)
        resumes.add(ceiling.resume)
    assert len(resumes) > 1


def test_where_oss_holds_answers_back_there_are_a_quarter_fewer_once_a_second() -> None:
    """Many answers are late for the same reason."""
    ceiling = Ceiling(MOST, 0.0)
    for moment, connections in ((0.0, 100), (0.1, 75), (0.5, 60), (0.99, 40)):
        ceiling.held_back(moment, connections)
        assert (ceiling.height, ceiling.delayed, ceiling.found) == (75, True, True)
    ceiling.held_back(1.0, 75)
    assert ceiling.height == 56
    ceiling.held_back(3.0, 1)
    assert ceiling.height == 1
