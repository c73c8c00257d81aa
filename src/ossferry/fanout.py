"""Hands slices to whoever is free until every part is done: children, and the coordinator itself.

Children take from the front, where slices are large, the coordinator from the back, where they are
small. It owns the failures of children: a slice comes back without the parts that were done. The
first error that cannot pass ends everything.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from .errors import ChildThrottled, FerryError, InternalError, OutOfTime
from .jobs import CopiedPart, CopyResult
from .plan import Slice

Submit = Callable[[Slice], "Future[CopyResult]"]

_ATTEMPTS = 4  # that a part gets, over all children
_THROTTLED_PAUSE = 1.0  # seconds without new children after a 429; doubles each time in a row
_LONGEST_PAUSE = 16.0


@dataclass(slots=True)
class Tally:
    """What it took. ``children_retried`` counts invocations that did not do all they were asked."""

    invocations: int = 0
    peak: int = 0
    throttled: int = 0
    children_retried: int = 0
    parts_retried: int = 0


class FanOut:
    """One run over the slices of a plan.

    ``child`` and ``own`` start the copying of a slice and return at once; ``own`` is given one
    slice at a time, ``child`` as many as ``width``.
    """

    def __init__(
        self,
        slices: Iterable[Slice],
        *,
        width: int,
        child: Submit,
        own: Submit,
        deadline: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waiting = deque(slices)
        self._most = self._width = width
        self._child = child
        self._own = own
        self._deadline = deadline
        self._clock = clock
        self._own_busy = False
        self._in_flight = 0
        self._pause = _THROTTLED_PAUSE
        self._resume = clock()  # when new children may be started again
        self._attempts: Counter[int] = Counter()
        self._ended: SimpleQueue[tuple[Slice, bool, Future[CopyResult]]] = SimpleQueue()
        self.done: dict[int, CopiedPart] = {}
        self.tally = Tally()

    def run(self) -> list[CopiedPart]:
        """All parts, in order of their numbers."""
        while self._waiting or self._in_flight or self._own_busy:
            self._start()
            try:
                part_slice, by_child, future = self._ended.get(timeout=self._patience())
            except Empty:
                if self._clock() >= self._deadline:
                    raise OutOfTime(
                        f"the function's time ended with {len(self.done)} parts copied: raise its"
                        " timeout, or max_children"
                    ) from None
                continue
            if by_child:
                self._in_flight -= 1
            else:
                self._own_busy = False
            self._settle(part_slice, by_child, future)
        return [self.done[number] for number in sorted(self.done)]

    def _start(self) -> None:
        if self._waiting and not self._own_busy:
            self._own_busy = True
            self._submit(self._own, self._waiting.pop(), by_child=False)
        while self._waiting and self._in_flight < self._width and self._clock() >= self._resume:
            self._in_flight += 1
            self.tally.invocations += 1
            self.tally.peak = max(self.tally.peak, self._in_flight)
            self._submit(self._child, self._waiting.popleft(), by_child=True)

    def _submit(self, start: Submit, part_slice: Slice, *, by_child: bool) -> None:
        start(part_slice).add_done_callback(
            lambda future: self._ended.put((part_slice, by_child, future))
        )

    def _patience(self) -> float:
        now = self._clock()
        until = self._deadline
        if self._waiting and now < self._resume:
            until = min(until, self._resume)
        return max(0.0, until - now)

    def _settle(self, part_slice: Slice, by_child: bool, future: Future[CopyResult]) -> None:
        try:
            result = future.result()
        except ChildThrottled:
            return self._throttled(part_slice)
        except FerryError as error:
            result = CopyResult((), error=error)
        except Exception as error:
            raise InternalError(f"copying a slice failed: {type(error).__name__}") from error
        self.done.update((part.number, part) for part in result.parts)
        self.tally.parts_retried += result.retried
        left = tuple(part for part in part_slice if part.number not in self.done)
        if left:
            self._again(left, result.error or InternalError("a child left parts out"))
            self.tally.children_retried += by_child
        elif by_child:
            self._width = min(self._most, self._width + 1)
            self._pause = _THROTTLED_PAUSE

    def _again(self, left: Slice, error: FerryError) -> None:
        if not error.retryable and not isinstance(error, OutOfTime):
            raise error
        self._attempts.update(part.number for part in left)
        if max(self._attempts[part.number] for part in left) >= _ATTEMPTS:
            raise error
        self._waiting.appendleft(left)

    def _throttled(self, part_slice: Slice) -> None:
        """No attempt is used up: FC did nothing. The coordinator goes on by itself meanwhile."""
        self.tally.throttled += 1
        self.tally.invocations -= 1
        self._waiting.appendleft(part_slice)
        if self._clock() < self._resume:
            return  # one of a burst of refusals, which counts as one
        self._width = max(1, self._in_flight // 2)
        self._resume = self._clock() + self._pause
        self._pause = min(_LONGEST_PAUSE, self._pause * 2)
