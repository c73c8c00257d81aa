"""What every copier is told and what it tells: one JSON document in, one line of JSON out.

CPU time is that of the copying process from its first request to its last answer, so neither the
servers' nor the interpreter's start counts.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Errand:
    """Copy ``size`` bytes of ``source`` to ``sink`` in parts, with so many streams."""

    source: str
    sink: str
    size: int
    part_size: int
    streams: int = 1
    buffer: int = 0  # bytes; 0: whatever the copier's own default is
    checksum: str = ""  # what is computed beside CRC64

    def to_json(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Measure:
    """One copy: how long it took, what it cost, and the most memory the process ever had."""

    size: int
    seconds: float
    cpu: float
    peak_mb: float

    @property
    def cpu_per_gb(self) -> float:
        return self.cpu / (self.size / 1e9)

    @property
    def mb_per_second(self) -> float:
        return self.size / 1e6 / self.seconds


def run(copy: Callable[[Errand], float | None]) -> None:
    """Be a copier: do the errand in ``argv[1]`` and print how it went.

    ``copy`` may return CPU seconds that are not to count, because others would spend them.
    """
    errand = Errand(**json.loads(sys.argv[1]))
    began, before = time.perf_counter(), cpu_seconds()
    not_counted = copy(errand) or 0.0
    seconds, cpu = time.perf_counter() - began, cpu_seconds() - before - not_counted
    print(json.dumps(asdict(Measure(errand.size, seconds, cpu, peak_mb()))))


def cpu_seconds() -> float:
    """CPU time of this process, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mb() -> float:
    """The high-water mark of this process; ru_maxrss would count what it was forked from."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
