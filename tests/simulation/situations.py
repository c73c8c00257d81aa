"""Situations with names, for the table and the tests. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tests.simulation.promises import USUAL, Promise
from tests.simulation.situation import GB, GBIT, MB, MBIT, TB, Platform, Situation, Source

SIZES = (
    MB,
    10 * MB,
    50 * MB,
    200 * MB,
    GB,
    2 * GB,
    10_774 * MB,
    14_680 * MB,
    100 * GB,
    TB,
    10 * TB,
)
# The published figures: bytes, and the seconds that they were copied in.
PUBLISHED = {200 * MB: 1.0, 2 * GB: 4.0, 10_774 * MB: 11.0, 14_680 * MB: 14.0}
# What is assumed of the platform that they come from, each a column of the prediction.
ASSUMPTIONS = {
    "1 Gbit/s": Platform(),
    "2.5 Gbit/s": Platform(instance=2.5 * GBIT),
    "5 Gbit/s": Platform(instance=5 * GBIT),
    "1 Gbit/s, 2 s cold start": Platform(cold_start=2.0),
}
# Seconds of a transfer besides the copying, as measured by ``make bench``.
FIXED = 0.1
# What is not as fast as published, although the ideal is: growing takes its time.
MISSED = {"200 MB, 2.5 Gbit/s": 1.1}

_SOURCES = {
    "50 Mbit/s each": Source(50 * MBIT),
    "100 Mbit/s each": Source(100 * MBIT),
    "500 Mbit/s each": Source(500 * MBIT),
    "unlimited": Source(),
}
_PLATFORMS = {
    "1 Gbit/s, 0.3 s": Platform(cold_start=0.3),
    "1 Gbit/s, 1 s": Platform(),
    "1 Gbit/s, 3 s": Platform(cold_start=3.0),
    "5 Gbit/s, 0.3 s": Platform(instance=5 * GBIT, cold_start=0.3),
    "5 Gbit/s, 3 s": Platform(instance=5 * GBIT, cold_start=3.0),
}
_USUAL = Situation(2 * GB, Source(100 * MBIT))


def grid() -> Iterator[tuple[str, Situation]]:
    """Yield every size with every source and platform."""
    for what, source in _SOURCES.items():
        for where, platform in _PLATFORMS.items():
            for size in SIZES:
                yield f"{amount(size)}, {what}, {where}", Situation(size, source, platform)


def assumed() -> Iterator[tuple[str, Situation]]:
    """Yield the published sizes under each assumption."""
    for where, platform in ASSUMPTIONS.items():
        for size in PUBLISHED:
            yield f"{amount(size)}, {where}", Situation(size, platform=platform)


def difficult() -> Iterator[tuple[str, Situation]]:
    """Yield what goes wrong at sources and at FC, one thing at a time."""
    for size in (50 * MB, 200 * MB, 2 * GB, 20 * GB):
        for what, situation in _DIFFICULT.items():
            yield f"{amount(size)}, {what}", replace(situation, size=size)


def promised(name: str) -> Promise:
    """What holds in a situation of this name, the size left out: some rows are still far from what
    they should be, and no further than that."""
    return _PROMISES.get(name.partition(", ")[2], USUAL)


def _source(**changes: object) -> Situation:
    return replace(_USUAL, source=replace(_USUAL.source, **changes))  # type: ignore[arg-type]


def _platform(**changes: object) -> Situation:
    return replace(_USUAL, platform=replace(_USUAL.platform, **changes))  # type: ignore[arg-type]


_DIFFICULT: Mapping[str, Situation] = {
    **{f"cap {cap}": _source(cap=cap) for cap in (1, 2, 3, 4, 10, 16, 64, 100)},
    **{f"cap {cap}, reset": _source(cap=cap, over="reset") for cap in (1, 4, 16)},
    **{f"cap {cap}, Retry-After 2": _source(cap=cap, retry_after=2.0) for cap in (1, 4, 16)},
    **{f"cap {cap}, refused at once": _source(cap=cap, refusal=0.0) for cap in (1, 4, 16)},
    "busy for 3 s": _source(busy=3.0),
    "busy for 20 s, refused at once": _source(busy=20.0, refusal=0.0),
    "cap 4, unlimited": replace(_USUAL, source=Source(cap=4)),
    "cap 30, unlimited": replace(_USUAL, source=Source(cap=30)),
    "40 MB/s in all": _source(total=40.0 * MB),
    "125 MB/s in all": _source(total=125.0 * MB),
    "300 MB/s in all": _source(total=300.0 * MB),
    "40 MB/s in all, unlimited each": replace(_USUAL, source=Source(total=40.0 * MB)),
    "first byte after 0.1 s": _source(first_byte=0.1),
    "first byte after 0.5 s": _source(first_byte=0.5),
    "slow start of 0.5 s": _source(ramp=0.5),
    "slow start of 2 s": _source(ramp=2.0),
    "stragglers": _source(stragglers=0.05),
    "stragglers at a third": _source(stragglers=0.05, slow=0.3),
    "stragglers, unlimited": replace(_USUAL, source=Source(stragglers=0.05, slow=0.01)),
    "stragglers, 50 Mbit/s each": replace(_USUAL, source=Source(50 * MBIT, stragglers=0.05)),
    "10 instances": _platform(instances=10),
    "2 instances": _platform(instances=2),
    "5 starts per second": _platform(burst=5),
    "20 starts per second": _platform(burst=20, starts_per_second=20.0),
    "starts of 0.3 to 3 s": _platform(cold_start=0.3, slowest_start=3.0),
    "100 warm instances": _platform(warm=99),
    "slow answers of OSS": _platform(put_answer=0.3),
    "32 children": replace(_USUAL, max_children=32),
    "no children": replace(_USUAL, max_children=0),
    "4 streams": replace(_USUAL, streams=4),
    "1 stream": replace(_USUAL, streams=1),
}


# As measured, and a tenth.
_PROMISES: Mapping[str, Promise] = {
    # Children that are refused find out one by one how many there may be.
    "cap 64": Promise(1.95),
    "cap 100": Promise(2.1),
    # Each instance is full with one connection, and keeps those that children would need.
    "cap 4, unlimited": Promise(4.3),
    "cap 30, unlimited": Promise(4.9),
    # All begins with one connection, when somebody is served at last.
    "busy for 3 s": Promise(2.6),
    "busy for 20 s, refused at once": Promise(1.85),
    # Nobody judges what more streams bring while children copy.
    "125 MB/s in all": Promise(above=0.7),
    "300 MB/s in all": Promise(above=0.73),
    "40 MB/s in all": Promise(above=0.05),
    "40 MB/s in all, unlimited each": Promise(above=0.05),
    # More streams are tried when the last ones have shown what they bring.
    "first byte after 0.5 s": Promise(3.5),
    "slow start of 0.5 s": Promise(3.5),
    "slow start of 2 s": Promise(3.0),
    # Whoever has a slow connection ends late, or begins anew.
    "stragglers": Promise(2.0),
    "stragglers at a third": Promise(1.7),
    "stragglers, 50 Mbit/s each": Promise(2.6),
    # A stream waits for each answer.
    "slow answers of OSS": Promise(1.75),
}


def amount(size: int) -> str:
    """Say how many bytes, in the unit that suits."""
    for unit, name in ((TB, "TB"), (GB, "GB")):
        if size >= unit:
            return f"{size / unit:g} {name}"
    return f"{size / MB:g} MB"
