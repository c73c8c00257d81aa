"""How many connections source and OSS bear, all of a transfer's together.

Found when one is refused, or held back. Nobody begins a connection beyond it. A few more are tried
later, at growing intervals: it moves when others who use the source begin and end.
"""

from __future__ import annotations

import random

# Seconds until more are tried; doubles each time in a row that they were refused.
_PAUSE, _LONGEST_PAUSE = 0.5, 60.0
_MORE = 0.25  # of what there is are tried next; twice that each time in a row that they are borne
# Seconds between tries of a source that serves nobody, if it does not say how many.
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
_EASING = 1.0  # seconds in which answers that OSS held back count once


class Ceiling:
    """``height`` is how many there may be; nothing is begun before ``resume``."""

    def __init__(self, most: int, now: float) -> None:
        self.height = self._most = most
        self.found = False
        self.delayed = False
        self.resume = now
        self._again = now
        self._pause = _PAUSE
        self._trying = False
        self._more = _MORE
        self._wait = _FIRST_WAIT
        self._eased = now - _EASING

    def refused(self, now: float, served: int, wait: float | None) -> None:
        """No more than ``served`` are served; the peer may say for how many seconds."""
        self.found = True
        self.height = max(1, min(self.height, served))
        if self._trying:
            self._pause = min(_LONGEST_PAUSE, self._pause * 2)
        self._trying = False
        self._more = _MORE
        self._again = max(self._again, now + max(self._pause, wait or 0.0))
        if not served:
            self.resume = now + (wait or random.uniform(self._wait / 2, self._wait))  # noqa: S311, a wait
            self._wait = min(_LONGEST_WAIT, self._wait * 2)

    def held_back(self, now: float, connections: int) -> None:
        """OSS delays its answers to so many, because the account sends more than it bears."""
        self.delayed = True
        if now - self._eased >= _EASING:
            self._eased = now
            self.refused(now, max(1, connections * 3 // 4), None)

    def served(self) -> None:
        """Somebody was given a part."""
        self._wait = _FIRST_WAIT

    def look(self, now: float, connections: int) -> None:
        """Try some more, if there are as many as may be."""
        if not self.found or now < self._again or connections < self.height:
            return
        if self._trying:  # the last ones are borne
            self._pause = _PAUSE
            self._more = min(1.0, self._more * 2)
        self._trying = True
        self._again = now + self._pause
        self.height = min(self._most, self.height + max(1, int(self.height * self._more)))
