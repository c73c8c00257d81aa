"""Promises of the fan-out in named situations and in drawn ones: what holds today.

A change that makes a transfer slower breaks one; the goal is printed by ``make simulate``.
"""

from __future__ import annotations

import pytest

from tests.simulation.ideal import ideal
from tests.simulation.promises import DRAWN, USUAL, broken
from tests.simulation.random_situations import drawn
from tests.simulation.run import simulate
from tests.simulation.situation import GBIT, MB, Platform, Situation, Source
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


@pytest.mark.parametrize("name", _SHORT)
def test_promises_hold_in_named_situations(name: str) -> None:
    """Sizes, speeds and starts, and what goes wrong at sources and at FC."""
    situation = _NAMED[name]
    assert [*broken(situation, simulate(situation), promised(name))] == [], situation


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
