"""The requests of a transfer, to its source and to OSS, counted as one row of moments.

At any of them something can happen: before the request is answered, and while everybody else
stands still.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from enum import Enum


class Fate(Enum):
    """What becomes of a request."""

    ANSWERED = "as ever"
    REFUSED = "503, and nothing is done; the next attempt succeeds"
    LOST = "it is done, and the connection is reset instead of an answer"
    DEAD = "403, and so is everything after it: as if the instance had been killed"


Happening = Callable[[], Fate]


class Moments:
    """Nothing is counted outside of ``during``, or while something happens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plan: dict[int, Happening] | None = None
        self._count = 0
        self._dead = False

    @contextlib.contextmanager
    def during(self, plan: Mapping[int, Happening]) -> Iterator[None]:
        """Let these happen, each at the request of that number, from 1."""
        self._plan, self._count, self._dead = dict(plan), 0, False
        try:
            yield
        finally:
            self._plan = None

    def pass_one(self) -> Fate:
        """What becomes of the request that has just come."""
        with self._lock:
            plan = self._plan
            if plan is None:
                return Fate.ANSWERED
            self._count += 1
            happening = plan.pop(self._count, None)
            if happening is None:
                return Fate.DEAD if self._dead else Fate.ANSWERED
            self._plan = None
        try:
            fate = happening()
        finally:
            self._plan = plan
        self._dead = self._dead or fate is Fate.DEAD
        return Fate.DEAD if self._dead else fate
