"""Ends what other threads are doing, also while they sleep or wait for a socket."""

from __future__ import annotations

import threading
from collections.abc import Callable


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

    def then(self, action: Callable[[], None]) -> None:
        """Do ``action`` when the stop is set; at once if it is already."""
        with self._lock:
            if not self._event.is_set():
                self._actions.append(action)
                return
        action()
