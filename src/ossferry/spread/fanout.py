"""Hands out what is left of a source until every part is done: to children, and to streams of the
coordinator's own.

Children take from the front, the coordinator's streams from the back. What each is given is cut
when it is handed out, as ``pace`` says. The failures of children are its own: what a slice comes
back without is handed out again. When nothing is left to begin, a free stream copies what somebody
is late with; the first copy of a part counts. The first error that cannot pass ends everything.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping

from ..copying.copy_job import CopiedPart, CopyResult
from ..errors import ChildThrottled, FerryError, InternalError, OutOfTime, SourceBusy, Stopped
from ..log import log
from ..pace.grid import Work
from ..pace.limits import Limits
from ..pace.pace import Pace
from ..pace.run import Copiers, Run
from ..parts import Part, Slice
from ..stop import Stop
from .journal import Journal
from .tally import Tally

_ATTEMPTS = 4  # that a part gets, over all who copy
# Of so many own streams, one may copy what a child, or another stream, is late with.
_OF_CHILDREN, _OF_OWN = 2, 8


class FanOut:
    """One run over what is left of a source.

    ``progressed`` is called with all that is done, each time that there is more; ``tally`` is
    counted on, and ``journal`` told. Runs are begun until ``last_call``, results awaited until
    ``deadline``, both only until ``stop``.
    """

    def __init__(
        self,
        work: Work,
        copiers: Copiers,
        limits: Limits,
        *,
        last_call: float,
        deadline: float,
        stop: Stop | None = None,
        tally: Tally | None = None,
        journal: Journal | None = None,
        progressed: Callable[[Mapping[int, CopiedPart]], None] = lambda done: None,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.process_time,
    ) -> None:
        self._work = work
        self._left = work.left  # bytes that are not done
        self._copiers = copiers
        self._last_call = last_call
        self._deadline = deadline
        self._stop = stop or Stop()
        self._progressed = progressed
        self._clock = clock
        self._pace = Pace(limits, work, clock(), cpu)
        self._runs: list[Run] = []
        self._attempts: Counter[int] = Counter()
        self._helped: set[Run] = set()  # children that are late
        self._for_own: deque[Part] = deque()  # with which children failed twice
        self.done: dict[int, CopiedPart] = {}
        self.tally = tally or Tally()
        self._journal = journal or Journal(most=0)

    def run(self) -> list[CopiedPart]:
        """All parts, in order of their numbers. Who is late may still be at it."""
        try:
            self._until_done()
        finally:
            self._journal.ended(self._clock(), done=not self._left)
        if self.tally.streams:
            self.tally.measured = self._pace.measured
        return [self.done[number] for number in sorted(self.done)]

    def _until_done(self) -> None:
        while self._left:
            now = self._clock()
            self._raise_if_over(now)
            if now < self._last_call:
                self._pace.look(now, self._runs, self._copiers.sent)
                self._start(now)
            news = self._copiers.hear(self._patience(now))
            if news:
                self._runs.remove(news[0])
                self._settle(*news)

    def _raise_if_over(self, now: float) -> None:
        if self._stop.is_set():
            raise Stopped("the function was stopped before all was copied")
        if now >= self._deadline or (now >= self._last_call and not self._runs):
            raise OutOfTime(
                f"the function's time ended with {len(self.done)} parts copied: raise its"
                " timeout, or max_children"
            )

    def _patience(self, now: float) -> float:
        until = self._last_call if now < self._last_call else self._deadline
        return max(0.0, min(until - now, self._pace.patience))

    @property
    def _children(self) -> int:
        return sum(run.by_child for run in self._runs)

    def _start(self, now: float) -> None:
        """Give everybody who is free something to do."""
        if now < self._pace.resume:
            return
        children, own = self._children, len(self._runs) - self._children
        while children < self._pace.places:
            part_slice, streams = self._pace.slice(self._runs)
            if not part_slice:
                break
            run = Run(part_slice, True, streams, now)
            self._add(run)
            self._copiers.child(run)
            children += 1
            self.tally.invocations += 1
        may = self._pace.own_streams(self._runs)
        while own < may and (part := self._next(now)):
            run = Run((part,), False, 1, now)
            self._add(run)
            self._copiers.own(run)
            own += 1
        self.tally.peak = max(self.tally.peak, children)

    def _add(self, run: Run) -> None:
        self._runs.append(run)
        self._journal.asked(run)
        self.tally.streams = max(self.tally.streams, self._pace.connections(self._runs))

    def _next(self, now: float) -> Part | None:
        if self._for_own:
            return self._for_own.popleft()
        return self._work.take(self._pace.part_size(self._runs), back=True) or self._late(now)

    def _late(self, now: float) -> Part | None:
        """A part that somebody is late with, and nobody else has in hands.

        Few at a time: where all are late, copying twice makes all of them later.
        """
        second, own = self._second, self._pace.own_streams(self._runs)
        for run in self._runs:
            of_so_many = _OF_CHILDREN if run.by_child else _OF_OWN
            if second >= max(1, own // of_so_many):
                continue
            if not self._pace.is_late(now, run, self._copiers.sent):
                continue
            left = self._left_to(run)
            if not left:
                continue
            if not run.by_child:
                self.tally.parts_hedged += 1
            elif run not in self._helped:
                self._helped.add(run)
                self.tally.hedged += 1
            return left[-1]  # a child begins with the first ones
        return None

    @property
    def _second(self) -> int:
        """Parts that are being copied twice."""
        held = Counter(part.number for run in self._runs for part in run.slice)
        return sum(count > 1 for count in held.values())

    def _missing(self, run: Run) -> Slice:
        return tuple(part for part in run.slice if part.number not in self.done)

    def _left_to(self, run: Run) -> Slice:
        """What is missing of a slice, and in no other run's hands."""
        missing = self._missing(run)
        if not missing:
            return ()
        taken = {part.number for other in self._runs if other is not run for part in other.slice}
        return tuple(part for part in missing if part.number not in taken)

    def _settle(self, run: Run, result: CopyResult) -> None:
        self.tally.parts_retried += result.retried
        self.tally.parts_hedged += result.hedged
        news = self._collect(result)
        self._journal.answered(run, self._clock(), result, news)
        left = self._left_to(run)
        again = [part for part in left if run.by_child and self._attempts[part.number]]
        self._for_own.extend(again)  # or a child that always crashes would end the transfer
        self._work.give_back(part for part in left if part not in again)
        self._pace.heard(self._clock(), run, result, self._runs)
        if isinstance(result.error, ChildThrottled):
            self._throttled()
        elif missing := self._missing(run):
            self._failed(run, missing, result.error or InternalError("a child left parts out"))

    def _collect(self, result: CopyResult) -> dict[int, CopiedPart]:
        """What is new of it."""
        news = {part.number: part for part in result.parts if part.number not in self.done}
        if news:
            self.done.update(news)
            self._left -= sum(part.size for part in news.values())
            for other in self._runs:
                if not other.by_child and other.slice[0].number in self.done:
                    self._copiers.call_off(other)
            self._progressed(self.done)
        return news

    def _failed(self, run: Run, missing: Slice, error: FerryError) -> None:
        """Also if somebody else copies the same parts: two who fail in turn would never end."""
        if run.by_child:
            self.tally.retried += 1
            seconds = round(self._clock() - run.began, 4)
            told = {"error_type": error.type, "error": error.message}
            log("child.failed", "warning", **told, seconds=seconds, missing=len(missing))
        if isinstance(error, SourceBusy):  # no part is to blame, but it may last too long
            return self._pace.raise_if_hopeless(self._clock(), error)
        if not error.retryable and not isinstance(error, OutOfTime):
            raise error
        self._attempts.update(part.number for part in missing)
        if max(self._attempts[part.number] for part in missing) >= _ATTEMPTS:
            raise error

    def _throttled(self) -> None:
        """No attempt is used up: FC did nothing. The coordinator goes on by itself meanwhile."""
        self.tally.throttled += 1
        self.tally.invocations -= 1
        log("child.throttled", "warning", width=self._pace.places)
