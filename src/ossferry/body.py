"""The bytes of a source in order, however often its server breaks off."""

from __future__ import annotations

from collections.abc import Callable

from .errors import OutOfTime, SourceChanged, SourceUnavailable
from .origin import SourceReader
from .plan import ByteRange
from .retry import RetryPolicy, call


class Body:
    """A source's bytes from front to back; ``stopped`` is asked before each piece."""

    def __init__(self, reader: SourceReader, stopped: Callable[[], bool]) -> None:
        self._reader = reader
        self._stopped = stopped

    def open(self) -> None:
        """Ask for the source before its first byte is needed."""
        raise NotImplementedError

    def read(self, view: memoryview) -> int:
        """Fill the view from its start, as far as the source goes; the number of bytes."""
        filled = 0
        while filled < len(view):
            if self._stopped():
                raise OutOfTime("the copy was called off")
            count = self._next(view[filled:])
            if count == 0:
                break
            filled += count
        return filled

    def _next(self, view: memoryview) -> int:
        raise NotImplementedError


class RangeBody(Body):
    """A range of a source that honours ranges.

    A reply that ends early or breaks off is asked for again from the byte where it stopped. The
    policy bounds attempts in a row without a single byte; the deadline bounds all of them.
    """

    def __init__(
        self,
        reader: SourceReader,
        wanted: ByteRange,
        *,
        policy: RetryPolicy,
        deadline: float,
        stopped: Callable[[], bool],
    ) -> None:
        super().__init__(reader, stopped)
        self._left = wanted
        self._policy = policy
        self._deadline = deadline
        self._available = 0  # bytes that the reply now open still carries
        self.reopened = 0

    def open(self) -> None:
        call(self._ask, self._policy, deadline=self._deadline)

    def _next(self, view: memoryview) -> int:
        if not self._left:
            return 0
        return call(lambda: self._attempt(view), self._policy, deadline=self._deadline)

    def _ask(self) -> None:
        self._available = self._reader.open(self._left)

    def _attempt(self, view: memoryview) -> int:
        if not self._available:
            self.reopened += 1
            self._ask()
        carried, self._available = self._available, 0  # until this read has gone well
        count = self._reader.readinto(view[:carried])
        if count == 0:
            raise SourceUnavailable(f"the source ended {len(self._left)} bytes early")
        self._left = ByteRange(self._left.start + count, self._left.stop)
        self._available = carried - count
        return count


class WholeBody(Body):
    """A source that is read once, from its first byte: it cannot be asked for the rest.

    ``size`` is None where the server did not say it; then its end is where it ends.
    """

    def __init__(self, reader: SourceReader, size: int | None, stopped: Callable[[], bool]) -> None:
        super().__init__(reader, stopped)
        self._size = size
        self._count = 0

    def open(self) -> None:
        self._reader.open_whole()

    def _next(self, view: memoryview) -> int:
        count = self._reader.readinto(view)
        self._count += count
        if self._size is not None and count == 0 and self._count < self._size:
            raise SourceUnavailable(f"the source ended {self._size - self._count} bytes early")
        if self._size is not None and self._count > self._size:
            raise SourceChanged(f"the source had {self._size} bytes and now has more")
        return count
