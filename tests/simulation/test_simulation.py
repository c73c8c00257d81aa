"""Promises of the fan-out in named situations and in drawn ones: what holds today.

A change that makes a transfer slower breaks one; the goal is printed by ``make simulate``.
"""

from __future__ import annotations

import functools

import pytest

from ossferry.spread.forecast import Forecast, forecast
from tests.simulation.ideal import ideal
from tests.simulation.promises import DRAWN, USUAL, broken
from tests.simulation.random_situations import drawn
from tests.simulation.run import plan_of, simulate
from tests.simulation.situation import GB, GBIT, MB, Platform, Situation, Source
from tests.simulation.situations import (
    FIXED,
    MISSED,
    PUBLISHED,
    assumed,
    difficult,
    grid,
    promised,
)

_NAMED = {**dict(grid()), **dict(difficult())}
# What takes long to simulate is in the table of ``make simulate`` only.
_LARGEST, _LONGEST = 20_000 * MB, 40.0
_SHORT = [
    name for name, each in _NAMED.items() if each.size <= _LARGEST and ideal(each) <= _LONGEST
]

# The forecasts are about the same situations as the promises.
_simulated = functools.cache(simulate)

# As measured: of 120 transfers that know their source's rate, half were no further off in seconds
# than 1.17 times, nine of ten than 1.39, and the worst 1.65.
_OFF_AT_MOST, _OFF_MOSTLY = 1.8, 1.5
# GB-seconds, parts and invocations are known less well: how many children find something to do
# depends on when they come. Half were off by up to 1.3, 1.2 and 1.3 times, nine of ten by 2.4, 2.2
# and 4.7, and the worst by 4.4, 2.9 and 10; the bound is for nine of ten of all together.
_QUANTITIES_OFF = 3.0


@pytest.mark.parametrize("name", _SHORT)
def test_promises_hold_in_named_situations(name: str) -> None:
    """Sizes, speeds and starts, and what goes wrong at sources and at FC."""
    situation = _NAMED[name]
    assert [*broken(situation, _simulated(situation), promised(name))] == [], situation


@pytest.mark.parametrize("seed", range(6))
def test_promises_hold_in_drawn_situations(seed: int) -> None:
    """Always the same examples; each is a repr that can be simulated again."""
    for situation in drawn(25, seed):
        assert [*broken(situation, simulate(situation), DRAWN)] == [], situation


@pytest.mark.parametrize("name", dict(assumed()))
def test_published_times_are_beaten(name: str) -> None:
    """Wherever anybody could, but for one: 200 MB need more than a second of 1 Gbit/s."""
    situation = dict(assumed())[name]
    outcome = simulate(situation)
    if outcome.ideal + FIXED < PUBLISHED[situation.size]:
        assert outcome.seconds + FIXED < MISSED.get(name, PUBLISHED[situation.size])
    assert [*broken(situation, outcome, USUAL)] == [], situation


def test_the_same_seed_is_the_same_transfer() -> None:
    """Whatever is random."""
    situation = Situation(
        500 * MB, Source(12e6, stragglers=0.05), Platform(slowest_start=3.0), seed=7
    )
    assert simulate(situation) == simulate(situation)


@pytest.mark.parametrize(
    ("source", "seconds"),
    [
        (Source(10e6, first_byte=0.1, jitter=0.0), 1.02),
        (Source(total=5e6, jitter=0.0), 1.74),
        (Source(jitter=0.0), 0.204),
    ],
)
def test_one_connection_is_what_it_should_be(source: Source, seconds: float) -> None:
    """Eight megabytes, reckoned by hand: the bytes, and connecting, first byte and answer."""
    outcome = simulate(Situation(8 * MB, source, Platform(put_answer=0.1)))
    assert outcome.seconds == pytest.approx(seconds, abs=0.01)


def test_all_share_what_there_is() -> None:
    """Alone with a fast source, an instance copies what its bandwidth gives."""
    platform = Platform(instance=2 * GBIT)
    outcome = simulate(Situation(5_000 * MB, Source(), platform, max_children=0))
    assert outcome.seconds == pytest.approx(20.0, rel=0.05)
    assert outcome.copied == pytest.approx(5_000 * MB)


def forecast_of(situation: Situation) -> Forecast:
    """By what a user would know of it."""
    bears = situation.platform.bears
    return forecast(
        situation.size,
        plan_of(situation),
        connection_bytes_per_second=situation.source.rate or bears,
        instance_bytes_per_second=bears,
        source_bytes_per_second=situation.source.total,
        cold_start=situation.platform.cold_start,
    )


def _off(one: float, other: float) -> float:
    return max(one / other, other / one)


def test_a_forecast_is_as_far_off_as_it_says() -> None:
    """Sizes from 50 MB to 14 GB, rates from 50 Mbit/s, instances and starts of all kinds."""
    seconds, quantities = [], []
    for _, situation in grid():
        if situation.size > 20 * GB or situation.size < 50 * MB or ideal(situation) > _LONGEST:
            continue
        took, said = _simulated(situation), forecast_of(situation)
        seconds.append(_off(said.seconds, took.seconds))
        quantities += [
            _off(said.gb_seconds, took.gb_seconds),
            _off(said.parts, took.parts),
            _off(said.invocations, took.invocations),
        ]
    assert len(seconds) > 100
    assert max(seconds) < _OFF_AT_MOST
    assert sorted(seconds)[len(seconds) * 9 // 10] < _OFF_MOSTLY
    assert sorted(quantities)[len(quantities) * 9 // 10] < _QUANTITIES_OFF
