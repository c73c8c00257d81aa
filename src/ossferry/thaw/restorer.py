"""Asks OSS to restore objects: many at once, at the rate that an account may ask.

One instance asks for as many in a second as OSS restores, so this is no work for children.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeGuard

from ..context import Context
from ..errors import FerryError, OutOfTime, Stopped, TargetRefused
from ..names import ObjectName
from ..settings import Settings
from ..small.buckets import Buckets
from ..small.inside import is_same
from ..stop import Stop
from .rate import Rate
from .wish import Answer, Wish

_THREADS, _MOST_THREADS = 16, 64
_LAST = 5.0  # seconds before the deadline, in which nothing may be tried again any more


class Restorer:
    """``close`` ends its threads. ``requests`` counts what was sent."""

    def __init__(
        self,
        context: Context,
        settings: Settings,
        stop: Stop,
        deadline: float,
        threads: int = _THREADS,
    ) -> None:
        self._rate = Rate(settings.restores_per_second)
        self._stop = stop
        self._deadline = deadline
        self._allowed = False  # to restore anything at all
        self._local = threading.local()
        self._opened: list[Buckets] = []
        self._open: Callable[[], Buckets] = lambda: Buckets(context, settings, deadline, self._rest)
        self._threads = ThreadPoolExecutor(min(threads, _MOST_THREADS))

    @property
    def at_once(self) -> int:
        """How many to ask for together, so that it takes about a second."""
        return max(1, int(self._rate.per_second))

    @property
    def requests(self) -> int:
        return sum(buckets.requests for buckets in self._opened)

    def ask(self, wishes: Sequence[Wish]) -> list[Answer | FerryError]:
        """One answer to each. ``TargetRefused`` is raised if the role may not restore at all: that
        is what the first ones tell."""
        answers = [*self._threads.map(self._answer, wishes)]
        for answer in answers:
            if isinstance(answer, (OutOfTime, Stopped)):
                raise answer
        denied = [answer for answer in answers if _is_denied(answer)]
        if denied and len(denied) == len(answers) and not self._allowed:
            raise denied[0]
        self._allowed = self._allowed or len(denied) < len(answers)
        return answers

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        for buckets in self._opened:
            buckets.close()

    def _answer(self, wish: Wish) -> Answer | FerryError:
        try:
            self._raise_if_over()
            if wish.target and (found := self._as_it_is(wish, wish.target)):
                return found
            self._stop.wait(self._rate.turn())
            self._raise_if_over()
            direct = self._buckets.of(wish.source, read_only=True)
            return direct.restore(wish.source.key, wish.restore)
        except FerryError as error:
            if _is_denied(error):
                return TargetRefused(
                    f"{error.message}: give the function's role oss:RestoreObject there"
                )
            if error.retryable and time.monotonic() + _LAST >= self._deadline:
                return OutOfTime(f"the function's time ended while OSS was busy: {error.message}")
            return error

    def _raise_if_over(self) -> None:
        """Before a turn, so that those that are left do not each wait for one first."""
        if self._stop.is_set():
            raise Stopped("the function was stopped before the last object was asked for")
        if time.monotonic() >= self._deadline:
            raise OutOfTime("the function's time ended before the last object was asked for")

    def _as_it_is(self, wish: Wish, target: ObjectName) -> Answer | None:
        """Why nothing has to be restored for what is at the target; None if that has to be."""
        there = self._buckets.of(target, read_only=True).head(target.key)
        if there is None:
            return None
        if wish.keeps:
            return "kept"
        source = self._buckets.of(wish.source, read_only=True).head(wish.source.key)
        return "same" if source and is_same(there, source) else None

    def _rest(self, seconds: float) -> None:
        """Before a request is tried again: OSS was busy."""
        self._rate.refused()
        self._stop.wait(seconds)

    @property
    def _buckets(self) -> Buckets:
        """This thread's own."""
        found: Buckets | None = getattr(self._local, "buckets", None)
        if found is None:
            found = self._local.buckets = self._open()
            self._opened.append(found)
        return found


def _is_denied(answer: Answer | FerryError) -> TypeGuard[TargetRefused]:
    return isinstance(answer, TargetRefused) and "AccessDenied" in answer.message
