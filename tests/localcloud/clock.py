"""A clock that a test can move forward, for rules that wait for minutes or days.

It times what the store does with objects (restores, expiry of restored copies, Last-Modified).
Signatures and credentials are judged by the real time, because their clients sign by it.
"""

from __future__ import annotations

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
        if seconds < 0:
            raise ValueError(f"a clock only goes forward, not by {seconds}")
        self._advanced += seconds
