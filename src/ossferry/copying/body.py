"""The bytes of a source in order, however often its server breaks off."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from ..byte_range import KIB, ByteRange
from ..errors import OutOfTime, SourceBusy, SourceUnavailable
from ..retry import RetryPolicy, call
from ..stop import Stop
from .reader import SourceReader

T = TypeVar("T")

# A read that breaks off loses the bytes that came before the break. So the next ones are small:
# a server that resets every connection after some bytes would else never be got past.
_CAREFUL = 16 * KIB
_ANY = 1 << 62


class Body(ABC):
    """A source's bytes from front to back, until ``stop`` is set or ``deadline`` has passed."""

    def __init__(self, reader: SourceReader, deadline: float, stop: Stop) -> None:
        self._reader = reader
        self._deadline = deadline
        self._stop = stop

    def read_some(self, view: memoryview) -> int:
        """Some more bytes, at least one but at the end."""
        self._check()
        return self._next(view)

    def read(self, view: memoryview) -> int:
        """Fill the view from its start, as far as the source goes; the number of bytes."""
        filled = 0
        while filled < len(view):
            self._check()
            count = self._next(view[filled:])
            if count == 0:
                self._check()  # a connection that was interrupted ends like one that is closed
                break
            filled += count
        return filled

    @abstractmethod
    def finish(self) -> None:
        """Raise unless the source ends here."""

    def _check(self) -> None:
        if self._stop.is_set() or time.monotonic() >= self._deadline:
            raise OutOfTime("the copying had to end before it was done")

    @abstractmethod
    def _next(self, view: memoryview) -> int:
        """Some more bytes, at least one but at the end."""


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
        stop: Stop,
    ) -> None:
        super().__init__(reader, deadline, stop)
        self._left = wanted
        self._policy = policy
        self._available = 0  # bytes that the reply now open still carries
        self._most = _ANY  # bytes to read at once
        self.reopened = 0

    def open(self) -> None:
        """Ask for the source before its first byte is needed."""
        self._call(self._ask)

    def open_if_free(self) -> None:
        """The same, but ``SourceBusy`` is raised at once, for whoever gives out ranges."""
        busy = self._call(self._ask_if_free)
        if busy is not None:
            raise busy

    def finish(self) -> None:
        """Nothing to do: each reply was looked at when its last byte had come."""

    def elsewhere(self) -> None:
        """Go on over another connection: this one is slower than it has to be."""
        self._reader.close()
        self._available = 0

    def _next(self, view: memoryview) -> int:
        if not self._left.size:
            return 0
        return self._call(lambda: self._attempt(view))

    def _call(self, action: Callable[[], T]) -> T:
        return call(action, self._policy, deadline=self._deadline, sleep=self._stop.wait)

    def _ask(self) -> None:
        self._check()
        self._available = self._reader.open(self._left)

    def _ask_if_free(self) -> SourceBusy | None:
        try:
            self._ask()
        except SourceBusy as error:
            return error
        return None

    def _attempt(self, view: memoryview) -> int:
        if not self._available:
            self._check()  # who is called off opens nothing again
            self.reopened += 1
            self._ask()
        carried, self._available = self._available, 0  # until this read has gone well
        most, self._most = self._most, _CAREFUL
        count = self._reader.readinto(view[: min(carried, most)])
        if count == 0:
            raise SourceUnavailable(f"the source ended {self._left.size} bytes early")
        if count == carried:
            self._reader.finish()
        self._most = min(most * 2, _ANY)
        self._left = ByteRange(self._left.start + count, self._left.stop)
        self._available = carried - count
        return count


class WholeBody(Body):
    """A source that is read once, in the reply that ``reader`` has opened: it cannot be asked for
    the rest. It ends where that reply says, or breaks off.

    ``least`` are the bytes below which the end of a connection is no end of the source.
    """

    def __init__(self, reader: SourceReader, deadline: float, stop: Stop, least: int = 0) -> None:
        super().__init__(reader, deadline, stop)
        self._least = least

    def _next(self, view: memoryview) -> int:
        count = self._reader.readinto(view)
        self._least = max(0, self._least - count)
        if not count and self._least:
            raise SourceUnavailable(f"the source ended {self._least} bytes early")
        return count

    def finish(self) -> None:
        """Raise unless the source ends here, where it said that it would."""
        if self._reader.readinto(memoryview(bytearray(1))):
            raise SourceUnavailable("the source gave more bytes than it had announced")
