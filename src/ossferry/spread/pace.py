"""How much is given to whom: what was measured decides, all the time, up and down.

Rates, seconds and limits hold for the whole transfer: what one child learns of the source is obeyed
by all. Nothing here copies or waits.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from ..byte_range import MIB
from ..copying.copy_job import CopyResult
from ..errors import ChildThrottled, FerryError, SourceUnavailable, TargetUnavailable
from ..parts import Slice
from . import crew, growth
from .grid import Work
from .late import part_is_late, slice_is_late
from .model import NETWORK, Network
from .part_sizes import part_size, shrinking, slice_size, worth_a_part, worth_a_slice
from .run import Run
from .tally import Limit, Tally

_LOOK_AGAIN = 0.2  # seconds between looks at what is going on
_LOOK_SOON = 0.02  # and while something is being found out
# Seconds without a byte from a source that serves nobody, until that is an error.
PATIENCE = 120.0
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0  # seconds between tries, if it does not say how many
_FIRST_SLICE = 4 * MIB  # of a child that may take long to start
_CHILD_STREAMS = 64  # at the most; that many slow ones fit into a child's memory
_RECENT = 16  # parts whose rates are looked at

Sent = Callable[[Run], int]


@dataclass(frozen=True, slots=True)
class Limits:
    """The most there may be: children, streams of an instance, connections of all together.

    ``at_once``: the first children are started before anything is measured. ``network`` is what
    holds until then.
    """

    children: int
    streams: int
    connections: int = 256
    at_once: bool = False
    network: Network = NETWORK

    @property
    def alone(self) -> Limits:
        return replace(self, children=0, at_once=False)


class Pace:
    """``width`` is how many streams of the coordinator's own there may be, ``places`` how many
    children; nothing is begun before ``resume``."""

    def __init__(self, limits: Limits, work: Work, now: float, cpu: Callable[[], float]) -> None:
        self._limits = limits
        self._work = work
        self._growth = growth.Growth(limits.streams, now)
        self._crew = crew.Crew(limits.children, now, limits.network)
        if limits.at_once:
            self._crew.at_once(work.left)
        self._processor = _Processor(cpu, now)
        self._connections = limits.connections  # that source and OSS are known to bear
        self._delayed = False
        self._in_hands = 0  # bytes of own parts that are still to be copied
        self._moved = 0  # bytes of own parts that are done
        self._rates: deque[float] = deque(maxlen=_RECENT)  # of own parts
        self._heard = now  # when the source last gave a part
        self._wait = _FIRST_WAIT
        self.resume = now

    @property
    def width(self) -> int:
        return self._growth.width

    @property
    def places(self) -> int:
        return self._crew.places

    @property
    def patience(self) -> float:
        """Seconds until there is something to look at."""
        return _LOOK_SOON if self._growth.settling else _LOOK_AGAIN

    @property
    def rate(self) -> float | None:
        """Bytes per second of a stream; None while nothing is known."""
        if self._growth.stream:
            return self._growth.stream
        return median(self._rates) if self._rates else None

    def look(self, now: float, runs: Sequence[Run], sent: Sent) -> None:
        """Measure, and let the number of streams and of children follow."""
        own = [run for run in runs if not run.by_child]
        moved = [sent(run) for run in own]
        self._in_hands = sum(run.size for run in own) - sum(moved)
        connections = self._reserved(runs)
        room = self._limits.connections - connections
        least = max(self._work.grid.cell, worth_a_part(self._best))
        self._growth.look(
            now,
            growth.Seen(
                streams=len(moved),
                moving=sum(map(bool, moved)),
                moved=self._moved + sum(moved),
                useful=len(moved) + min(int(self._work.left / least), room),
                alone=len(own) == len(runs) or self._crew.is_cold,
            ),
        )
        self._processor.look(now)
        if not self._growth.settling:  # what was tried beyond what was known is borne
            self._connections = max(self._connections, connections)
        if self._growth.rate and self._may_be_full:
            seen = crew.Seen(
                left=self._work.left,
                own=self._growth.rate,
                stream=self.rate or 0.0,
                in_flight=sum(run.by_child for run in runs),
            )
            streams = min(self.width, _CHILD_STREAMS)
            self._crew.look(now, seen, streams, self._connections - connections)

    @property
    def _may_be_full(self) -> bool:
        """Whether this instance has all the streams that help, and others may bring more."""
        full = self._crew.at_its_limit(self._growth.rate) or self._processor.busy
        return self._growth.most_reached or full

    def child_streams(self, runs: Sequence[Run]) -> int:
        """Connections that one more child gets: as many as this instance has, if there is room."""
        return max(1, min(self.width, _CHILD_STREAMS, self._connections - self._reserved(runs)))

    def _reserved(self, runs: Sequence[Run]) -> int:
        """Connections that there are, or may be at any moment."""
        own = sum(not run.by_child for run in runs)
        return _connections(runs) + max(0, self.width - own)

    def part_size(self, runs: Sequence[Run]) -> float:
        """Bytes of the next part of an own stream."""
        children = sum(run.streams for run in runs if run.by_child)
        fair = self._work.left / (self.width + children) + self._in_hands / self.width
        return part_size(fair, self._best or self.rate)

    def slice(self, runs: Sequence[Run]) -> Slice:
        """What one more child gets: less than its share of what is left once it has started."""
        streams = self.child_streams(runs)
        child = self._child_rate(streams)
        left, own = float(self._work.left), self._limits.network.instance
        if self._growth.rate:  # until it has started, the others go on
            own = self._growth.rate
            left -= own * self._crew.start
        size = slice_size(left, child, own + child * self.places)
        least = _FIRST_SLICE if self._crew.is_cold else worth_a_slice(self._best * streams)
        size = max(size, least, streams * self._work.grid.cell)
        return self._work.slice(size, shrinking(size, streams, self._best or child / streams))

    @property
    def _best(self) -> float:
        """Bytes per second of a stream, when it was not in the way of others; 0.0 if unknown."""
        return self._growth.best_stream

    def _child_rate(self, streams: int) -> float:
        return self._crew.rate or (self.rate or 0.0) * streams or self._limits.network.instance

    def is_late(self, now: float, run: Run, sent: Sent) -> bool:
        """Whether a second copy of what somebody has in hands would most likely be done first."""
        usual, elapsed = self.rate, now - run.began
        if usual is None:
            return False
        if run.by_child:
            rate = self._child_rate(run.streams)
            return slice_is_late(run.size, elapsed, rate, self._crew.start)
        return part_is_late(run.size, sent(run), elapsed, usual)

    def heard(self, now: float, run: Run, result: CopyResult, runs: Sequence[Run]) -> None:
        """Learn from a run that has ended; ``runs`` are the others."""
        error = result.error
        if result.parts:
            self._heard, self._wait = now, _FIRST_WAIT
        if isinstance(error, ChildThrottled):
            self._crew.refused_by_fc(now, sum(run.by_child for run in runs))
        elif result.stepped_down or isinstance(error, SourceUnavailable | TargetUnavailable):
            self._step_down(now, run, result, runs)
        elif run.by_child and not error:
            self._crew.answered(run.size, now - run.began, result.seconds)
        elif not error:
            self._moved += run.size
            self._rates.append(run.size / max(now - run.began, 1e-6))
        if result.delayed:
            self._delayed = True
            self._growth.refused(now, self.width * 3 // 4, None)
            self._crew.refused_by_source(now, sum(run.by_child for run in runs), None)

    def _step_down(self, now: float, run: Run, result: CopyResult, runs: Sequence[Run]) -> None:
        """Source or OSS serves fewer connections than these: that holds for all."""
        wait = result.error.retry_after if result.error else None
        served = _connections(runs)
        if run.by_child and result.error is None:
            served += run.streams - result.stepped_down
        self._connections = max(1, min(self._connections, served))
        if run.by_child:
            self._crew.refused_by_source(now, sum(run.by_child for run in runs), wait)
        else:
            self._growth.refused(now, sum(not run.by_child for run in runs), wait)
        if not served:
            self.resume = now + (wait or random.uniform(self._wait / 2, self._wait))  # noqa: S311, a wait
            self._wait = min(_LONGEST_WAIT, self._wait * 2)

    def raise_if_hopeless(self, now: float, error: FerryError) -> None:
        """Raise what a source says that has served nobody for long."""
        if now - self._heard > PATIENCE:
            raise error

    def tell(self, tally: Tally) -> None:
        """What was measured, and why there was no more."""
        tally.instance, tally.connection = self._growth.best, self._growth.best_stream
        tally.limit = self._limit()

    def _limit(self) -> Limit:
        if self._delayed:
            return "oss"
        if self._growth.capped or self._crew.crowded:
            return "source"
        if self._crew.throttled:
            return "fc"
        if self._may_be_full and not self._crew.may_be_more:
            return "instance" if self._processor.busy or self._growth.stalled else "asked"
        return "source" if self._growth.stalled and not self._may_be_full else "work"


class _Processor:
    """``busy``: this process uses about all of a processor, so more streams bring nothing."""

    _SHARE = 0.85
    _SECONDS = 0.2

    def __init__(self, cpu: Callable[[], float], now: float) -> None:
        self._cpu = cpu
        self._from = now, cpu()
        self.busy = False

    def look(self, now: float) -> None:
        began, used = self._from
        if now - began >= self._SECONDS:
            self.busy = self._cpu() - used >= (now - began) * self._SHARE
            self._from = now, self._cpu()


def _connections(runs: Sequence[Run]) -> int:
    return sum(run.streams for run in runs)
