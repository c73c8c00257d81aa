"""The fewest seconds that anybody could take: all that there is, from the first moment on. Pure.

The coordinator's instance copies from the beginning, children from one cold start on, as many as FC
starts by then; all have as many connections as they may. There are no ends to wait for, but the
first byte and the last answer are.
"""

from __future__ import annotations

from ossferry.pace.limits import Limits
from ossferry.pace.part_sizes import WHOLE_AT_MOST
from tests.simulation.situation import Situation
from tests.simulation.source import STEPS

CONNECTIONS = Limits(0, 0).connections


def ideal(situation: Situation) -> float:
    """Seconds, of which the first ones are as slow as the source's ``ramp`` has them."""
    source, platform = situation.source, situation.platform
    left = float(situation.size)
    latency = source.busy + source.connect + source.first_byte + platform.put_answer
    ramps = (source.ramp * step / STEPS for step in range(STEPS + 1))
    starts = (_start(situation, child) for child in range(_most_children(situation)))
    moments = sorted({0.0, *ramps, *starts})
    for began, ended in zip(moments, [*moments[1:], float("inf")], strict=True):
        rate = _rate(situation, began)
        if left <= rate * (ended - began):
            return latency + began + left / rate
        left -= rate * (ended - began)
    raise AssertionError("the last moment has no end")


def _start(situation: Situation, child: int) -> float:
    platform = situation.platform
    if child < platform.warm:
        return platform.warm_start
    late = max(0, child + 1 - platform.warm - platform.burst) / platform.starts_per_second
    return platform.cold_start + late


def _most_children(situation: Situation) -> int:
    if situation.size <= WHOLE_AT_MOST:
        return 0
    return min(situation.max_children, situation.platform.instances - 1)


def _rate(situation: Situation, now: float) -> float:
    """Bytes per second of all together."""
    source, platform = situation.source, situation.platform
    children = sum(_start(situation, each) <= now for each in range(_most_children(situation)))
    if situation.size <= WHOLE_AT_MOST:
        connections = 1
    else:
        connections = min(CONNECTIONS, situation.streams * (1 + children))
    connections = min(connections, source.cap or connections)
    together = min((1 + children) * platform.bears, platform.account)
    if source.total:
        together = min(together, source.total)
    rate = source.rate or platform.bears
    done = int(now / source.ramp * STEPS + 1e-9) if source.ramp else STEPS
    return min(together, connections * rate * 0.5 ** max(0, STEPS - done))
