"""Point 4: the seconds that a transfer takes beyond the ideal, whatever its size.

The origin sends all replies together at one rate, so the ideal is known: size over rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.bench.clouds import Clouds, Deployed
from tests.bench.figures import Figure, Series

# Little enough for the machine to keep up with, so that time beyond the ideal is overhead.
_RATE = 128_000_000
TOPIC = "fixed cost"
# (size, its name, runs)
_SIZES = (
    (1, "1 B", 5),
    (1_000_000, "1 MB", 5),
    (100_000_000, "100 MB", 3),
    (1_000_000_000, "1 GB", 1),
)


def figures(clouds: Clouds, progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield the seconds beyond the ideal for each size, instances being warm."""
    for deployed in (clouds.ours, clouds.published):
        deployed.transfer("warm", 1)
    for size, name, runs in _SIZES:
        yield Figure(
            topic=TOPIC,
            what=f"beyond the ideal, {name}",
            unit="s",
            ours=_beyond(clouds.ours, size, name, runs, progress),
            reference=_beyond(clouds.published, size, name, runs, progress),
        )


def _beyond(
    deployed: Deployed, size: int, name: str, runs: int, progress: Callable[[str], None]
) -> Series:
    values = []
    for run in range(1, runs + 1):
        progress(f"fixed cost, {name}, {deployed.name}, run {run} of {runs}")
        outcome = deployed.transfer(f"fixed-{size}-{run}", size, f"total-rate:{_RATE}")
        if outcome.error:
            raise SystemExit(f"{deployed.name} failed: {outcome.error}")
        values.append(outcome.seconds - size / _RATE)
    return Series.of(deployed.name, values)
