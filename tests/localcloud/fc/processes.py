"""What /proc says about instances: their processes, memory and CPU time.

An instance leads a session of its own, so its processes are found by session number. A process
may end at any moment; then it counts for nothing.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """One process; CPU time includes that of the children it has waited for."""

    pid: int
    session: int
    running: bool
    cpu_seconds: float


def sessions(leaders: Iterable[int]) -> dict[int, list[Process]]:
    """Return the processes of these sessions, with one walk over /proc."""
    wanted = set(leaders)
    found: dict[int, list[Process]] = defaultdict(list)
    for entry in os.scandir(_PROC):
        if not entry.name.isdecimal():
            continue
        process = read_process(int(entry.name))
        if process is not None and process.session in wanted:
            found[process.session].append(process)
    return found


def read_process(pid: int) -> Process | None:
    """Read one process, or None when it is no more."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The command's name, in parentheses, may hold anything.
    values = text[text.rindex(")") + 2 :].split()
    ticks = sum(int(value) for value in values[11:15])
    return Process(pid, int(values[3]), values[0] not in "ZX", ticks / _TICKS)


def peak_mb(pid: int) -> float:
    """Return the most that a process has had resident, pages shared with others included."""
    return _kilobytes(pid, "status", "VmHWM:") / 1024


def proportional_mb(pids: Iterable[int]) -> float:
    """Return what these processes have resident, shared pages divided among who shares them."""
    return sum(_kilobytes(pid, "smaps_rollup", "Pss:") for pid in pids) / 1024


def _kilobytes(pid: int, name: str, label: str) -> int:
    try:
        lines = (_PROC / str(pid) / name).read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(label)), 0)
