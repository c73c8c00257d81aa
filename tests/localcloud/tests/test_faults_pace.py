"""The token bucket behind every rate limit of the local cloud."""

from __future__ import annotations

import asyncio

import pytest

from tests.localcloud.pace import Pace


class _Time:
    """A clock that only sleeping moves, and by a little too much, as real sleeping does."""

    def __init__(self, late: float = 0.0) -> None:
        self.now = 100.0
        self.late = late

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + self.late


@pytest.mark.parametrize("late", [0.0, 0.004])
@pytest.mark.parametrize("rate", [1_000, 1_000_000, 100_000_000])
def test_the_average_is_kept_though_sleeps_end_late(rate: int, late: float) -> None:
    """Ten seconds' worth of bytes takes ten seconds, to half a percent."""
    time = _Time(late)
    pace = Pace(rate, clock=time.clock, sleep=time.sleep)

    async def spend() -> None:
        left = rate * 10
        while left:
            piece = min(pace.piece, left)
            await pace.spend(piece)
            left -= piece

    asyncio.run(spend())
    assert time.now - 100 == pytest.approx(10, rel=0.005)


def test_time_that_nobody_used_is_not_saved_up() -> None:
    """After a pause a stream does not burst beyond its rate."""
    time = _Time()
    pace = Pace(1000, clock=time.clock, sleep=time.sleep)
    time.now += 60
    asyncio.run(pace.spend(1000))
    assert time.now - 160 == pytest.approx(0.95, abs=0.01)


def test_a_pace_is_positive() -> None:
    """Nothing per second would be for ever: that is what a stall is for."""
    with pytest.raises(ValueError, match="positive"):
        Pace(0)
