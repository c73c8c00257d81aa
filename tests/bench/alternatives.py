"""Ways in which the copy path could be built, measured side by side: ``... bench alternatives``.

Not part of a run of everything. Each is compared with the copy path as it is; the differences are
small, so read the spreads too.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass

from tests.bench import copy_path
from tests.bench.copiers import bare, many
from tests.bench.copiers.bare import Way
from tests.bench.copiers.measuring import Errand, Measure
from tests.bench.endpoints import Endpoints
from tests.bench.figures import Figure, Series

KIB = 1024
MIB = 1024 * KIB
_RUNS = 5
_SIZE = 512 * MIB
_PART_SIZE = 64 * MIB


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to run a copier."""

    copier: str
    environment: Mapping[str, str]
    streams: int = 1
    buffer: int = 0


def _bare(way: Way) -> Alternative:
    return Alternative("bare", {bare.VARIABLE: json.dumps(asdict(way))})


ONE_STREAM = {
    "http.client, as it is": Alternative("ours", {}),
    **{
        f"the same, buffer of {size // KIB} KiB": Alternative("ours", {}, buffer=size)
        for size in (256 * KIB, 4 * MIB)
    },
    **{
        f"bare sockets, buffer of {size // KIB} KiB": _bare(Way(buffer=size))
        for size in (64 * KIB, 128 * KIB, 256 * KIB, MIB, 4 * MIB)
    },
    "bare sockets that fill 1 MiB": _bare(Way(fill=True)),
    "bare sockets that block, 1 MiB": _bare(Way(kernel_waits=True)),
    "bare sockets, SO_RCVBUF of 4 MiB": _bare(Way(receive_buffer=4 * MIB)),
    "urllib3 for the source, 1 MiB": _bare(Way(urllib3=True)),
}
EIGHT_STREAMS = {
    "8 streams, threads": Alternative("many", {many.VARIABLE: "0"}, 8),
    "8 streams, 2 processes": Alternative("many", {many.VARIABLE: "2"}, 8),
    "8 streams, 8 processes": Alternative("many", {many.VARIABLE: "8"}, 8),
}


def figures(endpoints: Endpoints, progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield CPU and speed of each alternative beside those of what there is."""
    yield from _compared(ONE_STREAM, "http.client, as it is", endpoints, progress)
    yield from _compared(EIGHT_STREAMS, "8 streams, threads", endpoints, progress)


def _compared(
    ways: Mapping[str, Alternative],
    today: str,
    endpoints: Endpoints,
    progress: Callable[[str], None],
) -> Iterator[Figure]:
    found: dict[str, list[Measure]] = defaultdict(list)
    for turn in range(1, _RUNS + 1):
        progress(f"alternatives, {today}, run {turn} of {_RUNS}")
        for name, way in ways.items():
            found[name].append(_measure(way, endpoints))
    for name, measures in found.items():
        for unit, of in (("s/GB", "cpu_per_gb"), ("MB/s", "mb_per_second")):
            yield Figure(
                topic="alternatives to the copy path",
                what=name,
                unit=unit,
                ours=Series.of(name, [getattr(measure, of) for measure in measures]),
                reference=Series.of("as it is", [getattr(each, of) for each in found[today]]),
            )


def _measure(way: Alternative, endpoints: Endpoints) -> Measure:
    part_size = _PART_SIZE // way.streams
    source, sink = endpoints.source("http", _SIZE), endpoints.sink("http")
    errand = Errand(source, sink, _SIZE, part_size, way.streams, way.buffer)
    return copy_path.run(way.copier, errand, endpoints, way.environment)
