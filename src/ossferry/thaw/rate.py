"""How many requests in a second: as many as are allowed, and fewer while OSS is busy."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_LEAST = 5.0  # a second
_MORE = 1.1  # times as many, for each second without a refusal
_QUIET = 120.0  # seconds, in which any rate has recovered


class Rate:
    """Shared by all threads that ask. ``most`` is how many a second are asked for at first."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(most)
        self._clock = clock
        self._lock = threading.Lock()
        self.per_second = float(most)
        self._next = self._changed = clock()

    def turn(self) -> float:
        """Take the next turn; how many seconds it is until then."""
        with self._lock:
            now = self._clock()
            quiet = now - self._changed
            if quiet >= 1.0 and self.per_second < self._most:
                self.per_second = min(self._most, self.per_second * _MORE ** min(quiet, _QUIET))
                self._changed = now
            turn = max(now, self._next)
            self._next = turn + 1 / self.per_second
            return turn - now

    def refused(self) -> None:
        """OSS was busy: half as many, but for refusals at the same moment only once."""
        with self._lock:
            now = self._clock()
            if now - self._changed >= 0.5 or self.per_second == self._most:
                self.per_second = max(min(_LEAST, self._most), self.per_second / 2)
                self._changed = now
