"""How much is given to whom: what was measured decides, all the time, up and down.

Rates, seconds and limits hold for the whole transfer: what one child learns of the source is obeyed
by all. Nothing here copies or waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from math import ceil
from statistics import median

from ..byte_range import MIB
from ..copying.copy_job import CopyResult
from ..errors import ChildThrottled, FerryError, SourceUnavailable, TargetUnavailable
from ..parts import Slice
from . import crew, growth
from .ceiling import Ceiling
from .crew import Crew
from .grid import Work
from .growth import Growth, Processor
from .late import part_is_late, slice_is_late
from .limits import Limit, Limits, Measured
from .part_sizes import FIRST_PART, part_size, shrinking, slice_size, worth_a_part, worth_a_slice
from .run import Run

_LOOK_AGAIN = 0.2  # seconds between looks at what is going on
_LOOK_SOON = 0.01  # and while something is being found out
# Seconds without a byte from a source that serves nobody, until that is an error.
PATIENCE = 120.0
# Bytes at least, and seconds at most, of the slice of a child that may take long to start.
_FIRST_SLICE, _FIRST_SECONDS = 4 * MIB, 0.15
_TELLING = 0.3  # seconds of an instance, for a slice that tells how fast a child is
_CHILD_STREAMS = 64  # at the most; that many slow ones fit into a child's memory
_RECENT = 16  # parts whose rates are looked at
# Seconds of a stream for its parts while the number of streams grows, and bytes at the most: who
# turns out to be too many shares what few would have moved.
_TRYING, _TRYING_AT_MOST = 0.25, 4 * MIB

Sent = Callable[[Run], int]


class Pace:
    """``places`` is how many children there may be; nothing is begun before ``resume``."""

    def __init__(self, limits: Limits, work: Work, now: float, cpu: Callable[[], float]) -> None:
        self._limits = limits
        self._work = work
        self._growth = Growth(limits.streams, now)
        self._crew = Crew(limits.children, now, limits.network)
        if limits.at_once:
            self._crew.at_once(work.left)
        self._ceiling = Ceiling(limits.connections, now)
        self._processor = Processor(cpu, now)
        self._began = self._looked = now
        self._sent: dict[Run, int] = {}  # by then
        self._first_byte = 0.0  # seconds from a part's beginning to its first bytes
        self._in_hands = 0  # bytes of own parts that are still to be copied
        self._moved = 0  # bytes of own parts that are done
        self._rates: deque[float] = deque(maxlen=_RECENT)  # of own parts
        self._heard = now  # when the source last gave a part
        self._lost = now, 1.0  # when children were last refused streams, and what share they kept
        self._ended: list[tuple[float, int]] = []  # of those: when, and with how many streams

    @property
    def resume(self) -> float:
        return self._ceiling.resume

    @property
    def places(self) -> int:
        return self._crew.places

    @property
    def patience(self) -> float:
        """Seconds until there is something to look at."""
        return _LOOK_SOON if self._growth.growing else _LOOK_AGAIN

    @property
    def rate(self) -> float | None:
        """Bytes per second of a stream; None while nothing is known."""
        if self._growth.stream:
            return self._growth.stream
        return median(self._rates) if self._rates else None

    def own_streams(self, runs: Sequence[Run]) -> int:
        """How many of the coordinator's own there may be."""
        return max(0, min(self._growth.width, self._ceiling.height - self._theirs(runs)))

    def look(self, now: float, runs: Sequence[Run], sent: Sent) -> None:
        """Measure, and let the number of streams and of children follow."""
        if now - self._looked < _LOOK_SOON and self._looked > self._began:
            return
        self._looked = now
        own = [run for run in runs if not run.by_child]
        before, self._sent = self._sent, {run: sent(run) for run in own}
        moved = self._sent.values()
        steady = [
            sent - before[run]
            for run, sent in self._sent.items()
            if before.get(run) and sent < run.size
        ]
        self._in_hands = sum(run.size for run in own) - sum(moved)
        if firsts := [now - run.began for run in own if self._sent[run] and not before.get(run)]:
            self._first_byte = min(firsts)
        self._ceiling.look(now, self.connections(runs) + self._wanted(runs))
        least = max(self._work.grid.cell, worth_a_part(self._growth.best_stream))
        room = max(0, self._ceiling.height - self.connections(runs))
        self._growth.look(
            now,
            growth.Seen(
                streams=len(own),
                moving=sum(map(bool, moved)),
                moved=self._moved + sum(moved),
                useful=len(own) + min(int(self._work.left / least), room),
                steady=sum(steady),
                steadily=len(steady),
                alone=self._is_alone(runs),
                full=self._instance_is_full,
            ),
        )
        self._processor.look(now)
        free = self._room(runs)
        if self._growth.rate and not self._growth.settling and self._may_be_full:
            self._crew.look(
                now,
                crew.Seen(
                    left=self._work.left + self._in_hands,
                    own=self._growth.rate,
                    child=self._child_rate(max(1, min(self._child_streams, free))),
                    room=self._places_for(free, runs),
                    doubtful=not (self._growth.most_reached or self._instance_is_full),
                    sure=self._growth.most_reached and not self._growth.stalled,
                    draining=len(runs) - len(own) > self._crew.places,
                ),
            )

    def _wanted(self, runs: Sequence[Run]) -> int:
        """Connections without which one more child is not worth its start."""
        waiting = sum(run.by_child for run in runs) < self._crew.places
        return self._child_streams // 2 if waiting else 0

    def _is_alone(self, runs: Sequence[Run]) -> bool:
        """Whether no child copies; those that are still to start do not until growing is over."""
        if self._crew.is_cold and not self._growth.stalled:
            return True
        return not self._crew.places and all(not run.by_child for run in runs)

    @property
    def _instance_is_full(self) -> bool:
        return self._processor.busy or self._crew.at_its_limit(self._growth.best)

    @property
    def _may_be_full(self) -> bool:
        """Whether this instance has all the streams that help, and others may bring more."""
        return self._growth.stalled or self._growth.most_reached or self._processor.busy

    @property
    def _child_streams(self) -> int:
        return min(self._growth.fill, _CHILD_STREAMS)

    def _places_for(self, free: int, runs: Sequence[Run]) -> int:
        """How many children so many connections are enough for: one may get fewer than others, but
        only if no more are about to be free."""
        own = sum(not run.by_child for run in runs)
        if own == len(runs) and 0 < free < self._child_streams:
            return int(own <= self.own_streams(runs))
        return max(0, (free + self._child_streams // 2) // self._child_streams)

    def _room(self, runs: Sequence[Run]) -> int:
        """Connections that nobody has, nor may have at any moment."""
        own = sum(not run.by_child for run in runs)
        return self._ceiling.height - self.connections(runs) - max(0, self.own_streams(runs) - own)

    def part_size(self, runs: Sequence[Run]) -> float:
        """Bytes of the next part of an own stream."""
        own = max(1, self.own_streams(runs))
        fair = self._work.left / (own + self._theirs(runs)) + self._in_hands / own
        rate = self.rate
        if rate and self._growth.growing and not self._ceiling.found:
            # Who comes next wants a share, too.
            seconds = max(_TRYING, 2 * self._first_byte)
            fair = min(fair, max(min(rate * seconds, _TRYING_AT_MOST), FIRST_PART))
        return part_size(fair, rate, self._growth.best_stream, self._first_byte)

    def slice(self, runs: Sequence[Run]) -> tuple[Slice, int]:
        """What one more child gets, and with how many streams: less than its share of what is left
        once it has started, and nothing if there is no room for it."""
        free = self._room(runs)
        in_flight = sum(run.by_child for run in runs)
        places = self._places_for(free, runs)
        if not places:
            return (), 0
        streams = min(self._child_streams, free)
        child = self._child_rate(streams)
        own, size = self._growth.rate, 0.0
        if own:  # until it has started, the others go on
            left = self._work.left + self._in_hands - own * self._crew.start(in_flight)
            size = slice_size(left, child, own + child * min(self.places, in_flight + places))
        if self._crew.is_cold:  # what this brings is soon to be known
            seconds = max(_FIRST_SECONDS, 2 * self._first_byte)
            size, least = min(size, child * seconds), float(_FIRST_SLICE)
        else:
            least = worth_a_slice(self._growth.best_stream * streams)
        size = max(size, least, streams * self._work.grid.cell)
        rate = child / streams if self._growth.rate else None
        sizes = shrinking(size, streams, rate, self._growth.best_stream, self._first_byte)
        return self._work.slice(size, sizes), streams

    def _child_rate(self, streams: int) -> float:
        """Bytes per second of a child: as measured, or like this instance; few streams do less."""
        like_this = self._crew.rate or self._growth.best
        if not like_this:
            return self._limits.network.instance
        return (
            min(like_this, self._growth.best_stream * streams)
            if self._growth.best_stream
            else like_this
        )

    def is_late(self, now: float, run: Run, sent: Sent) -> bool:
        """Whether a second copy of what somebody has in hands would most likely be done first."""
        elapsed = now - run.began
        if run.by_child:
            rate = self._child_rate(run.streams)
            return slice_is_late(run.size, elapsed, rate, self._crew.start_of(run.began))
        usual = self.rate
        return usual is not None and part_is_late(run.size, sent(run), elapsed, usual)

    def heard(self, now: float, run: Run, result: CopyResult, runs: Sequence[Run]) -> None:
        """Learn from a run that has ended; ``runs`` are the others."""
        error = result.error
        in_flight = sum(other.by_child for other in runs)
        if result.parts:
            self._heard = now
            self._ceiling.served()
        if run.by_child and not error:
            self._crew.answered(in_flight + 1, now - run.began, result.seconds)
        if isinstance(error, ChildThrottled):
            self._crew.refused_by_fc(now, in_flight)
        elif result.stepped_down or isinstance(error, SourceUnavailable | TargetUnavailable):
            self._step_down(now, run, result, runs)
        elif run.by_child and not error:
            whole = run.streams * 2 >= self._child_streams  # else there was no room for more
            telling = whole and run.size >= self._growth.best * _TELLING
            self._crew.did_all(run.size / max(result.seconds, 1e-3) if telling else None)
        elif not error:
            self._moved += run.size
            elapsed = max(now - run.began, 1e-6)
            self._rates.append(run.size / max(elapsed - self._first_byte, elapsed / 8))
        if result.delayed:
            self._ceiling.held_back(now, self.connections(runs) + run.streams)
            self._crew.refused_by_source()

    def _step_down(self, now: float, run: Run, result: CopyResult, runs: Sequence[Run]) -> None:
        """Source or OSS serves fewer connections than these: that holds for all."""
        kept = beside = 0
        if run.by_child:
            kept = run.streams - result.stepped_down
            self._ended = [each for each in self._ended if each[0] > run.began]
            beside = sum(streams for _, streams in self._ended)  # that ended meanwhile
            self._ended.append((now, kept))
            self._crew.refused_by_source()
            if kept:
                self._lost = now, kept / run.streams
        else:
            self._growth.refused(now)
        served = kept + beside + self.connections(runs)
        self._ceiling.refused(now, served, result.error.retry_after if result.error else None)

    def connections(self, runs: Sequence[Run]) -> int:
        """There are most likely so many. Of children that were refused some, others began no
        later, which lost as many of theirs."""
        return sum(not run.by_child for run in runs) + self._theirs(runs)

    def _theirs(self, runs: Sequence[Run]) -> int:
        since, kept = self._lost
        streams = (run.streams * (kept if run.began < since else 1) for run in runs if run.by_child)
        return ceil(sum(streams))

    def raise_if_hopeless(self, now: float, error: FerryError) -> None:
        """Raise what a source says that has served nobody for long."""
        if now - self._heard > PATIENCE:
            raise error

    @property
    def measured(self) -> Measured:
        """What was seen so far, and why there are no more."""
        return Measured(self._growth.best_stream, self._growth.best, self._limit())

    def _limit(self) -> Limit:
        if self._ceiling.delayed:
            return "oss"
        if self._ceiling.found or self._crew.crowded:
            return "source"
        if self._crew.throttled:
            return "fc"
        if self._may_be_full and not self._crew.may_be_more:
            return "instance" if self._instance_is_full else "asked"
        return "source" if self._growth.stalled and not self._instance_is_full else "work"
