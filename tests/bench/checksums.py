"""What a second checksum costs, which is computed where the source tells one: the same copy with
and without it, in turns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace

from ossferry.checksums import BESIDE_CRC64
from tests.bench import copy_path
from tests.bench.copiers.measuring import Errand
from tests.bench.endpoints import Endpoints
from tests.bench.figures import Figure, Series, Wanted

_RUNS = 5
_MIB = 1024 * 1024
# So large that the import of what computes it, 20 ms at the most, does not count for much.
_SIZE, _PART = 1024 * _MIB, 64 * _MIB
_MOST = 0.15  # seconds of CPU per GB


def figures(endpoints: Endpoints, progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield the CPU of the copy with each of them beside that without, and the difference."""
    plain = Errand(endpoints.source("http", _SIZE), endpoints.sink("http"), _SIZE, _PART)
    found: dict[str, list[float]] = defaultdict(list)
    for turn in range(1, _RUNS + 1):
        progress(f"checksums, run {turn} of {_RUNS}")
        for name in ("", *BESIDE_CRC64):
            errand = replace(plain, checksum=name)
            found[name].append(copy_path.run("ours", errand, endpoints).cpu_per_gb)
    without = found.pop("")
    for name, values in found.items():
        yield Figure(
            topic="checksums",
            what=f"CPU, {name} beside CRC64",
            unit="s/GB",
            ours=Series.of(f"with {name}", values),
            reference=Series.of("CRC64 alone", without),
        )
        more = [with_it - alone for with_it, alone in zip(values, without, strict=True)]
        yield Figure(
            topic="checksums",
            what=f"CPU that {name} adds",
            unit="s/GB",
            ours=Series.of(name, more),
            wanted=Wanted("<=", _MOST),
        )
