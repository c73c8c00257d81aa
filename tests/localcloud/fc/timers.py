"""Fires timers by their schedules, as the clock comes to them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable

from tests.localcloud.clock import AwaitedClock

from .deployment import Function
from .triggers import TimerTrigger

Fire = Callable[[Function, TimerTrigger, float], object]


class Timers:
    """The enabled timers of all functions; ``fire`` is called with the moment that was due.

    Where the clock jumps past several moments, each of them is fired for, in their order.
    """

    def __init__(
        self, clock: AwaitedClock, timers: Iterable[tuple[Function, TimerTrigger]], fire: Fire
    ) -> None:
        self._clock = clock
        self._fire = fire
        now = clock.now()
        self._timers = [each for each in timers if each[1].enabled]
        self._due = [(t.schedule.after(now), index) for index, (_, t) in enumerate(self._timers)]
        heapq.heapify(self._due)

    async def run(self) -> None:
        """Fire until cancelled."""
        while self._due:
            moment, index = self._due[0]
            await self._clock.sleep_until(moment)
            function, timer = self._timers[index]
            heapq.heapreplace(self._due, (timer.schedule.after(moment), index))
            self._fire(function, timer, moment)
