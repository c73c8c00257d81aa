"""How many requests in a second, on a clock of the tests' own."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.thaw.rate import Rate


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


STEPS = st.lists(
    st.tuples(st.sampled_from(["turn", "turn", "turn", "refused"]), st.floats(0.0, 2.0)),
    max_size=60,
)


@given(st.integers(1, 1000), STEPS)
def test_there_are_never_more_turns_than_in_a_second(
    most: int, steps: list[tuple[str, float]]
) -> None:
    """However many ask at once, and whatever is refused: turns are apart by their share of it."""
    clock = Clock()
    rate, turns = Rate(most, clock), list[float]()
    for what, pause in steps:
        clock.now += pause
        if what == "refused":
            rate.refused()
        else:
            turns.append(clock.now + rate.turn())
        assert min(5.0, most) <= rate.per_second <= most
    assert all(later - earlier >= 1 / most - 1e-6 for earlier, later in pairwise(turns))


@given(st.integers(1, 1000), STEPS)
def test_nobody_starves(most: int, steps: list[tuple[str, float]]) -> None:
    """Who waits for each turn before the next one waits for a fifth of a second at most, or as long
    as the operator wants it."""
    clock = Clock()
    rate = Rate(most, clock)
    for what, pause in steps:
        clock.now += pause
        if what == "refused":
            rate.refused()
            continue
        wait = rate.turn()
        assert 0 <= wait <= 1 / min(5.0, most) + 1e-6
        clock.now += wait


def test_a_refusal_halves_it_and_others_of_the_same_moment_do_not() -> None:
    """All threads hear of OSS's one bad moment."""
    clock = Clock()
    rate = Rate(400, clock)
    rate.refused()
    assert rate.per_second == 200
    for _ in range(15):
        clock.now += 0.01
        rate.refused()
    assert rate.per_second == 200
    clock.now += 0.5
    rate.refused()
    assert rate.per_second == 100


@pytest.mark.parametrize(("most", "least"), [(400, 5), (5, 5), (2, 2)])
def test_it_stays_above_a_least(most: int, least: int) -> None:
    """Or what the operator wants, if that is less."""
    clock = Clock()
    rate = Rate(most, clock)
    for _ in range(50):
        clock.now += 0.9
        rate.refused()
    assert rate.per_second == least


def test_it_recovers() -> None:
    """By a tenth in a second without a refusal, whoever asks how often."""
    clock = Clock()
    rate = Rate(400, clock)
    rate.refused()
    clock.now += 1.0
    rate.turn()
    assert rate.per_second == pytest.approx(220)
    clock.now += 0.5
    rate.turn()
    assert rate.per_second == pytest.approx(220)
    clock.now += 60
    rate.turn()
    assert rate.per_second == 400


def test_it_recovers_after_a_day_in_which_nobody_asked() -> None:
    """As far as it may, and no number overflows."""
    clock = Clock()
    rate = Rate(400, clock)
    rate.refused()
    clock.now += 86_400
    assert rate.turn() == 0
    assert rate.per_second == 400
