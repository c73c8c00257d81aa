"""One transfer in virtual time, by the real plan and the real fan-out."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ossferry.copying.copy_job import CopiedPart
from ossferry.errors import FerryError
from ossferry.log import lines_with
from ossferry.pace.grid import Grid, Work
from ossferry.pace.part_sizes import WHOLE_AT_MOST
from ossferry.pace.run import Run
from ossferry.spread.fanout import FanOut
from ossferry.spread.plan import Plan, make_plan
from ossferry.spread.tally import Tally
from tests.simulation.copiers import Copiers, Endless
from tests.simulation.ideal import ideal
from tests.simulation.situation import Situation
from tests.simulation.trace import Trace
from tests.simulation.world import MEMORY_GB, world_of

_NEVER = 1e9


@dataclass(frozen=True)
class Outcome:
    """What came of a transfer. ``error`` is why it did not end, ``wrong`` what is wrong with its
    parts; ``connections`` are the most at once, ``above`` the most seconds in a row in which more
    were asked for than the source bears, ``copied`` the bytes of all copies.
    """

    seconds: float
    ideal: float
    error: str
    wrong: str
    gb_seconds: float
    invocations: int
    cold_starts: int
    connections: int
    above: float
    refusals: int
    throttled: int
    parts: int
    copied: float
    tally: Tally

    @property
    def ratio(self) -> float:
        return self.seconds / self.ideal


def plan_of(situation: Situation) -> Plan:
    """What a coordinator would make of it, with no part size asked for."""
    return make_plan(
        situation.size,
        part_size=None,
        max_children=situation.max_children,
        streams=situation.streams,
        fan_out_from=situation.fan_out_from,
    )


def simulate(situation: Situation, trace: float | None = None) -> Outcome:
    """Copy it. ``trace`` seconds apart, what the fan-out decides is printed."""
    world, dice = world_of(situation)
    timeline, server = world.timeline, world.server
    watch = Trace(trace)
    copiers = Copiers(world, dice, watch.look)
    plan = plan_of(situation)
    least = ideal(situation)
    until = 20 * least + 300
    work = Work(plan.grid)
    tally = Tally()
    parts: list[CopiedPart] = []
    error = ""
    with _repeatable(situation.seed), lines_with(level="error"):
        try:
            if situation.size <= WHOLE_AT_MOST:
                parts = _whole(copiers, situation.size)
            else:
                fan_out = FanOut(
                    work,
                    copiers,
                    plan.limits,
                    last_call=until,
                    deadline=until,
                    tally=tally,
                    clock=timeline.clock,
                    cpu=copiers.coordinator.cpu,
                )
                watch.follow(fan_out, work, copiers)
                parts = fan_out.run()
        except (FerryError, Endless) as failure:
            error = f"{type(failure).__name__}: {failure}"
    copiers.close()
    return Outcome(
        seconds=timeline.now,
        ideal=least,
        error=error,
        wrong="" if error else _wrong(situation.size, plan.grid, parts, copiers.sizes),
        gb_seconds=(timeline.now + copiers.seconds) * MEMORY_GB,
        invocations=1 + tally.invocations,
        cold_starts=copiers.cold,
        connections=max(server.peak, tally.streams),
        above=server.above,
        refusals=server.refusals,
        throttled=copiers.throttled,
        parts=len(parts),
        copied=copiers.moved,
        tally=tally,
    )


def _whole(copiers: Copiers, size: int) -> list[CopiedPart]:
    """A source that is one PUT is copied by one stream, whatever the plan."""
    copiers.own(Run((Grid(size, size).part(0, 1),), False, 1, 0.0))
    heard = copiers.hear(_NEVER)
    assert heard is not None
    if heard[1].error:
        raise heard[1].error
    return [*heard[1].parts]


def _wrong(size: int, grid: Grid, parts: list[CopiedPart], sizes: dict[int, set[int]]) -> str:
    """Whether the parts are the source, each byte once and in order."""
    at = 0
    for part in parts:
        if len(parts) > 1 and (part.number - 1) * grid.cell != at:
            return f"part {part.number} does not begin at byte {at}"
        at += part.size
    if at != size:
        return f"{at} of {size} bytes"
    twice = [number for number, seen in sizes.items() if len(seen) > 1]
    return f"part {twice[0]} was handed out in more than one size" if twice else ""


@contextmanager
def _repeatable(seed: int) -> Iterator[None]:
    """The jitter of waits comes from the seed."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
