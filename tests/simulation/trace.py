"""What the fan-out decides as time goes by, a line at a time: how many there may be (``width``,
``places``) and are, bytes that somebody has in hands and that nobody has."""

from __future__ import annotations

from ossferry.pace.grid import Work
from ossferry.spread.fanout import FanOut
from tests.simulation.copiers import Copiers
from tests.simulation.situation import MB

_HEAD = (
    "   seconds  width  own  places  children  connections  refused   own MB/s   all MB/s"
    "  in hands MB     left MB"
)


class Trace:
    """``apart`` seconds between lines; None for none at all."""

    def __init__(self, apart: float | None) -> None:
        self._apart = apart
        self._next = 0.0
        self._followed: tuple[FanOut, Work, Copiers] | None = None

    def follow(self, fan_out: FanOut, work: Work, copiers: Copiers) -> None:
        self._followed = fan_out, work, copiers
        if self._apart is not None:
            print(_HEAD)

    def look(self) -> None:
        """Say how it is, if that was not said lately."""
        if self._apart is None or self._followed is None:
            return
        fan_out, work, copiers = self._followed
        world, pace = copiers.world, fan_out._pace
        now = world.timeline.now
        if now < self._next:
            return
        self._next = now + self._apart
        may = pace.own_streams(fan_out._runs)
        print(
            f"{now:10.3f} {may:6} {copiers.streams:4} {pace.places:7} {copiers.children:9}"
            f" {world.server.open:12} {world.server.refusals:8}"
            f" {copiers.coordinator.host.rate / MB:10.1f} {world.network.rate / MB:10.1f}"
            f" {(fan_out._left - work.left) / MB:12.1f} {work.left / MB:11.1f}"
        )
