"""What a transfer will most likely take, before it begins. Pure arithmetic.

A fluid stands for the real thing: streams double until the instance is full, children come in
waves while they are worth their start, and everybody copies at one rate. Sources that refuse, or
slow down, are not foreseen; ``tests/simulation/test_simulation.py`` says how far off it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from ..pace.crew import FIRST_WAVE, SURE
from ..pace.grid import CELLS_AT_MOST
from ..pace.growth import FIRST_STREAMS
from ..pace.limits import Limits
from ..pace.model import NETWORK, children_worth
from ..pace.part_sizes import WHOLE_AT_MOST, part_size, slice_size, worth_a_slice
from ..pace.part_sizes import sequential_part_sizes as in_order
from .plan import Plan

# Seconds in which so many streams are found to be worth it, or not.
_STEP = 0.25
_TIMES, _SPARE = 4, 1.25
# Seconds of a stream for its parts meanwhile, and bytes at the most.
_TRYING, _TRYING_AT_MOST = 0.25, 4e6
# Seconds besides the copying: probe, upload, answers. And what a wave takes to show what it brings.
_BESIDES, _JUDGED = 0.1, 0.5
_CHILD_STREAMS = 64
# Requests of a transfer by parts that are none of its parts: the object is looked for, the upload
# opened, completed and looked at; its record is looked for, written and removed.
_OF_UPLOAD, _OF_LOOKS = 4, 3
_RECORDED = 600.0  # seconds between records of what is done


@dataclass(frozen=True, slots=True)
class Forecast:
    """``children`` and ``streams`` are the most at once; ``gb_seconds`` are billed for all
    instances. ``puts`` and ``gets`` are requests to OSS of either kind, ``invocations`` those of
    the function, and ``reads`` requests to the source."""

    seconds: float
    children: int
    streams: int
    parts: int
    gb_seconds: float
    instance_seconds: float
    invocations: int
    puts: int
    gets: int
    reads: int


def forecast(
    size: int,
    plan: Plan | None,
    *,
    connection_bytes_per_second: float,
    instance_bytes_per_second: float = NETWORK.instance,
    source_bytes_per_second: float | None = None,
    cold_start: float = NETWORK.cold_start,
    memory_mb: int = 1024,
) -> Forecast:
    """Without a ``plan``, one stream copies it front to back. ``source_bytes_per_second`` is what
    the source gives all together, where that is known."""
    most = source_bytes_per_second or NETWORK.account
    stream = max(1.0, min(connection_bytes_per_second, instance_bytes_per_second, most))
    if plan is None or size <= WHOLE_AT_MOST:
        return _in_one_pass(size, stream, memory_mb)
    instance, cell = instance_bytes_per_second, plan.grid.cell
    fluid = _Fluid(float(size), plan.limits, stream, instance, most, cold_start, cell)
    fluid.run()
    parts = plan.grid.cells if plan.grid.even else fluid.parts
    seconds = _BESIDES + fluid.now
    instances = seconds + fluid.child_seconds
    written = int(seconds / _RECORDED)
    return Forecast(
        seconds=seconds,
        children=fluid.children,
        streams=fluid.streams,
        parts=parts,
        gb_seconds=instances * memory_mb / 1024,
        instance_seconds=instances,
        invocations=1 + fluid.slices,
        puts=parts + _OF_UPLOAD + written + fluid.slices,
        gets=_OF_LOOKS + fluid.slices,
        reads=1 + parts,
    )


def _in_one_pass(size: int, stream: float, memory_mb: int) -> Forecast:
    seconds = _BESIDES + size / stream
    parts = 1 if size <= WHOLE_AT_MOST else _counted(size)
    written = 0 if parts == 1 else _OF_UPLOAD + int(seconds / _RECORDED)
    return Forecast(
        seconds=seconds,
        children=0,
        streams=1,
        parts=parts,
        gb_seconds=seconds * memory_mb / 1024,
        instance_seconds=seconds,
        invocations=1,
        puts=parts + written,
        gets=_OF_LOOKS,
        reads=2,
    )


def _counted(size: int) -> int:
    """Parts of a source that one stream copies."""
    return sum(1 for _ in in_order(size, None))


class _Fluid:
    """A transfer as it goes on: ``left`` bytes, ``streams`` at the most, ``children`` who copy."""

    def __init__(
        self,
        left: float,
        limits: Limits,
        stream: float,
        instance: float,
        most: float,
        start: float,
        cell: int,
    ) -> None:
        self.size = self.left = left
        self.now = 0.0
        self.stream = stream
        self.children = self.streams = self.slices = self.parts = 0
        self.child_seconds = 0.0
        self._limits = limits
        self._most = most
        self._start = start
        self._cell = cell
        self._width = min(FIRST_STREAMS, limits.streams)
        # As many as fill an instance, with a few to spare, as growing finds them.
        full = max(self._width, ceil(min(instance, most) / stream))
        self._fill = max(1, min(limits.streams, ceil(full * _SPARE)))
        self._instance = min(instance, stream * self._fill, most)
        self._grown = 0.0  # bytes that were copied by then

    def run(self) -> None:
        if self._limits.at_once:
            self._have_join(self._worth(FIRST_WAVE))
        while self.left > 0 and self._width < self._fill:
            self._go(_STEP)
            self._width = min(self._width * _TIMES, self._fill)
        self._grown = self.size - self.left
        wave = FIRST_WAVE * (SURE if self._fill >= self._limits.streams else 1)
        while self.left > 0:
            more = self._worth(wave)
            if not more:
                self._go(float("inf"))
                break
            self._have_join(more)
            self._go(_JUDGED)
            wave *= 2
        self.streams = max(self.streams, self._connections(self.children))
        self._hand_out()

    @property
    def _own(self) -> float:
        return min(self._width * self.stream, self._instance)

    @property
    def _child(self) -> float:
        streams = min(self._fill, _CHILD_STREAMS)
        return min(self._instance, streams * self.stream)

    @property
    def _together(self) -> float:
        return min(self._own + self.children * self._child, self._most)

    def _worth(self, wave: int) -> int:
        """How many more children come, as the crew has them come."""
        streams = min(self._fill, _CHILD_STREAMS)
        free = self._limits.connections - self._connections(self.children)
        room = max(0, (free + streams // 2) // streams)
        worth = children_worth(self.left, self._together, self._child, self._start, self._most)
        return min(wave, worth, room, self._limits.children - self.children)

    def _connections(self, children: int) -> int:
        together = self._width + children * min(self._fill, _CHILD_STREAMS)
        return min(together, self._limits.connections)

    def _have_join(self, more: int) -> None:
        """They copy from their start on; the others go on meanwhile."""
        self._go(self._start)
        if self.left > 0:
            self.children += more

    def _go(self, seconds: float) -> None:
        took = min(seconds, self.left / self._together)
        self.left = max(0.0, self.left - self._together * took)
        self.now += took
        self.child_seconds += self.children * took

    def _hand_out(self) -> None:
        """How many slices and parts there were: a slice is half of a fair share, and of ten seconds
        at the most; its parts end together."""
        child, together = self._child, self._together
        theirs = left = min(self.size, self.child_seconds * child)
        each = min(self.stream, self._instance / self._fill)
        streams = min(self._fill, _CHILD_STREAMS)
        share = left * together / (self.children * child) if self.children else 0.0
        while left > 0:
            size = max(slice_size(share, child, together), worth_a_slice(child))
            times = min(self.children, ceil(left / size))
            self.slices += times
            self.parts += times * self._cut(min(size, left), streams, each)
            left -= size * times
            share -= size * times * together / (self.children * child)
        trying = min(self._grown, self.size - theirs)
        size = max(float(self._cell), min(each * _TRYING, _TRYING_AT_MOST))
        self.parts += ceil(trying / size)
        self.parts += self._cut(self.size - theirs - trying, self._fill, each)
        self.parts = min(self.parts, CELLS_AT_MOST)

    def _cut(self, left: float, streams: int, rate: float) -> int:
        """Parts of so many bytes, which so many streams have in hands one after the other."""
        count = 0
        while left > 1:
            size = max(float(self._cell), part_size(left / streams, rate, rate))
            count += min(streams, ceil(left / size))
            left -= size * streams
        return count
