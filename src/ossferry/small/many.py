"""Copies many small sources at once, over kept connections, and tells what came of each.

Begins with few streams and takes more as long as that moves more. Knows nothing of reports, records
and replies, and leaves what is large to whoever asked.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import NamedTuple

from ..context import Context
from ..errors import FerryError, InternalError, OutOfTime, SourceBusy, Stopped, TargetError
from ..http.netguard import NetGuard
from ..jobs import TransferJob
from ..settings import Settings
from ..source.expiry import expires_at
from ..stop import Stop
from ..urls import Url
from .done import Done
from .held import Memory
from .item import HostLimit, Item
from .one import Hands
from .queue import Queue

FIRST, MOST = 16, 64  # streams
_LOOK = 0.25  # seconds between looks whether more streams are worth it
_BETTER = 1.15  # times as many items, for twice as many streams
_ATTEMPTS = 4
_BUSY_ATTEMPTS = 40  # that an item gets whose host says that it is busy


class Asked(NamedTuple):
    item: Item
    job: TransferJob
    size: int = 0  # of one that is large, as far as it is known

    @property
    def host(self) -> str:
        source = self.job.source
        return source.host_header if isinstance(source, Url) else source.bucket


class Tried(NamedTuple):
    """How often, the seconds of the last attempt, and those since the first began."""

    attempts: int
    seconds: float
    in_all: float


# What came of one: an error; or None if it is no matter of one request each, and then the job may
# know more of it than what was asked. Of what the end overtook, nothing is told. Any thread's.
Tell = Callable[[Asked, "Done | FerryError | None", Tried], object]


class Many:
    """``deadline``, or ``stop``, ends it all, whoever hangs. ``most`` is how many streams there may
    be, and ``hosts`` what is known of those that refuse some; ``memory`` and ``as_transfer`` are as
    for ``Hands``."""

    def __init__(
        self,
        tell: Tell,
        context: Context,
        settings: Settings,
        guard: NetGuard,
        deadline: float,
        stop: Stop,
        *,
        most: int = MOST,
        memory: Memory | None = None,
        as_transfer: bool = False,
        hosts: Mapping[str, HostLimit] | None = None,
    ) -> None:
        self._tell = tell
        self._context = context
        self._settings = settings
        self._guard = guard
        self._deadline = deadline
        self._stop = stop
        self._most = min(MOST, most)
        self._as_transfer = as_transfer
        self._memory = memory or Memory()
        self._hands: list[Hands] = []
        self._attempts: dict[int, int] = {}
        self._begun: dict[int, float] = {}
        self._lock = threading.Lock()
        self._told = 0
        self._ended = False
        self._known = hosts or {}
        self._queue: Queue[Asked] | None = None

    @property
    def source_requests(self) -> int:
        return sum(hands.source_requests for hands in self._hands)

    @property
    def oss_requests(self) -> int:
        return sum(hands.oss_requests for hands in self._hands)

    @property
    def hosts(self) -> Mapping[str, HostLimit]:
        """Those that refused requests."""
        return self._queue.limits() if self._queue else {}

    @property
    def over(self) -> bool:
        return self._ended or self._stop.is_set() or time.monotonic() >= self._deadline

    def run(self, asked: Sequence[Asked], beat: Callable[[], bool] = lambda: True) -> None:
        """Returns when nothing is under way any more. ``beat`` is asked several times a second
        whether to go on."""
        asked = sorted(asked, key=_soonest)
        queue = self._queue = Queue(asked, lambda each: each.host, time.monotonic, self._known)
        threads: list[threading.Thread] = []

        def start(count: int) -> None:
            for _ in range(min(count, len(asked)) - len(threads)):
                hands = self._new_hands()
                threads.append(threading.Thread(target=self._work, args=(hands, queue)))
                threads[-1].start()

        with self._stop.then(queue.end):
            try:
                self._grow(start, queue, beat)
            finally:
                queue.end()
                for hands in self._hands if not queue.wait(0) else ():
                    hands.interrupt()
                for thread in threads:
                    thread.join()

    def leave_the_rest(self) -> None:
        """What is under way is done, and nothing else is begun."""
        if self._queue:
            self._queue.drop()

    def _new_hands(self) -> Hands:
        hands = Hands(
            self._context,
            self._settings,
            self._guard,
            self._memory,
            self._deadline,
            self._stop.wait,
            as_transfer=self._as_transfer,
        )
        self._hands.append(hands)
        return hands

    def _grow(
        self, start: Callable[[int], None], queue: Queue[Asked], beat: Callable[[], bool]
    ) -> None:
        """Until all is done, or time is up: twice as many streams while that pays."""
        width, rate = min(FIRST, self._most), 0.0
        start(width)
        before, since, judged = 0, time.monotonic(), False
        while not queue.wait(_LOOK) and not self.over:
            self._ended = not beat()
            now, done = time.monotonic(), self._told
            if judged or done - before < width:
                continue
            now_rate = (done - before) / (now - since)
            judged = width >= self._most or now_rate < rate * _BETTER
            if not judged:
                width = min(self._most, width * 2)
                start(width)
            rate, before, since = now_rate, done, now

    def _work(self, hands: Hands, queue: Queue[Asked]) -> None:
        """The life of a stream."""
        with closing(hands):
            while (asked := queue.take()) is not None:
                self._begun.setdefault(asked.item.number, time.monotonic())
                busy = self._attempt(hands, asked)
                if busy is None:
                    queue.done(asked)
                elif not self._again(queue, asked, busy):
                    self._came(asked, busy, time.monotonic())
                    queue.done(asked, served=False)

    def _again(self, queue: Queue[Asked], asked: Asked, busy: SourceBusy) -> bool:
        if self.over or self._attempts[asked.item.number] >= _BUSY_ATTEMPTS:
            return False
        return queue.again(asked, busy.retry_after or random.uniform(0.2, 1.0))  # noqa: S311

    def _attempt(self, hands: Hands, asked: Asked) -> SourceBusy | None:
        """None if the item is through; else what its host said that is busy. What OSS does not do
        has been tried often enough."""
        began, number = time.monotonic(), asked.item.number
        attempts = self._attempts[number] = self._attempts.get(number, 0) + 1
        try:
            done = hands.copy(asked.item, asked.job)
        except SourceBusy as error:
            return error
        except FerryError as error:
            mend = error.retryable and not isinstance(error, TargetError)
            if mend and attempts < _ATTEMPTS and not self.over:
                wait = random.uniform(0, 0.2 * 2**attempts)  # noqa: S311
                self._stop.wait(max(0.0, min(wait, self._deadline - time.monotonic())))
                return self._attempt(hands, asked)
            self._came(asked, error, began)
        except Exception as error:
            failure = InternalError(f"a stream failed: {type(error).__name__}")
            self._came(asked, failure, began)
        else:
            if done is None and hands.large is not None:
                asked = asked._replace(job=hands.large, size=hands.large_size)
            self._came(asked, done, began)
        return None

    def _came(self, asked: Asked, outcome: Done | FerryError | None, began: float) -> None:
        """Tell of it, unless it was overtaken: how it ended says nothing of source or OSS then."""
        if self.over and _may_be_the_end(outcome):
            return
        now, number = time.monotonic(), asked.item.number
        tried = Tried(self._attempts[number], now - began, now - self._begun[number])
        with self._lock:
            self._told += 1
        self._tell(asked, outcome, tried)


def _may_be_the_end(outcome: Done | FerryError | None) -> bool:
    error = outcome if isinstance(outcome, FerryError) else None
    return error is not None and (error.retryable or isinstance(error, (OutOfTime, Stopped)))


def _soonest(asked: Asked) -> float:
    """Signed URLs that end soonest go first."""
    source = asked.job.source
    return (expires_at(source) if isinstance(source, Url) else None) or float("inf")
