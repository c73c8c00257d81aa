"""How fast bytes may go: a token bucket that keeps its average whatever the timer does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

# A sleep ends late by a millisecond or more; so much unspent time may be made up for afterwards.
_BURST_SECONDS = 0.05


class Pace:
    """A rate in bytes per second, shared by everyone who spends from it."""

    def __init__(
        self,
        bytes_per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if bytes_per_second <= 0:
            raise ValueError("a pace must be positive")
        self.bytes_per_second = bytes_per_second
        self._clock = clock
        self._sleep = sleep
        self._due = clock()

    @property
    def piece(self) -> int:
        """How many bytes to spend at once, so that a slow stream trickles and a fast one flows."""
        return max(1, min(256 * 1024, int(self.bytes_per_second / 50)))

    async def spend(self, count: int) -> None:
        """Return when ``count`` more bytes may have gone."""
        now = self._clock()
        self._due = max(self._due, now - _BURST_SECONDS) + count / self.bytes_per_second
        if self._due > now:
            await self._sleep(self._due - now)
