"""Each kind of source by each way, in turns, and the figures that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.bulk import rclone, ways
from tests.bench.bulk.cost import Cost
from tests.bench.bulk.sources import SIZE, SOURCES, Ground, Source
from tests.bench.bulk.ways import LIMIT, OURS, RCLONE, Way
from tests.bench.figures import Figure, Series, Wanted

PLAIN = "one invocation each"

_FASTER, _NEARLY = Wanted(">=", 5, of="ratio"), Wanted(">=", 0.8, of="ratio")
_CHEAPER = Wanted("<", 1, of="ratio")
_SLOW_BATCH = 25  # messages, where each takes long


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items each way copies, and how often; others than ours are only sampled."""

    ours: int
    plain: int
    batch: int
    others: int
    runs: int


QUICK = Counts(ours=2500, plain=192, batch=100, others=1000, runs=2)
ALL = Counts(ours=100_000, plain=1000, batch=400, others=4000, runs=1)

Found = Mapping[str, Sequence[Cost]]


def figures(ground: Ground, counts: Counts, progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield speed and cost for each source."""
    _warm(ground)
    for source in SOURCES:
        progress(f"bulk, {source}: {counts.ours} items to begin with")
        ground.prepare(source)
        found: dict[str, list[Cost]] = {}
        for run in range(1, counts.runs + 1):
            for name, (way, count) in _ways(source, counts).items():
                progress(f"bulk, {source}, {name}, {count} items, run {run} of {counts.runs}")
                found.setdefault(name, []).append(way(ground, source, count))
        ground.tidy(source)
        yield from compared(source, counts.ours, found)


def _warm(ground: Ground) -> None:
    """Instances for all callers, each of which has copied something."""
    ways.one_by_one(ground, SOURCES[0], 2 * ways.CALLERS)


def _ways(source: Source, counts: Counts) -> Mapping[str, tuple[Way, int]]:
    size = _SLOW_BATCH if source.latency else 100
    callers = min(4, counts.batch // size)
    offered: dict[str, tuple[Way, int]] = {
        OURS: (ways.many_in_one_job, counts.ours),
        PLAIN: (ways.one_by_one, counts.plain),
        f"batches of {size}, {callers} at a time": (
            ways.batches(size, callers),
            callers * size if source.latency else counts.batch,
        ),
        "64 threads, requests and oss2": (ways.pool_of_threads, counts.others),
        LIMIT: (ways.servers_alone, max(counts.others, min(counts.ours, 2 * counts.others))),
    }
    if source.kind == "origin" and rclone.available():
        offered[RCLONE] = ways.by_rclone, counts.others
    return offered


def compared(source: Source, items: int, found: Found) -> Iterator[Figure]:
    """Yield the figures of one source."""
    topic = f"bulk, {items:,} items of {SIZE // 1000} KB {source}"
    others = [name for name in found if name != OURS]

    def figure(
        what: str,
        unit: str,
        of: Callable[[Cost], float | None],
        beside: str | None = None,
        wanted: Wanted | None = None,
    ) -> Figure:
        theirs = _series(beside, found[beside], of) if beside else None
        return Figure(topic, what, unit, _series(OURS, found[OURS], of), theirs, wanted)

    for name in others:
        wanted = _FASTER if name == PLAIN else _NEARLY if name == LIMIT else None
        yield figure("speed", "items/s", lambda each: each.per_second, name, wanted)
    for name in others:
        wanted = None if name == LIMIT else _CHEAPER
        yield figure("CPU for an item", "ms", lambda each: each.cpu_ms, name, wanted)
    for name in (PLAIN, LIMIT):
        unit, of = "items/s", lambda each: each.borne_per_second
        yield figure("speed that the CPU allows", unit, of, name)
    yield figure("servers' CPU for an item", "ms", lambda each: each.servers_ms, LIMIT)
    yield figure("cores idle meanwhile", "", lambda each: each.idle, LIMIT)
    yield figure("requests for an item", "", lambda each: each.requests_each, LIMIT)
    for name in others:
        if found[name][0].gb_seconds is not None:
            unit = "GB-s/1000"
            yield figure("billed", unit, lambda each: each.gb_seconds_per_1000, name, _CHEAPER)


def _series(name: str, costs: Sequence[Cost], of: Callable[[Cost], float | None]) -> Series:
    return Series.of(name, [value for cost in costs if (value := of(cost)) is not None])
