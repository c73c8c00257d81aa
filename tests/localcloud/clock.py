"""A clock that a test can move forward, for rules that wait for minutes or days.

It times what the store does with objects (restores, expiry of restored copies, Last-Modified), and
the timers, delays and asynchronous tasks of Function Compute. Signatures and credentials are judged
by the real time, because their clients sign by it; functions run by it, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable


class Clock:
    """The real time plus whatever it has been advanced by."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._advanced = 0.0

    def now(self) -> float:
        """Return seconds since the epoch."""
        return self._source() + self._advanced

    def advance(self, seconds: float) -> None:
        """Let time pass; it never goes back, as objects would then be older than their parts."""
        if not 0 <= seconds < math.inf:
            raise ValueError(f"a clock only goes forward, not by {seconds}")
        self._advanced += seconds


class AwaitedClock(Clock):
    """A clock that one event loop waits by; whoever sleeps wakes when it has been advanced."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        super().__init__(source)
        self._sleepers: set[asyncio.Event] = set()

    def advance(self, seconds: float) -> None:
        """Let time pass, and wake whoever waited for it."""
        super().advance(seconds)
        for moved in self._sleepers:
            moved.set()

    async def sleep_until(self, moment: float) -> None:
        """Return when it is ``moment``, in epoch seconds; at once if that has passed."""
        moved = asyncio.Event()
        self._sleepers.add(moved)
        try:
            while (left := moment - self.now()) > 0:
                moved.clear()
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(moved.wait(), left)
        finally:
            self._sleepers.discard(moved)
