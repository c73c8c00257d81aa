"""What is copied without a fan-out, in one pass or by OSS, as its report tells of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import FerryError
from .journal import Journal, PartRow


class Alone:
    """Is told of each part once it is done; by threads, too."""

    def __init__(self) -> None:
        self.rows: list[PartRow] = []
        self._since = time.monotonic()
        self._sends = 0
        self._streams: dict[int, int] = {}
        self._lock = threading.Lock()

    def next(self, number: int, size: int, sends: int) -> None:
        """A part that was begun when the last one was done; ``sends`` are those of all so far."""
        now = time.monotonic()
        self.rows.append((number, 1, self._since, now, size, sends - self._sends))
        self._since, self._sends = now, sends

    @contextmanager
    def beside(self, number: int, size: int) -> Iterator[None]:
        """A part that this thread copies, of several, in one request."""
        with self._lock:
            stream = self._streams.setdefault(threading.get_ident(), len(self._streams) + 1)
        began = time.monotonic()
        yield
        self.rows.append((number, stream, began, time.monotonic(), size, 1))


@contextmanager
def alone(journal: Journal | None, *, streams: int = 1, reads: int = 1) -> Iterator[Alone]:
    """One attempt to copy it all. ``reads`` are the requests to the source that it needs."""
    began, told = time.monotonic(), Alone()

    def tell(error: FerryError | None) -> None:
        if journal:
            now = time.monotonic()
            journal.alone(began, now, streams, tuple(told.rows), reads, error)

    try:
        yield told
    except FerryError as error:
        tell(error)
        raise
    tell(None)
