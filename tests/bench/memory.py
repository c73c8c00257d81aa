"""Point 2: how much memory copying takes, against part size, number of streams and file size.

A fresh process copies from a source to a sink; what is reported is the most it ever had resident,
so interpreter and modules count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.bench import copy_path
from tests.bench.copiers.measuring import Errand
from tests.bench.endpoints import Endpoints
from tests.bench.figures import Figure, Series, Wanted
from tests.bench.published.index import PART_SIZE

MIB = 1024 * 1024
_RUNS = 2
# (part size, size, streams): one of them grows while the others stay as they are.
_CASES = (
    (8 * MIB, 128 * MIB, 1),
    (64 * MIB, 128 * MIB, 1),
    (512 * MIB, 512 * MIB, 1),
    (8 * MIB, 512 * MIB, 1),
    (8 * MIB, 128 * MIB, 8),
    (8 * MIB, 256 * MIB, 32),
)


def figures(endpoints: Endpoints, progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield the peak of a copying process in each case, beside the published approach's."""
    progress("memory, published approach")
    published = Series.of(
        "published, one part",
        [_peak("published", endpoints, PART_SIZE, PART_SIZE, 1) for _ in range(_RUNS)],
    )
    for part_size, size, streams in _CASES:
        progress(f"memory, {size // MIB} MiB in parts of {part_size // MIB} MiB")
        peaks = [_peak("ours", endpoints, size, part_size, streams) for _ in range(_RUNS)]
        yield Figure(
            topic="memory of a child",
            what=f"{size // MIB} MiB in parts of {part_size // MIB} MiB, streams: {streams}",
            unit="MiB",
            ours=Series.of("ours", peaks),
            reference=published,
            wanted=Wanted("<", 64 + streams),
        )


def _peak(copier: str, endpoints: Endpoints, size: int, part_size: int, streams: int) -> float:
    source, sink = endpoints.source("http", size), endpoints.sink("http")
    return copy_path.run(copier, Errand(source, sink, size, part_size, streams), endpoints).peak_mb
