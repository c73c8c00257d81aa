"""When FC starts one more instance: an account has so many, and they come only so fast."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import Throttled


@dataclass(slots=True)
class Admission:
    """The quota of instances, and a token bucket for starts that holds one second's worth."""

    cap: int
    rate: float | None
    _tokens: float = 0.0
    _filled_at: float | None = None

    def admit(self, live: int, now: float) -> None:
        """Count one start, or raise Throttled; ``live`` instances exist already."""
        if live >= self.cap:
            raise Throttled(f"the number of on-demand instances exceeds the limit of {self.cap}")
        if self.rate is None:
            return
        burst = max(1.0, self.rate)
        idle = burst if self._filled_at is None else (now - self._filled_at) * self.rate
        self._tokens = min(burst, self._tokens + idle)
        self._filled_at = now
        if self._tokens < 1:
            raise Throttled(f"instances start no faster than {self.rate:g} per second")
        self._tokens -= 1
