"""Point 1: what one stream costs and how fast it is, beside other ways of copying the same bytes.

The copiers take turns, so that whatever else the machine does meanwhile falls on all of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from tests.bench.copiers import curl
from tests.bench.copiers.measuring import Errand, Measure
from tests.bench.endpoints import Endpoints, Scheme
from tests.bench.figures import Figure, Series, Wanted
from tests.localcloud.config import REPOSITORY

MIB = 1024 * 1024
_RUNS: Mapping[Scheme, int] = {"http": 5, "https": 3}
# Large enough for a run to last, small enough for several of each. The part sizes are what each
# approach uses: 64 MiB is our largest, 6 MiB the published one.
_SIZES: Mapping[str, tuple[int, int]] = {
    "ours": (384 * MIB, 64 * MIB),
    "splice": (384 * MIB, 64 * MIB),
    "curl | curl": (384 * MIB, 384 * MIB),
    "published": (48 * MIB, 6 * MIB),
}
_WANTED = {
    "published": Wanted("<=", 0.17, of="ratio"),
    "curl | curl": Wanted("<=", 0.5, of="ratio"),
    "splice": Wanted("<=", 1.5, of="ratio"),
}

Found = Mapping[str, list[Measure]]
EMPTY: Mapping[str, str] = {}


def figures(endpoints: Endpoints, progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield CPU per gigabyte and speed, over plain HTTP and over TLS."""
    for scheme in _RUNS:
        yield from _compared(scheme, _measured(scheme, endpoints, progress))


def run(
    copier: str, errand: Errand, endpoints: Endpoints, environment: Mapping[str, str] = EMPTY
) -> Measure:
    """Run one copier in a fresh process."""
    if copier == "curl | curl":
        return curl.copy(errand, endpoints.authority)
    path = os.pathsep.join((str(REPOSITORY / "src"), str(REPOSITORY)))
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.copiers.{copier}", errand.to_json()],
        stdout=subprocess.PIPE,
        check=True,
        cwd=REPOSITORY,
        env={**endpoints.environment(), "PYTHONPATH": path, **environment},
    )
    return Measure(**json.loads(done.stdout.splitlines()[-1]))  # the lines before it are a log


def _measured(scheme: Scheme, endpoints: Endpoints, progress: Callable[[str], None]) -> Found:
    found: dict[str, list[Measure]] = defaultdict(list)
    runs = _RUNS[scheme]
    for turn in range(1, runs + 1):
        progress(f"copy path, {scheme}, run {turn} of {runs}")
        for copier, (size, part_size) in _SIZES.items():
            if (copier == "splice" and scheme == "https") or (
                copier == "curl | curl" and not curl.available()
            ):
                continue
            errand = Errand(endpoints.source(scheme, size), endpoints.sink(scheme), size, part_size)
            found[copier].append(run(copier, errand, endpoints))
    return found


def _compared(scheme: Scheme, found: Found) -> Iterator[Figure]:
    for copier in [name for name in found if name != "ours"]:
        yield Figure(
            topic="copy path",
            what=f"CPU, {scheme}",
            unit="s/GB",
            ours=_cpu("ours", found),
            reference=_cpu(copier, found),
            wanted=_WANTED[copier] if scheme == "http" else None,
        )
    for copier in [name for name in found if name != "ours"]:
        yield Figure(
            topic="copy path",
            what=f"speed, {scheme}",
            unit="MB/s",
            ours=_speed("ours", found),
            reference=_speed(copier, found),
        )
    yield Figure(
        topic="copy path",
        what=f"speed if one core were its own, {scheme}",
        unit="MB/s",
        ours=Series.of("ours", [1000 / measure.cpu_per_gb for measure in found["ours"]]),
        wanted=Wanted(">=", 600) if scheme == "http" else None,
    )


def _cpu(copier: str, found: Found) -> Series:
    return Series.of(copier, [measure.cpu_per_gb for measure in found[copier]])


def _speed(copier: str, found: Found) -> Series:
    return Series.of(copier, [measure.mb_per_second for measure in found[copier]])
