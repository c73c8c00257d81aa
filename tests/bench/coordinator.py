"""Point 4, the other half: what a part costs a coordinator, and what a start costs a child."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

from tests.bench import copy_path
from tests.bench.copiers.measuring import Errand
from tests.bench.endpoints import Endpoints
from tests.bench.figures import Figure, Series, Wanted
from tests.bench.fixed_cost import TOPIC
from tests.localcloud.config import REPOSITORY

_PART_SIZE = 8 * 1024 * 1024
_RUNS = 3
_SAMPLE = 50  # parts that oss2 is given; it takes the same for each
_STARTS = 5
_CHILD = "import index"
_SDKS = "import oss2, fc2, requests"


def figures(endpoints: Endpoints, progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield the coordinator's CPU for many parts and the CPU of a cold start."""
    progress("coordinator, with oss2")
    by_oss2 = [each / _SAMPLE for each in _cpu("coordinating_oss2", _SAMPLE, endpoints)]
    for parts in (100, 1_000, 10_000):
        progress(f"coordinator, {parts} parts")
        yield Figure(
            topic=TOPIC,
            what=f"coordinator's CPU for {parts:,} parts",
            unit="s",
            ours=Series.of("ours", _cpu("coordinating", parts, endpoints)),
            reference=Series.of("oss2 signs, combines", [each * parts for each in by_oss2]),
            wanted=Wanted("<", 1) if parts == 10_000 else None,
        )
    progress("cold start")
    nothing = min(_start("pass") for _ in range(_STARTS))
    yield Figure(
        topic=TOPIC,
        what="CPU to import what a cold child needs",
        unit="s",
        ours=Series.of("ours", [_start(_CHILD) - nothing for _ in range(_STARTS)]),
        reference=Series.of("oss2, fc2, requests", [_start(_SDKS) - nothing for _ in range(3)]),
        wanted=Wanted("<=", 0.25, of="ratio"),
    )


def _cpu(copier: str, parts: int, endpoints: Endpoints) -> list[float]:
    size = parts * _PART_SIZE
    errand = Errand(endpoints.source("http", size), endpoints.sink("http"), size, _PART_SIZE)
    return [copy_path.run(copier, errand, endpoints).cpu for _ in range(_RUNS)]


def _start(statement: str) -> float:
    """CPU seconds of an interpreter that does just this, with what a function has on its path."""
    path = os.pathsep.join(str(REPOSITORY / each) for each in ("src", ".venv/runtime"))
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", statement], env={**os.environ, "PYTHONPATH": path}
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{statement!r} failed")
    return usage.ru_utime + usage.ru_stime
