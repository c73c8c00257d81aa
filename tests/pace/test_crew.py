"""How many children there are: waves of those that pay, judged by what they bring."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.pace.crew import Crew, Seen
from ossferry.pace.model import NETWORK, Network

MOST = 99
WAVE = 16
RATE = 100e6
# Much is left, and each child does what this instance does.
SEEN = Seen(left=1e11, own=RATE, child=RATE, room=MOST, doubtful=False, sure=False, draining=False)
WIDE = Network(account=1e12)


def crew(most: int = MOST) -> Crew:
    return Crew(most, 0.0, WIDE)


def answers(of: Crew, rate: float | None, count: int = 0) -> None:
    """So many children did what they were asked, with all their streams if there is a rate."""
    for _ in range(count or of.places):
        of.did_all(rate)


def judged(rate: float, own: float = RATE, wave: Seen = SEEN) -> Crew:
    """One after its first wave, of which each child did ``rate``, and this instance ``own``."""
    of = crew()
    of.look(1.0, wave)
    answers(of, rate)
    of.look(2.0, replace(wave, own=own, child=rate))
    return of


@pytest.mark.parametrize(
    ("left", "places"), [(0.0, 0), (RATE, 0), (1.001 * RATE, 0), (1.1 * RATE, 3), (1e11, WAVE)]
)
def test_there_are_as_many_as_save_more_than_they_cost(left: float, places: int) -> None:
    """A cold start is assumed: what is copied before it is over needs no child."""
    of = crew()
    of.look(1.0, replace(SEEN, left=left))
    assert of.places == places


def test_a_measured_start_counts_from_then_on() -> None:
    """The first one as it was, later ones if they are longer: a child that comes late is of less
    use than one that comes soon."""
    of = crew()
    assert of.is_cold
    assert of.start(0) == of.cold_start == NETWORK.cold_start
    of.answered(1, elapsed=0.9, seconds=0.6)
    assert not of.is_cold
    assert of.cold_start == pytest.approx(0.3)
    of.look(1.0, replace(SEEN, left=0.5 * RATE))
    assert of.places > 0
    of.answered(1, elapsed=5.0, seconds=1.0)
    of.answered(1, elapsed=1.2, seconds=1.0)
    assert of.cold_start == pytest.approx(4.0)


def test_instances_that_have_answered_before_start_warm() -> None:
    """As many as were seen at once; one more is a cold start."""
    of = crew()
    of.answered(3, elapsed=2.0, seconds=1.0)
    of.answered(2, elapsed=1.03, seconds=1.0)
    assert [of.start(number) for number in range(5)] == pytest.approx([0.03, 0.03, 0.03, 1.0, 1.0])


def test_a_start_is_never_less_than_nothing() -> None:
    """The clocks of two instances differ."""
    of = crew()
    of.answered(1, elapsed=1.0, seconds=1.1)
    assert of.cold_start == of.start(0) == 0.0


@given(
    most=st.integers(0, MOST),
    room=st.integers(-5, 200),
    left=st.floats(0, 1e13),
    doubtful=st.booleans(),
    sure=st.booleans(),
)
def test_no_wave_is_larger_than_what_is_allowed_and_has_room(
    most: int, room: int, left: float, doubtful: bool, sure: bool
) -> None:
    """Of children, and of connections."""
    of = crew(most)
    seen = replace(SEEN, room=room, left=left, doubtful=doubtful, sure=sure)
    of.look(1.0, seen)
    wave = 1 if doubtful else 4 * WAVE if sure else WAVE
    assert 0 <= of.places <= max(0, min(most, room, wave))


def test_where_more_are_sure_to_bring_more_there_are_many_at_once() -> None:
    """Four times as many; and one alone where the source may be what limits."""
    sure, doubtful = crew(), crew()
    sure.look(1.0, replace(SEEN, sure=True))
    assert sure.places == 4 * WAVE
    doubtful.look(1.0, replace(SEEN, doubtful=True))
    assert doubtful.places == 1


def test_none_are_started_beyond_the_bandwidth_of_the_account() -> None:
    """They would only divide it."""
    of = Crew(MOST, 0.0, Network(account=5 * RATE))
    of.look(1.0, SEEN)
    assert of.places == 4


def test_a_wave_is_filled_as_room_for_it_is_found_and_no_further() -> None:
    """Connections become free one by one."""
    of = crew()
    for room, places in ((3, 3), (0, 3), (5, 8), (50, WAVE), (50, WAVE)):
        of.look(1.0, replace(SEEN, room=room))
        assert of.places == places


def test_no_more_are_started_while_more_copy_than_there_are_places_for() -> None:
    """Those are to end first."""
    of = crew()
    of.look(1.0, replace(SEEN, draining=True))
    assert of.places == 0


def test_a_wave_is_not_judged_before_enough_have_answered() -> None:
    """Four of them, or all if there are fewer."""
    of = crew()
    of.look(1.0, SEEN)
    answers(of, RATE, 3)
    of.look(2.0, SEEN)
    assert of.places == WAVE
    answers(of, RATE, 1)
    of.look(2.0, SEEN)
    assert of.places > WAVE
    one = judged(RATE, wave=replace(SEEN, doubtful=True))
    assert one.places > 1


def test_a_wave_that_brings_what_it_promised_is_followed_by_one_twice_as_large() -> None:
    """As long as there are children to start."""
    of = judged(RATE)
    assert of.places == WAVE + 2 * WAVE
    assert not of.crowded
    answers(of, RATE)
    of.look(3.0, SEEN)
    assert of.places == MOST
    assert not of.may_be_more


def test_children_with_few_streams_are_no_measure() -> None:
    """Nobody is judged by them, and their rate is unknown."""
    of = crew()
    of.look(1.0, SEEN)
    answers(of, None)
    of.look(2.0, SEEN)
    assert of.places == WAVE
    assert of.rate == 0.0


def test_a_wave_that_brings_nothing_is_given_up() -> None:
    """Here each child took from this instance's streams what it did."""
    of = judged(RATE / 17, RATE / 17)
    assert of.places == 0
    assert of.crowded


def test_what_this_instance_lost_is_counted_even_if_it_has_it_back() -> None:
    """It is fast again as soon as they have nothing to do."""
    of = crew()
    of.look(1.0, SEEN)
    of.look(1.5, replace(SEEN, own=RATE / 17))
    answers(of, RATE / 17)
    of.look(2.0, SEEN)
    assert of.places == 0


def test_only_the_last_wave_is_given_up() -> None:
    """Those before it have brought what they promised."""
    of = judged(RATE)
    answers(of, RATE / 3)
    of.look(3.0, replace(SEEN, own=RATE / 3))
    assert of.places == WAVE
    assert of.crowded


def test_a_wave_that_brings_something_keeps_its_children_and_no_more_are_started() -> None:
    """Not for now: between a sixth and a half of what it promised."""
    of = judged(RATE * 0.3, RATE)
    assert of.places == WAVE
    assert of.crowded


def test_more_are_tried_again_later_and_later_while_they_bring_nothing() -> None:
    """And fewer each time; up to a minute apart."""
    of, now, begun = crew(), 0.0, list[tuple[float, int]]()
    while now < 300:
        now += 0.1
        of.look(now, SEEN)
        if of.places:
            begun.append((now, of.places))
            answers(of, RATE / 100)
            of.look(now, replace(SEEN, own=RATE / 100))
            assert of.places == 0
            assert of.resumes > now
    sizes = [size for _, size in begun]
    waited = [after - before for (before, _), (after, _) in pairwise(begun)]
    assert sizes == [16, 4, *[1] * (len(sizes) - 2)]
    assert waited == pytest.approx([min(2.0**n, 60.0) for n in range(len(waited))], abs=0.11)


def test_when_fc_has_no_instance_there_are_as_many_as_it_has() -> None:
    """Nobody asks again at once; then half as many are tried as there are."""
    of = crew()
    of.look(1.0, SEEN)
    of.refused_by_fc(1.0, 10)
    assert of.places == 10
    assert of.throttled
    of.look(1.5, SEEN)
    assert of.places == 10
    of.look(of.resumes, SEEN)
    assert of.places == 15


def test_one_refusal_of_a_burst_counts_once() -> None:
    """All places of a wave may be refused at about the same time."""
    once, burst = crew(), crew()
    for of in (once, burst):
        of.look(1.0, SEEN)
        of.refused_by_fc(1.0, 10)
    for in_flight in (9, 8, 7):
        burst.refused_by_fc(1.01, in_flight)
    assert burst.places == 7
    assert burst.resumes == once.resumes
    now = once.resumes
    once.refused_by_fc(now, 10)
    assert once.resumes - now == pytest.approx(2 * (now - 1.0))


def test_children_that_fc_refused_are_no_measure_of_the_source() -> None:
    """Those that it did start say nothing about a wave of all."""
    of = crew()
    of.look(1.0, SEEN)
    of.refused_by_fc(1.0, 10)
    answers(of, RATE / 100)
    of.look(1.5, SEEN)
    assert of.places == 10
    assert not of.crowded


def test_children_that_the_source_refused_are_no_measure_either() -> None:
    """That there are too many is known, and said."""
    of = crew()
    of.look(1.0, SEEN)
    of.refused_by_source()
    answers(of, RATE / 100)
    of.look(2.0, replace(SEEN, room=0))
    assert of.places == WAVE
    assert of.crowded


@pytest.mark.parametrize(
    ("left", "most", "places"), [(1.0, MOST, 1), (1e12, MOST, WAVE), (1e12, 5, 5), (1e12, 0, 0)]
)
def test_some_start_at_once_where_that_was_asked_for(left: float, most: int, places: int) -> None:
    """At least one, and no more than a wave: nothing is measured yet."""
    of = crew(most)
    of.at_once(left)
    assert of.places == places


def test_those_that_started_at_once_are_judged_as_others_are() -> None:
    """By what was done before they copied."""
    for rate, grows in ((RATE, True), (RATE / 17, False)):
        of = crew()
        of.at_once(1e12)
        of.look(1.0, SEEN)
        assert of.places == WAVE
        answers(of, rate)
        of.look(2.0, replace(SEEN, own=rate))
        assert (of.places > WAVE) is grows
        assert of.places >= WAVE or of.places == 0


def test_an_instance_may_be_the_limit_from_most_of_what_is_documented_on() -> None:
    """The documented bandwidth is the least that there is."""
    of = crew()
    assert of.at_its_limit(0.9 * WIDE.instance)
    assert not of.at_its_limit(0.3 * WIDE.instance)


def test_the_rate_of_a_child_is_what_most_did_lately() -> None:
    """One that was slow is an exception, and what was long ago is past."""
    of = crew()
    for rate in (*[RATE] * 8, 1.0):
        of.did_all(rate)
    assert of.rate == RATE
    answers(of, RATE / 2, 8)
    assert of.rate == RATE / 2
