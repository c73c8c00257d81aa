"""The parts of one slice while several streams copy it: who takes which part next.

When no part is left to begin, a stream that is free takes a second copy of one that is late: most
often a connection that fell far behind its peers. The first copy that is done counts; re-sending a
part number replaces it with the same bytes. A stream that the source or OSS will not serve gives
its part back and ends, so that the number of streams steps down to what both bear: a source that
is busy is asked by none of them a second time.

A stream that awaits OSS's answer for all of its part holds its next one already, ahead, unless
others are free for those that wait: it gives that back if the answer is no good, or if it ends.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from ..errors import FerryError, SourceBusy
from ..log import sample
from .copy_job import CopiedPart, PartJob, Timed
from .lagging import Lagging, middle
from .receipt import Receipt

# A second copy is begun only for a part that would take this many times longer than a fresh one.
_LATE = 2.0
# Seconds that every copy is given before it can count as late: connecting takes time too.
_GRACE = 0.4
# Of the parts, at least two, that may be copied twice.
_BUDGET, _AT_LEAST = 0.25, 2
_LOOK_AGAIN = 0.1  # seconds between looks for late parts


class Copying(Protocol):
    """A stream as the board sees it."""

    sent: int  # bytes of the part that it copies now
    moved: int  # bytes in all

    def call_off(self) -> None: ...


class _Run(NamedTuple):
    part: PartJob
    began: float


class Board:
    """Shared by so many streams, which copy one slice; all methods may be called by any thread.

    Each stream asks for parts until it gets none, or fails.
    """

    def __init__(
        self,
        parts: Sequence[PartJob],
        streams: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting = deque(parts)
        self._missing = {part.number for part in parts}
        self._runs: dict[Copying, _Run] = {}
        self._ahead: dict[Copying, PartJob] = {}
        self._called_off: set[Copying] = set()
        self._streams = streams
        self._left = streams  # that have not ended
        self._why: FerryError | None = None  # the last one that gave a part back did
        self._rates: list[float] = []
        self._budget = max(_AT_LEAST, int(len(parts) * _BUDGET))
        self._over = False
        self._numbers: dict[Copying, int] = {}
        self.done: list[CopiedPart] = []
        self.times: list[Timed] = []  # of those; they begin on the clock
        self.error: FerryError | None = None
        self.hedged = 0
        self.stepped_down = 0

    def take(self, stream: Copying) -> PartJob | None:
        """The next part for a stream; None when it is not needed any more. May wait."""
        with self._changed:
            while not self._over and not self._too_few and stream not in self._called_off:
                part = self._ahead.pop(stream, None) or self._next()
                if part is not None:
                    stream.sent = 0
                    self._numbers.setdefault(stream, len(self._numbers) + 1)
                    self._runs[stream] = _Run(part, self._clock())
                    return part
                self._changed.wait(_LOOK_AGAIN)
            self._leave(stream)
            return None

    @contextmanager
    def ahead(self, stream: Copying) -> Iterator[PartJob | None]:
        """What the stream is going to take next, if that is known, while an answer is awaited."""
        with self._changed:
            free = self._left - len(self._runs.keys() | self._ahead.keys())
            if not self._over and len(self._waiting) > free:  # who is free begins at once
                self._ahead[stream] = self._waiting.popleft()
            part = self._ahead.get(stream)
        try:
            yield part
        except BaseException:
            with self._changed:
                self._give_ahead_back(stream)
            raise

    def lagging(self, stream: Copying) -> Callable[[], bool]:
        """Whether a stream moves its part far more slowly than its peers move theirs."""
        return Lagging(stream, self._copying, lambda: middle(self._rates), self._clock)

    def finished(self, stream: Copying, copied: CopiedPart, attempts: int = 1) -> None:
        with self._changed:
            run = self._runs.pop(stream)
            if copied.number not in self._missing:
                return  # the other copy was faster
            self._missing.discard(copied.number)
            self.done.append(copied)
            seconds = max(self._clock() - run.began, 1e-6)
            which = copied.number, self._numbers[stream]
            self.times.append(Timed(*which, run.began, round(seconds, 4), attempts))
            self._rates.append(copied.size / seconds)
            sample(
                "part.uploaded", part=copied.number, bytes=copied.size, seconds=round(seconds, 4)
            )
            for other, copy in self._runs.items():
                if copy.part.number == copied.number:
                    self._called_off.add(other)  # it may be just as far, and cannot go on
                    other.call_off()
            if not self._missing:
                self._end()

    def failed(self, stream: Copying, error: FerryError) -> None:
        """The stream ends; so does the slice if the error is final, or nobody is left to go on."""
        with self._changed:
            run = self._runs.pop(stream)
            if not self._over and run.part.number in self._missing:
                self._give_back(run.part, error)
            self._leave(stream)

    def stop(self, error: FerryError | None = None) -> None:
        """End all streams; ``error`` is why parts are missing, if any are."""
        with self._changed:
            if self._missing and not self._over:
                self.error = error
            self._end()

    def _give_back(self, part: PartJob, error: FerryError) -> None:
        if not error.retryable:
            self.error = error
            return self._end()
        self.stepped_down += 1
        self._why = _longer(error, self._why)
        if all(copy.part.number != part.number for copy in self._runs.values()):
            self._waiting.append(part)
            self._changed.notify_all()

    @property
    def _too_few(self) -> bool:
        """Whether most streams are gone, so that others will sooner copy what nobody has begun."""
        return self.stepped_down * 2 > self._streams and bool(self._waiting)

    def _give_ahead_back(self, stream: Copying) -> None:
        part = self._ahead.pop(stream, None)
        if part is not None:
            self._waiting.appendleft(part)
            self._changed.notify_all()

    def _leave(self, stream: Copying) -> None:
        self._give_ahead_back(stream)
        self._left -= 1
        if not self._left and not self._over:
            self.error = self._why
            self._end()

    def receipt(self) -> Receipt:
        """What is done, and how far the rest is."""
        with self._changed:
            return Receipt(tuple(self.done), sum(stream.sent for stream in self._runs))

    def _copying(self) -> Sequence[Copying]:
        with self._changed:
            return tuple(self._runs)

    def _end(self) -> None:
        self._over = True
        for stream in self._runs:
            stream.call_off()
        self._changed.notify_all()

    def _next(self) -> PartJob | None:
        return self._waiting.popleft() if self._waiting else self._late()

    def _late(self) -> PartJob | None:
        if not self._rates or not self._budget:
            return None
        usual = middle(self._rates)
        for stream, run in self._runs.items():
            if run.part.number not in self._missing:
                continue  # its other copy is done, and it has yet to notice
            copies = sum(other.part.number == run.part.number for other in self._runs.values())
            if copies == 1 and self._is_late(stream, run, usual):
                self._budget -= 1
                self.hedged += 1
                return run.part
        return None

    def _is_late(self, stream: Copying, run: _Run, usual: float) -> bool:
        elapsed = self._clock() - run.began
        size = run.part.range.size
        fresh = size / usual
        if elapsed < max(_GRACE, fresh):
            return False
        if stream.sent >= size:  # all is on its way, and OSS does not answer
            return elapsed > _LATE * fresh
        rate = stream.sent / elapsed
        return rate == 0 or (size - stream.sent) / rate > _LATE * fresh


def _longer(error: FerryError, before: FerryError | None) -> FerryError:
    """The error, with the longer of the waits that two streams were asked for."""
    asked = before.retry_after if isinstance(before, SourceBusy) else None
    if not isinstance(error, SourceBusy) or asked is None or asked <= (error.retry_after or 0.0):
        return error
    return SourceBusy(error.message, asked)
