"""Keeps the record of a transfer up to date without anybody waiting for it.

A thread of its own writes the latest state, at a pace that leaves time for the copying, and writes
it again when there was nothing new for a while: a sweep goes by the age of a record, and takes one
that is not refreshed for abandoned.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .record import Record

# Seconds after which a record is written again as it is. The youngest age that a sweep goes by,
# besides none at all, is an hour.
REFRESH = 600.0
# Seconds between two records at the least; and so many times what the last one took, because a long
# record costs an instance time in which it could copy.
_INTERVAL = 2.0
_TIMES = 10.0
# What the end of a transfer waits for a write in progress; its last words have to fit into what a
# coordinator keeps back of its time.
_PATIENCE = 2.0
# Longer than the write in progress of a recorder that is late, as a rule.
_LATE_PATIENCE = 5.0

# Threads of recorders whose end was not waited for any longer.
_late: set[threading.Thread] = set()


def wait_for_late(patience: float = _LATE_PATIENCE) -> None:
    """Whoever is about to fork waits for what earlier transfers of the instance left behind.

    A process inherits every lock that a thread holds, and never sees it released. The wait is
    bounded: a write that hangs for longer is nothing but waiting for a socket, with no lock held.
    """
    until = time.monotonic() + patience
    for thread in tuple(_late):
        thread.join(max(0.0, until - time.monotonic()))
        if not thread.is_alive():
            _late.discard(thread)


class Recorder:
    """``write`` puts a record where it lies, and says whether it could; it may take long. What it
    has put there is told to ``wrote``, which may take long as well, unless it is the last.

    The thread is started by ``keep_alive`` only: never before the last process is forked.
    """

    def __init__(
        self,
        write: Callable[[Record], bool],
        wrote: Callable[[Record], object] = lambda record: None,
        *,
        refresh: float = REFRESH,
        patience: float = _PATIENCE,
        interval: float = _INTERVAL,
    ) -> None:
        self._write = write
        self._wrote = wrote
        self._refresh = refresh
        self._patience = patience
        self._interval = interval
        self._changed = threading.Condition()
        self._look: Callable[[], Record] | None = None  # what gives a state that is not written
        self._latest: Record | None = None
        self._resume = 0.0  # when the next record may be written
        self._ending = False
        self._thread: threading.Thread | None = None
        self.written: Record | None = None  # what is known to be in OSS

    def begin(self, record: Record) -> None:
        """This is in OSS already."""
        self._latest = self.written = record
        self._resume = time.monotonic() + self._interval

    def tell(self, look: Callable[[], Record]) -> None:
        """There is something new, which ``look`` gives when it is time to write it, in another
        thread. Returns at once."""
        with self._changed:
            self._look = look
            self._changed.notify()

    def keep_alive(self) -> None:
        """From now on, write what is told, and refresh it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
            self._thread.start()

    def finish(self, record: Record | None) -> Record | None:
        """Write this as the last state, if any; what is known to be in OSS at the end.

        Waits a moment at the most: a write that takes longer ends unheard. Only the first call does
        anything.
        """
        if self._ending:
            return self.written
        if record is not None:
            self.keep_alive()
        with self._changed:
            self._look = None if record is None else lambda: record
            self._ending = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(self._patience)
            if self._thread.is_alive():
                _late.add(self._thread)
        return self.written

    def _run(self) -> None:
        ending = False
        while not ending:
            with self._changed:
                self._changed.wait_for(self._due, self._refresh)
                if self._look is not None:
                    self._changed.wait_for(lambda: self._ending, self._resume - time.monotonic())
                look, self._look = self._look, None
                ending = self._ending
            if look is not None or not ending:
                self._try(look() if look else self._latest)

    def _due(self) -> bool:
        return self._ending or self._look is not None

    def _try(self, record: Record | None) -> None:
        if record is None:
            return
        began = time.monotonic()
        self._latest = record
        if self._write(record):
            self.written = record
            if not self._ending:
                self._wrote(record)
        now = time.monotonic()
        self._resume = now + max(self._interval, (now - began) * _TIMES)
