"""How many children are at it: as many as bring something, as far as Function Compute has them.

What one child gets done in a second is measured by each slice. As long as twice as many get much
more done in all, there are twice as many; where they do not, source, OSS or account are at their
limit, and more of them would only be paid for.
"""

from __future__ import annotations

import time
from collections.abc import Callable

_FIRST = 2
_MUCH, _SOME = 1.3, 1.1
_HOLD = 8  # generations until more are tried again
_THROTTLED = 1.0  # seconds until Function Compute is asked again, after it had no instance


class Crew:
    """``width`` is judged whenever so many slices are through."""

    def __init__(
        self, most: int, clock: Callable[[], float] = time.monotonic, first: int | None = None
    ) -> None:
        self._most = most
        self._clock = clock
        self.width = min(first or _FIRST, most)
        self._resumes = 0.0
        self._rates: list[float] = []  # items per second of a child, since width is what it is
        self._before = (0.0, 0)  # items per second in all, and the width, before the last change
        self._held = 0

    @property
    def resting(self) -> float:
        """Seconds until more children may be asked for; 0 if they may."""
        return max(0.0, self._resumes - self._clock())

    def done(self, items: int, seconds: float) -> None:
        """A child has got so many items done."""
        self._rates.append(items / max(seconds, 1e-3))
        if len(self._rates) < self.width:
            return
        total = sum(self._rates)
        self._rates.clear()
        before, width = self._before
        if self._held:
            self._held -= 1
        elif total > before * _MUCH:
            self._before = total, self.width
            self.width = min(self._most, self.width * 2)
        else:
            self.width = self.width if total > before * _SOME else max(1, width)
            self._before, self._held = (0.0, 0), _HOLD

    def throttled(self) -> None:
        self.width = max(1, self.width - 1)
        self._resumes = self._clock() + _THROTTLED
