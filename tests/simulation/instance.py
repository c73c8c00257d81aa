"""Instances of the function, and one part on its way through one of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ossferry.copying.lagging import _TIMES, _WINDOW
from ossferry.errors import FerryError, OutOfTime
from tests.simulation.network import Flow, Host
from tests.simulation.source import Connection
from tests.simulation.timeline import Moment
from tests.simulation.world import World

Done = Callable[[FerryError | None], None]

# Seconds until somebody who is called off has ended.
_CALLED_OFF = 0.001


class Instance:
    """One of the function, with its bandwidth and its processor."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.host = Host(world.platform.bears)
        self._parts = 0
        self._free = 0.0  # when the processor has done what it was asked

    def processed(self) -> float:
        """Seconds from now until the processor has made one more request."""
        now, cost = self.world.timeline.now, self.world.platform.cpu_per_part
        self._parts += 1
        self._free = max(now, self._free) + cost
        return self._free - now

    @property
    def moved(self) -> float:
        self.world.network.settle(self.host)
        return self.host.moved

    def cpu(self) -> float:
        """Seconds of its processor that were used."""
        platform = self.world.platform
        return self._parts * platform.cpu_per_part + self.moved * platform.cpu_per_byte


class Copying:
    """One part: the request, the first byte, all bytes, the answer of OSS; then ``done``."""

    def __init__(self, instance: Instance, connection: Connection, size: int, done: Done) -> None:
        self.connection = connection
        self.began = instance.world.timeline.now
        self.size = size
        self._instance = instance
        self._world = instance.world
        self._done = done
        self._asking = False
        self._flow: Flow | None = None
        self._left = float(size)
        self._replaced = False
        self._later = self._after(instance.processed(), self._ask)
        self._change: Moment | None = None
        self._look: Moment | None = None

    @property
    def sent(self) -> int:
        flow = self._flow
        left = flow.size - self._world.network.moved(flow) if flow else self._left
        return int(self.size - left)

    def call_off(self) -> None:
        self._leave()
        self._later = self._after(_CALLED_OFF, partial(self._done, OutOfTime("called off")))

    def end(self) -> None:
        """At once, and unheard."""
        self._leave()

    def _after(self, seconds: float, action: Callable[[], None]) -> Moment:
        return self._world.timeline.after(seconds, action)

    def _ask(self) -> None:
        error = self._world.server.enter()
        if error:
            self._later = self._after(self._world.server.source.refusal, partial(self._done, error))
            return
        self._asking = True
        self._later = self._after(self.connection.answer(), self._flowing)

    def _flowing(self) -> None:
        self._start()
        if self.connection.lags and not self._replaced:
            self._look = self._after(_WINDOW, self._compare)

    def _start(self) -> None:
        now = self._world.timeline.now
        most, changes = self.connection.most(now, self._instance.host.bandwidth)
        self._flow = self._world.network.add(self._instance.host, self._left, most, self._ended)
        if changes is not None:
            self._change = self._after(changes, self._faster)

    def _pause(self) -> None:
        if self._flow:
            self._left = self._world.network.remove(self._flow)
            self._flow = None

    def _faster(self) -> None:
        self._pause()
        self._start()

    def _compare(self) -> None:
        """Whether another connection may do better."""
        rates = sorted(self._instance.host.rates())
        if self._flow is None or self._flow.rate * _TIMES >= rates[len(rates) // 2]:
            self._look = self._after(_WINDOW, self._compare)
            return
        self._pause()
        self._cancel()
        self._replaced = True
        self.connection = self._world.server.connection()
        self._later = self._after(self.connection.answer(), self._flowing)

    def _ended(self) -> None:
        self._flow, self._left = None, 0.0
        self._leave()
        self._later = self._after(self._world.platform.put_answer, partial(self._done, None))

    def _leave(self) -> None:
        self._pause()
        self._cancel()
        if self._asking:
            self._world.server.leave()
            self._asking = False

    def _cancel(self) -> None:
        for moment in (self._later, self._change, self._look):
            if moment:
                moment.cancel()
