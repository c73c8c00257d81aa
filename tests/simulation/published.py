"""The approach that was published for this job, in the same situations: 99 processes, each of which
invokes the function for one part of 6 MiB after the other. See ``tests/bench/published``.

At its best: what its copying costs a processor is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from ossferry.errors import FerryError
from ossferry.pace.grid import Grid
from ossferry.pace.run import Run
from ossferry.parts import MAX_PARTS
from tests.bench.published import index
from tests.simulation.copiers import Copiers
from tests.simulation.situation import Situation
from tests.simulation.world import MEMORY_GB, world_of

_NEVER = 1e9


@dataclass(frozen=True)
class Reached:
    seconds: float
    gb_seconds: float
    invocations: int


def published(situation: Situation) -> Reached | None:
    """What it takes; None where it fails: at one refusal, or with more parts than OSS allows."""
    grid = Grid(situation.size, index.PART_SIZE)
    if grid.cells > MAX_PARTS:
        return None
    world, dice = world_of(situation)
    copiers = Copiers(world, dice)
    parts = grid.parts()
    flying = 0
    try:
        while True:
            while flying < index.PROCESSES and (part := next(parts, None)):
                copiers.child(Run((part,), True, 1, world.timeline.now))
                flying += 1
            if not flying:
                break
            heard = copiers.hear(_NEVER)
            assert heard is not None
            if heard[1].error:
                raise heard[1].error
            flying -= 1
    except FerryError:
        return None
    seconds = world.timeline.now
    return Reached(seconds, (seconds + copiers.seconds) * MEMORY_GB, 1 + grid.cells)
