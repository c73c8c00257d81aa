"""The whole of a small source, held in memory between the two requests that copy it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from mmap import mmap

from ..byte_range import KIB, MIB
from ..copying.reader import SourceReader
from ..errors import OutOfTime, SourceUnavailable

SMALL = 8 * MIB  # bytes: also the most that a transfer copies in one request
_HELD = 64 * MIB  # bytes of all items that are held at once
_FIRST_HELD = 256 * KIB  # bytes for a source that does not say its size, to begin with
_PATIENCE = 120.0  # seconds for the bytes of a small item; then it is not what this is for


class Memory:
    """So many bytes may be held at once by all streams of an instance."""

    def __init__(self, size: int = _HELD) -> None:
        self._left = size
        self._changed = threading.Condition()

    @contextmanager
    def of(self, size: int) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: self._left >= size)
            self._left -= size
        try:
            yield
        finally:
            with self._changed:
                self._left += size
                self._changed.notify_all()


@contextmanager
def held(
    reader: SourceReader,
    size: int | None,
    memory: Memory,
    deadline: float,
    has_ended: Callable[[], bool],
) -> Iterator[memoryview | None]:
    """The whole source; None if there is more of it than is held, or it takes too long.

    Most that do not say their size are short. Who waits for the memory of a long one keeps that of
    the beginning, which is never so much that nobody could go on.
    """
    until = min(deadline, time.monotonic() + _PATIENCE)
    with ExitStack() as stack:
        first = _FIRST_HELD if size is None else size
        stack.enter_context(memory.of(first))
        view = _room_for(first)
        filled = _fill(reader, view, 0, until)
        if size is None and filled == first:
            stack.enter_context(memory.of(SMALL + 1))
            longer = _room_for(SMALL + 1)
            longer[:filled] = view
            view, filled = longer, _fill(reader, longer, filled, until)
        if has_ended():
            raise OutOfTime("the copying had to end before it was done")
        late = filled != size and time.monotonic() >= until
        more = memoryview(bytearray(1))
        if size is not None and not late and (filled != size or reader.readinto(more)):
            raise SourceUnavailable(f"the source announced {size} bytes, and gave more or less")
        yield None if late or filled > SMALL else view[:filled]


def _fill(reader: SourceReader, view: memoryview, filled: int, until: float) -> int:
    """How much of the view is filled when the source ends, or time is up."""
    while filled < len(view) and time.monotonic() < until:
        count = reader.readinto(view[filled:])
        if not count:
            break
        filled += count
    return filled


def _room_for(size: int) -> memoryview:
    """Goes back to the system as soon as it is let go of: what a thread frees, its share of the
    heap may keep, and that of many threads is more than an instance has."""
    return memoryview(mmap(-1, size) if size > _FIRST_HELD else bytearray(size))
