"""How many children are at it, judged by what they get done, on a clock of the test's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ossferry.sharing.crew import Crew
from tests.spread.simulated import Clock


def generation(crew: Crew, rate: float) -> None:
    """Each of its children gets so many items done in a second."""
    for _ in range(crew.width):
        crew.done(100, 100 / rate)


def test_twice_as_many_as_long_as_that_brings_much() -> None:
    """What a child gets done stays the same: up to the most there may be."""
    crew = Crew(50)
    widths = []
    for _ in range(6):
        widths.append(crew.width)
        generation(crew, 100)
    assert widths == [2, 4, 8, 16, 32, 50]


def test_where_more_bring_nothing_there_are_no_more() -> None:
    """The account is at its limit: half of the last doubling is taken back, and held."""
    crew = Crew(100)
    for _ in range(30):
        generation(crew, min(100, 800 / crew.width))
        assert crew.width <= 32
    assert crew.width <= 16


def test_children_that_function_compute_has_not_are_not_asked_for() -> None:
    """For a second; and by one fewer, but never by none."""
    clock = Clock()
    crew = Crew(8, clock)
    for _ in range(5):
        crew.throttled()
    assert crew.width == 1
    assert crew.resting == 1.0
    clock.now += 1.0
    assert crew.resting == 0.0


@given(
    st.integers(1, 300), st.lists(st.tuples(st.integers(0, 500), st.floats(0, 999)), max_size=80)
)
def test_there_is_always_somebody_and_never_too_many(
    most: int, told: list[tuple[int, float]]
) -> None:
    """Whatever slices tell, of no items or in no time, and whatever is throttled."""
    crew = Crew(most, Clock())
    for items, seconds in told:
        crew.throttled() if items % 7 == 3 else crew.done(items, seconds)
        assert 1 <= crew.width <= most
