"""Ends what other threads are doing, also while they sleep or wait for a socket."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stop:
    """Set once, by any thread. ``wait`` is a sleep that a stop ends."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._actions: list[Callable[[], None]] = []

    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        return self._event.wait(seconds)

    def set(self) -> None:
        with self._lock:
            self._event.set()
            actions, self._actions = self._actions, []
        for action in actions:
            action()

    @contextmanager
    def then(self, action: Callable[[], None]) -> Iterator[None]:
        """Do ``action`` if the stop is set while the block lasts; at once if it is already.

        What the action holds is let go of at the end of the block.
        """
        with self._lock:
            late = self._event.is_set()
            if not late:
                self._actions.append(action)
        if late:
            action()
        try:
            yield
        finally:
            with self._lock:
                if action in self._actions:
                    self._actions.remove(action)
