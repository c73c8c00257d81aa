"""What children found out about hosts that refuse requests, for those that begin after them.

Each child finds the share that it gets while others ask as well. All shares together are what the
host serves, and are divided among as many as are at it then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from ..small.item import HostLimit

_MOST = 500  # hosts; of more, those are forgotten that nobody told of for the longest time


class Hosts:
    """Those of one job."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, tuple[float, float]] = {}  # at once in all, and when it may be asked

    def heard(self, found: Mapping[str, HostLimit], children: int) -> None:
        """What one of so many children found out."""
        for host, (at_once, pause) in found.items():
            total, resumes = self._known.pop(host, (at_once * children, 0.0))
            total = (total + at_once * children) / 2
            self._known[host] = total, max(resumes, self._clock() + pause)
        for host in [*self._known][:-_MOST]:
            del self._known[host]

    def share(self, children: int) -> dict[str, HostLimit]:
        """What one of so many children should know."""
        now = self._clock()
        return {
            host: HostLimit(max(1.0, total / max(1, children)), max(0.0, resumes - now))
            for host, (total, resumes) in self._known.items()
        }
