"""What is forecast of transfers that can be reckoned by hand.

How far off it is elsewhere, tests/simulation/test_simulation.py says, which simulates them anyway.
"""

from __future__ import annotations

import pytest

from ossferry.spread.forecast import Forecast, forecast
from ossferry.spread.plan import make_plan
from tests.simulation.situation import GB, MB


def said(size: int, rate: float = 12.5e6, **given: int) -> Forecast:
    asked = {"max_children": 32, "streams": 128, "fan_out_from": 10 * GB, **given}
    plan = make_plan(size, part_size=None, **asked)
    return forecast(size, plan, connection_bytes_per_second=rate)


def test_a_source_that_cannot_be_split_takes_its_rate() -> None:
    """One stream, one instance, one invocation."""
    found = forecast(10 * GB, None, connection_bytes_per_second=10e6)
    assert found.seconds == pytest.approx(1000, rel=0.01)
    assert (found.children, found.streams, found.invocations) == (0, 1, 1)
    assert found.gb_seconds == pytest.approx(found.seconds)


def test_what_is_one_put_is_one_request() -> None:
    """Whatever the plan."""
    found = said(MB)
    assert (found.parts, found.puts, found.children) == (1, 1, 0)


def test_children_come_only_as_they_may() -> None:
    """With none, an instance takes as long as its bandwidth has it."""
    assert said(100 * GB, max_children=0).seconds == pytest.approx(800, rel=0.05)
    assert said(100 * GB, max_children=7).children <= 7
    assert said(100 * GB, max_children=7).seconds < 150


def test_memory_is_what_is_paid_for() -> None:
    """Half of it costs half."""
    plan = make_plan(GB, part_size=None, max_children=0, streams=64, fan_out_from=GB * 10)
    one, half = (
        forecast(GB, plan, connection_bytes_per_second=1e7, memory_mb=each) for each in (1024, 512)
    )
    assert one.gb_seconds == pytest.approx(2 * half.gb_seconds)
    assert one.instance_seconds == half.instance_seconds


@pytest.mark.parametrize("size", [17 * MB, 100 * MB, GB, 100 * GB, 10_000 * GB, 48_000 * GB])
def test_parts_are_such_as_oss_takes(size: int) -> None:
    """Never more than an upload has; what is larger takes longer, but for what becomes one PUT."""
    found = said(size)
    assert 1 <= found.parts <= 10_000
    assert found.seconds > said(size // 2).seconds
    assert found.puts > found.parts


def test_parts_that_were_asked_for_are_counted() -> None:
    """They are all of one size."""
    plan = make_plan(GB, part_size=10 * MB, max_children=0, streams=8, fan_out_from=10 * GB)
    assert forecast(GB, plan, connection_bytes_per_second=1e7).parts == 100
