"""Hands slices to whoever is free until every part is done: children, and the coordinator itself.

Children take from the front, where slices are large, the coordinator from the back, where they are
small. It owns the failures of children: a slice comes back without the parts that were done. When
nothing is left to begin, a slice that is late is given to somebody else too; the first copy of a
part counts. The first error that cannot pass ends everything.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from statistics import median

from ..copying.copy_job import CopiedPart, CopyResult
from ..errors import ChildThrottled, FerryError, InternalError, OutOfTime, Stopped
from ..log import log
from ..parts import Slice
from ..stop import Stop

Child = Callable[[Slice], "Future[CopyResult]"]
Report = Callable[[CopiedPart], None]
Own = Callable[[Slice, Report], "Future[CopyResult]"]

_ATTEMPTS = 4  # that a part gets, over all children
_THROTTLED_PAUSE = 1.0  # seconds without new children after a 429; doubles each time in a row
_LONGEST_PAUSE = 16.0
_LATE = 2.0  # a slice is late after this many times what its size takes the median child
_GRACE = 2.0  # and after these seconds, which a cold start may take
_BUDGET = 0.1  # of the slices, at least one, that may be given out twice
_LOOK_AGAIN = 0.2  # seconds between looks for late slices


@dataclass(slots=True)
class Tally:
    """What it took.

    ``retried`` are invocations that did not do all they were asked, ``hedged`` those that were
    given what somebody else was late with; ``parts_*`` is the same within invocations.
    """

    invocations: int = 0
    peak: int = 0
    throttled: int = 0
    retried: int = 0
    hedged: int = 0
    parts_retried: int = 0
    parts_hedged: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """A slice in somebody's hands."""

    slice: Slice
    by_child: bool
    began: float

    @property
    def size(self) -> int:
        return sum(part.range.size for part in self.slice)


# A part of the coordinator's own, what came of a run, or None to have a look around.
_News = CopiedPart | tuple[_Run, "Future[CopyResult]"] | None


class FanOut:
    """One run over the slices of a plan.

    ``child`` and ``own`` start the copying of a slice and return at once; ``own`` is given one
    slice at a time and reports each part, ``child`` as many slices as ``width``. ``progressed`` is
    called with all that is done, each time that there is more; ``tally`` is counted on. Slices are
    begun until ``last_call``, results awaited until ``deadline``, both only until ``stop``.
    """

    def __init__(
        self,
        slices: Sequence[Slice],
        *,
        width: int,
        streams: int,
        child: Child,
        own: Own,
        last_call: float,
        deadline: float,
        stop: Stop | None = None,
        tally: Tally | None = None,
        progressed: Callable[[Mapping[int, CopiedPart]], None] = lambda done: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waiting = deque(slices)
        self._missing = {part.number for part_slice in slices for part in part_slice}
        self._most = self._width = width
        self._streams = streams
        self._child = child
        self._own = own
        self._last_call = last_call
        self._deadline = deadline
        self._stop = stop or Stop()
        self._progressed = progressed
        self._clock = clock
        self._runs: list[_Run] = []
        self._news: SimpleQueue[_News] = SimpleQueue()
        self._rates: list[float] = []  # bytes per second of the slices that children did
        self._budget = max(1, int(len(slices) * _BUDGET))
        self._pause = _THROTTLED_PAUSE
        self._resume = clock()  # when new children may be started again
        self._attempts: Counter[int] = Counter()
        self._reported: set[int] = set()
        self.done: dict[int, CopiedPart] = {}
        self.tally = tally or Tally()

    def run(self) -> list[CopiedPart]:
        """All parts, in order of their numbers. Who is late may still be at it."""
        with self._stop.then(lambda: self._news.put(None)):
            while self._missing or self._about_to_tell():
                now = self._clock()
                self._raise_if_over(now)
                if now < self._last_call:
                    self._start()
                with suppress(Empty):
                    self._hear(self._news.get(timeout=self._patience()))
        return [self.done[number] for number in sorted(self.done)]

    def _raise_if_over(self, now: float) -> None:
        if self._stop.is_set():
            raise Stopped("the function was stopped before all was copied")
        if now >= self._deadline or (now >= self._last_call and not self._runs):
            raise OutOfTime(
                f"the function's time ended with {len(self.done)} parts copied: raise its"
                " timeout, or max_children"
            )

    def _about_to_tell(self) -> bool:
        """Whether the coordinator's own copying is through, and only its result is to come."""
        return any(
            not run.by_child and self._reported.issuperset(part.number for part in run.slice)
            for run in self._runs
        )

    def _hear(self, news: _News) -> None:
        if isinstance(news, CopiedPart):
            self._reported.add(news.number)
            self._collect([news])
        elif news is not None:
            run, future = news
            self._runs.remove(run)
            self._settle(run, future)

    @property
    def _in_flight(self) -> int:
        return sum(run.by_child for run in self._runs)

    def _start(self) -> None:
        """Give everybody who is free something to do."""
        if self._in_flight == len(self._runs):
            part_slice = self._next(self._waiting.pop, self._free_children)
            if part_slice:
                run = self._began(part_slice, by_child=False)
                self._when_done(run, self._own(part_slice, self._news.put))
        while self._free_children:
            part_slice = self._next(self._waiting.popleft, self._free_children - 1)
            if not part_slice:
                return
            run = self._began(part_slice, by_child=True)
            self.tally.invocations += 1
            self.tally.peak = max(self.tally.peak, self._in_flight)
            self._when_done(run, self._child(part_slice))

    @property
    def _free_children(self) -> int:
        return max(0, self._width - self._in_flight) if self._clock() >= self._resume else 0

    def _next(self, take: Callable[[], Slice], others: int) -> Slice:
        """A slice that waits, or what is late; of the last one a share, if others are free too.

        A share is whole rounds of the streams, so that all of them end together.
        """
        if not self._waiting:
            return self._late()
        part_slice = take()
        if self._waiting:
            return part_slice
        rounds = -(-len(part_slice) // ((others + 1) * self._streams))
        fair = rounds * self._streams
        if part_slice[fair:]:
            self._waiting.append(part_slice[fair:])
        return part_slice[:fair]

    def _began(self, part_slice: Slice, *, by_child: bool) -> _Run:
        run = _Run(part_slice, by_child, self._clock())
        self._runs.append(run)
        return run

    def _when_done(self, run: _Run, future: Future[CopyResult]) -> None:
        future.add_done_callback(lambda done: self._news.put((run, done)))

    def _patience(self) -> float:
        now = self._clock()
        until = self._last_call if now < self._last_call else self._deadline
        if not self._waiting and self._rates and self._budget:
            until = min(until, now + _LOOK_AGAIN)
        if now < self._resume:
            until = min(until, self._resume)
        return max(0.0, until - now)

    def _late(self) -> Slice:
        """What is missing of a slice that is late; nothing if none is."""
        if not self._rates or not self._budget:
            return ()
        usual = median(self._rates)
        for run in self._runs:
            elapsed = self._clock() - run.began
            if elapsed > max(_GRACE, _LATE * run.size / usual):
                left = self._left_to(run)
                if left:
                    self._budget -= 1
                    self.tally.hedged += 1
                    return left
        return ()

    def _left_to(self, run: _Run) -> Slice:
        """What is missing of a slice, and in no other run's hands."""
        if all(part.number not in self._missing for part in run.slice):
            return ()
        taken = {part.number for other in self._runs if other is not run for part in other.slice}
        return tuple(
            part for part in run.slice if part.number in self._missing and part.number not in taken
        )

    def _settle(self, run: _Run, future: Future[CopyResult]) -> None:
        try:
            result = future.result()
        except ChildThrottled:
            return self._throttled(run)
        except FerryError as error:
            result = CopyResult((), error=error)
        except Exception as error:
            raise InternalError(f"copying a slice failed: {type(error).__name__}") from error
        self._collect(result.parts)
        self.tally.parts_retried += result.retried
        self.tally.parts_hedged += result.hedged
        left = self._left_to(run)
        if left:
            self._failed(run, left, result.error or InternalError("a child left parts out"))
        elif run.by_child and not result.error:
            self._rates.append(run.size / max(self._clock() - run.began, 1e-6))
            self._width = min(self._most, self._width + 1)
            self._pause = _THROTTLED_PAUSE
        if result.stepped_down:  # source or OSS bears fewer connections than these
            self._narrow(self._width // 2)

    def _narrow(self, width: int) -> None:
        self._width = min(self._most, max(1, width))

    def _collect(self, parts: Iterable[CopiedPart]) -> None:
        news = [part for part in parts if part.number in self._missing]
        if news:
            self._missing.difference_update(part.number for part in news)
            self.done.update((part.number, part) for part in news)
            self._progressed(self.done)

    def _failed(self, run: _Run, left: Slice, error: FerryError) -> None:
        if run.by_child:
            self.tally.retried += 1
            seconds = round(self._clock() - run.began, 4)
            told = {"error_type": error.type, "error": error.message}
            log("child.failed", "warning", **told, seconds=seconds, missing=len(left))
        self._again(left, error)

    def _again(self, left: Slice, error: FerryError) -> None:
        if not error.retryable and not isinstance(error, OutOfTime):
            raise error
        self._attempts.update(part.number for part in left)
        if max(self._attempts[part.number] for part in left) >= _ATTEMPTS:
            raise error
        self._waiting.appendleft(left)

    def _throttled(self, run: _Run) -> None:
        """No attempt is used up: FC did nothing. The coordinator goes on by itself meanwhile."""
        self.tally.throttled += 1
        self.tally.invocations -= 1
        left = self._left_to(run)
        if left:
            self._waiting.appendleft(left)
        if self._clock() < self._resume:
            return  # one of a burst of refusals, which counts as one
        self._narrow(self._in_flight // 2)
        self._resume = self._clock() + self._pause
        log("child.throttled", "warning", width=self._width, pause=self._pause)
        self._pause = min(_LONGEST_PAUSE, self._pause * 2)
