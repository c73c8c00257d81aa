"""Several streams of ossferry in one instance: as threads, which is what it does, or processes."""

from __future__ import annotations

import multiprocessing
import os
from dataclasses import replace

from tests.bench.copiers import ours
from tests.bench.copiers.measuring import Errand, cpu_seconds, run

VARIABLE = "BENCH_PROCESSES"


def copy(errand: Errand) -> float:
    """Copy with all streams in this process, or each in one of its own."""
    processes = int(os.environ[VARIABLE])
    if not processes:
        ours.copy(errand)
        return 0.0
    # Each copies a source of its own that has the size of its share.
    size, base = errand.size // processes, errand.source.rpartition("/")[0]
    share = replace(errand, source=f"{base}/{size}", size=size, streams=errand.streams // processes)
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        return -sum(pool.map(_cpu_of, [share] * processes, chunksize=1))


def _cpu_of(errand: Errand) -> float:
    before = cpu_seconds()
    ours.copy(errand)
    return cpu_seconds() - before


if __name__ == "__main__":
    run(copy)
