"""What the bench consists of, and what each topic needs to run on.

Sinks and clouds are started for the first topic that wants them and serve the others too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from tests.bench import (
    alternatives,
    checksums,
    coordinator,
    copy_path,
    depot,
    endpoints,
    fan_out,
    fixed_cost,
    latency,
    local_cloud,
    memory,
    programs,
    watching,
)
from tests.bench.bulk import topic as bulk
from tests.bench.clouds import Clouds, as_deployed, running
from tests.bench.figures import Figure
from tests.bench.regimes import compared
from tests.bench.regimes.regime import Regime
from tests.bench.regimes.selections import ALL, QUICK

Progress = Callable[[str], None]


class Grounds:
    """What topics run on, and what has been found so far."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self.found: list[Figure] = []

    @cached_property
    def endpoints(self) -> endpoints.Endpoints:
        return self._stack.enter_context(endpoints.running())

    @property
    def sink(self) -> str:
        return self.endpoints.sink("http")

    @cached_property
    def clouds(self) -> Clouds:
        return self._stack.enter_context(running(fan_out.LINKS, fan_out.STREAMS))


Topic = Callable[[Grounds, Progress], Iterator[Figure]]


def _regimes(selection: Sequence[Regime], progress: Progress) -> Iterator[Figure]:
    # In clouds of their own, which end with the topic: so many instances are not to stay.
    with as_deployed() as deployed:
        yield from compared.figures(deployed, selection, progress)


TOPICS: Mapping[str, Topic] = {
    "copy-path": lambda on, progress: copy_path.figures(on.endpoints, progress),
    "checksums": lambda on, progress: checksums.figures(on.endpoints, progress),
    "latency": lambda on, progress: latency.figures(on.endpoints, progress),
    "memory": lambda on, progress: memory.figures(on.endpoints, progress),
    "fan-out": lambda on, progress: fan_out.figures(on.clouds, progress),
    "fixed-cost": lambda on, progress: fixed_cost.figures(on.clouds, progress),
    "coordinator": lambda on, progress: coordinator.figures(on.endpoints, progress),
    "local-cloud": lambda on, progress: local_cloud.figures(on.clouds.ours.cloud, progress),
    "regimes": lambda _, progress: _regimes(QUICK, progress),
    "bulk": lambda on, progress: bulk.figures(on.sink, progress, all_of_it=False),
    "depot": lambda on, progress: depot.figures(progress),
    "programs": lambda on, progress: programs.figures(progress),
    "watching": lambda on, progress: watching.figures(progress),
}
# Not in a run of everything: they look for settings, not at results, or take their time.
EXTRA: Mapping[str, Topic] = {
    "programs-of-many": lambda _, progress: programs.figures(progress, programs.MANY),
    "all-regimes": lambda _, progress: _regimes(ALL, progress),
    "all-bulk": lambda on, progress: bulk.figures(on.sink, progress, all_of_it=True),
    "alternatives": lambda on, progress: alternatives.figures(on.endpoints, progress),
}


def run(names: Sequence[str], progress: Progress) -> list[Figure]:
    """Run these topics one after another; the figures in their order."""
    with contextlib.ExitStack() as stack:
        grounds = Grounds(stack)
        for number, name in enumerate(names, 1):
            progress(f"{name}, topic {number} of {len(names)}")
            grounds.found += {**TOPICS, **EXTRA}[name](grounds, progress)
        return grounds.found
