"""Virtual time: what happens when."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

Action = Callable[[], None]


class Moment:
    """Something that is to happen, unless it is cancelled."""

    __slots__ = ("action",)

    def __init__(self, action: Action) -> None:
        self.action: Action | None = action

    def cancel(self) -> None:
        self.action = None


class Timeline:
    """``now`` in seconds. What is to happen at the same time happens in the order of asking."""

    def __init__(self) -> None:
        self.now = 0.0
        self._serial = count()
        self._coming: list[tuple[float, int, Moment]] = []

    def clock(self) -> float:
        return self.now

    def after(self, seconds: float, action: Action) -> Moment:
        moment = Moment(action)
        heappush(self._coming, (self.now + seconds, next(self._serial), moment))
        return moment

    @property
    def next(self) -> float:
        """When the next thing happens."""
        while self._coming and self._coming[0][2].action is None:
            heappop(self._coming)
        return self._coming[0][0] if self._coming else float("inf")

    def go(self, to: float) -> None:
        """Let time pass in which nothing happens."""
        self.now = max(self.now, to)

    def happen(self) -> None:
        """Go to the next thing and let it happen."""
        self.now, _, moment = heappop(self._coming)
        if moment.action is not None:
            moment.action()
