"""What it took to copy some items in one way. Pure, but for ``machine``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.clouds import MEMORY_MB


@dataclass(frozen=True, slots=True)
class Cost:
    """``cpu`` are seconds of whoever copies; what a way cannot tell is None.

    ``servers`` are CPU seconds of origin, OSS and Function Compute, ``idle`` is the share of the
    machine that nobody used meanwhile.
    """

    items: int
    seconds: float
    cpu: float
    requests: int | None = None
    gb_seconds: float | None = None
    servers: float | None = None
    idle: float | None = None

    @property
    def per_second(self) -> float:
        return self.items / self.seconds

    @property
    def cpu_ms(self) -> float:
        """For one item."""
        return self.cpu / self.items * 1000

    @property
    def servers_ms(self) -> float | None:
        return None if self.servers is None else self.servers / self.items * 1000

    @property
    def borne_per_second(self) -> float | None:
        """What this machine bears if it has nothing else to do: its cores over all CPU."""
        if self.servers is None:
            return None
        return self.items * (os.cpu_count() or 1) / (self.cpu + self.servers)

    @property
    def requests_each(self) -> float | None:
        return None if self.requests is None else self.requests / self.items

    @property
    def gb_seconds_per_1000(self) -> float | None:
        return None if self.gb_seconds is None else self.gb_seconds / self.items * 1000


def billed(invocations: Sequence[Mapping[str, Any]]) -> float:
    """GB-seconds: duration times configured memory, as Function Compute bills it."""
    return float(sum(call["duration_ms"] for call in invocations) / 1000 * MEMORY_MB / 1024)


def machine() -> tuple[float, float]:
    """Seconds of all cores so far that were idle, and in all."""
    first = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    ticks = [int(value) / os.sysconf("SC_CLK_TCK") for value in first]
    return ticks[3] + ticks[4], sum(ticks)
