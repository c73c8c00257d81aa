"""Which item is next: hosts are served side by side, and left alone when they ask for it.

Everything that the streams of one instance share. One host that is slow holds as many streams as
are not needed by others; one that refuses is asked by half as many, after the time that it asks
for, and by more again as it serves them. One that only refuses is given up.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from .item import HostLimit

T = TypeVar("T")

_ROUNDS = 20  # pauses of a host after which nothing was served
_MANY = 1000.0  # requests at once: no limit
_LONGEST = 60.0  # an item waits no longer for its host than it would for an answer


@dataclass(slots=True)
class _Host(Generic[T]):
    waiting: deque[T] = field(default_factory=deque)
    running: int = 0
    limit: float = float("inf")  # at once
    resumes: float = 0.0
    refused: int = 0  # pauses, since it last served anything


class Queue(Generic[T]):
    """Each item is taken once, and then either ``done`` or given ``again``. Thread-safe."""

    def __init__(
        self,
        items: Iterable[T],
        host_of: Callable[[T], str],
        clock: Callable[[], float] = time.monotonic,
        known: Mapping[str, HostLimit] | None = None,
    ) -> None:
        """``known`` is what others found out about hosts that refused."""
        self._host_of = host_of
        self._clock = clock
        self._hosts: dict[str, _Host[T]] = {}
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._all_done = threading.Condition(self._lock)
        self._ended = False
        for item in items:
            self._hosts.setdefault(host_of(item), _Host()).waiting.append(item)
        for name, limit in (known or {}).items():
            if host := self._hosts.get(name):
                host.limit = max(1.0, limit.at_once)
                host.resumes = clock() + min(limit.pause, _LONGEST)
        self._open = sum(len(host.waiting) for host in self._hosts.values())

    def take(self) -> T | None:
        """The next item, as soon as its host may be asked; None when there will be none."""
        with self._lock:
            while self._open and not self._ended:
                now = self._clock()
                host = self._next(now)
                if host:
                    host.running += 1
                    return host.waiting.popleft()
                self._changed.wait(self._patience(now))
        return None

    def done(self, item: T, *, served: bool = True) -> None:
        """``served``: its host answered."""
        with self._lock:
            host = self._hosts[self._host_of(item)]
            host.running -= 1
            if served:
                host.limit += 1 / max(1.0, host.limit)  # by one, when as many have been served
                host.refused = 0
            self._open -= 1
            self._changed.notify()
            if not self._open:
                self._changed.notify_all()
                self._all_done.notify_all()

    def again(self, item: T, pause: float) -> bool:
        """Its host serves no more at once than it does now, and is left alone for so many seconds;
        others of its items come first. False if it is given up: then the item is to be ``done``.
        """
        with self._lock:
            host, now = self._hosts[self._host_of(item)], self._clock()
            if host.refused >= _ROUNDS:
                return False
            host.running -= 1
            host.limit = max(1.0, min(host.limit, host.running + 1) / 2)
            # Those that it refuses at once are one refusal.
            host.refused += now >= host.resumes
            host.resumes = max(host.resumes, now + min(pause, _LONGEST))
            host.waiting.append(item)
            self._changed.notify()
        return True

    def drop(self) -> None:
        """What is taken is done, again if need be; what is not is no more to be done."""
        with self._lock:
            for host in self._hosts.values():
                self._open -= len(host.waiting)
                host.waiting.clear()
            self._changed.notify_all()
            self._all_done.notify_all()

    def end(self) -> None:
        """Nothing is begun any more."""
        with self._lock:
            self._ended = True
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Until all is done, or so many seconds; whether it is."""
        with self._lock:
            return self._all_done.wait_for(lambda: not self._open, seconds)

    def limits(self) -> dict[str, HostLimit]:
        """Of hosts that refused, here or before."""
        with self._lock:
            now = self._clock()
            return {
                name: HostLimit(host.limit, max(0.0, host.resumes - now))
                for name, host in self._hosts.items()
                if host.limit < _MANY
            }

    def _next(self, now: float) -> _Host[T] | None:
        """Of the hosts that may be asked, the one that is asked least."""
        able = [
            host
            for host in self._hosts.values()
            if host.waiting and host.resumes <= now and host.running + 1 <= host.limit
        ]
        return min(able, key=lambda host: host.running, default=None)

    def _patience(self, now: float) -> float:
        """Seconds until a host that is left alone may be asked again."""
        later = [host.resumes - now for host in self._hosts.values() if host.waiting]
        return max(0.01, min((each for each in later if each > 0), default=1.0))
