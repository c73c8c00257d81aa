"""The coordinator's own streams, each given one part at a time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from ..errors import FerryError, InternalError, Stopped
from ..http.netguard import NetGuard
from ..log import sample
from .copy_job import CopyResult, PartJob, SourceRef, Timed
from .lagging import Lagging, middle
from .stream import LARGE, Stream, buffer_for

Done = Callable[[CopyResult], None]

_RECENT = 16  # parts whose rates count
_IDLE = 2.0  # seconds after which a stream that has nothing to do closes its connections


class Copying:
    """A part in the hands of a stream."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stream: Stream | None = None
        self._sent = 0  # when it ended
        self._over = False

    @property
    def sent(self) -> int:
        """Bytes that are on their way to OSS, or there."""
        stream = self._stream
        return stream.sent if stream else self._sent

    def call_off(self) -> None:
        """Have it end soon: ``Stopped``, unless it is done by then."""
        with self._lock:
            self._over = True
            if self._stream:
                self._stream.call_off()

    def begin(self, stream: Stream) -> bool:
        """Whether it is still wanted."""
        stream.sent = 0
        with self._lock:
            self._stream = None if self._over else stream
        return not self._over

    def end(self) -> bool:
        """Nobody may call the stream off any more; whether somebody has."""
        with self._lock:
            if self._stream:
                self._sent = self._stream.sent
            self._stream = None
            return self._over


class Streams:
    """As many as are busy at once, kept for the next parts with their connections."""

    def __init__(
        self,
        source: SourceRef,
        guard: NetGuard,
        deadline: float,
        most: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._source = source
        self._guard = guard
        self._deadline = deadline
        self._threads = ThreadPoolExecutor(most, "own")
        self._lock = threading.Lock()
        self._idle: list[tuple[float, Stream]] = []
        self._large = 0  # buffers
        self._copying: set[Copying] = set()
        self._busy: dict[Stream, int] = {}  # by numbers, the lowest that are free
        self._rates: deque[float] = deque(maxlen=_RECENT)  # bytes per second of parts that are done

    def read_from(self, source: SourceRef) -> None:
        """From the next part on: the same, by another URL."""
        self._source = source

    def copy(self, part: PartJob, done: Done) -> Copying:
        """Start to copy a part; ``done`` is called by another thread with what came of it."""
        copying = Copying()
        with self._lock:
            self._copying.add(copying)
        self._threads.submit(self._run, part, copying, done)
        return copying

    def close(self) -> None:
        """Call everything off, and wait until it has ended; nothing more begins."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            copying = [*self._copying]
        for each in copying:
            each.call_off()
        self._threads.shutdown()
        for _, stream in self._idle:
            stream.close()

    def _run(self, part: PartJob, copying: Copying, done: Done) -> None:
        stream, result = None, CopyResult(())
        retried, delayed = 0, 0.0
        try:
            stream = self._stream()
            retried, delayed = stream.retried, stream.delayed
            if copying.begin(stream):
                result = self._copy(stream, part)
        except FerryError as error:
            result = CopyResult((), error=error)
        except Exception as error:
            result = CopyResult((), error=InternalError(f"a stream failed: {type(error).__name__}"))
        called_off = copying.end()
        if called_off and not result.parts:  # how it noticed says nothing of source or OSS
            result = CopyResult((), error=Stopped("another copy of the part was done first"))
        if stream:
            result = result._replace(
                retried=stream.retried - retried, delayed=stream.delayed - delayed
            )
        self._put_back(stream, copying, usable=not called_off and result.error is None)
        done(result)

    def _copy(self, stream: Stream, part: PartJob) -> CopyResult:
        began, usual = self._clock(), lambda: middle([*self._rates])
        retried = stream.retried
        copied = stream.copy(part, Lagging(stream, self._peers, usual, self._clock))
        seconds = max(self._clock() - began, 1e-6)
        self._rates.append(copied.size / seconds)
        sample("part.uploaded", part=part.number, bytes=copied.size, seconds=round(seconds, 4))
        attempts = 1 + stream.retried - retried
        timed = Timed(part.number, self._busy[stream], 0.0, round(seconds, 4), attempts)
        return CopyResult((copied,), seconds=seconds, times=(timed,))

    def _peers(self) -> tuple[Stream, ...]:
        with self._lock:
            return tuple(self._busy)

    def _stream(self) -> Stream:
        with self._lock:
            if self._idle and self._idle[-1][1].source is self._source:
                stream = self._idle.pop()[1]
            else:
                size = buffer_for(self._large)
                stream = Stream(
                    self._source, self._guard, deadline=self._deadline, buffer_size=size
                )
                self._large += size == LARGE
            taken = {*self._busy.values()}
            self._busy[stream] = next(number for number in count(1) if number not in taken)
            return stream

    def _put_back(self, stream: Stream | None, copying: Copying, *, usable: bool) -> None:
        """Also close those that have had nothing to do for long."""
        now = self._clock()
        with self._lock:
            self._copying.discard(copying)
            closing = [each for since, each in self._idle if now - since > _IDLE]
            self._idle = [each for each in self._idle if now - each[0] <= _IDLE]
            if stream:
                self._busy.pop(stream, None)
                if usable and stream.source is self._source:
                    self._idle.append((now, stream))
                else:
                    closing.append(stream)
            self._large -= sum(each.buffer_size == LARGE for each in closing)
        for each in closing:
            each.close()
