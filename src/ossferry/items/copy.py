"""Copies the items of one job, many at once, and records what came of each.

Begins with few streams and takes more as long as that moves more items. Large items come last, one
after another, by the callable that is given: each has the instance, and children, for itself.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from typing import NamedTuple

from ..context import Context
from ..copying.upload import Uploader
from ..errors import (
    FerryError,
    InternalError,
    InvalidEvent,
    OutOfTime,
    SourceBusy,
    Stopped,
    TargetError,
    Unfinished,
)
from ..events.request import transfer_of
from ..http.netguard import NetGuard
from ..jobs import TransferJob
from ..log import log, sample
from ..names import ObjectName
from ..retry import DEFAULT_POLICY, call
from ..settings import Settings
from ..source.expiry import expires_at
from ..stop import Stop
from ..urls import Url
from .job import Item, ItemsJob, ItemsResult, asked_besides
from .one import Hands, Memory, has_query, shown
from .queue import Queue
from .row import Row, Tally, row_of

# Copies a large item, and gives the reply of a transfer.
Transfer = Callable[[TransferJob], dict[str, object]]

FIRST, MOST = 16, 64  # streams
_LOOK = 0.25  # seconds between looks whether more streams are worth it
_BETTER = 1.15  # times as many items, for twice as many streams
_RECORD = 3.0  # seconds between records of what is done so far
_ATTEMPTS = 4
_BUSY_ATTEMPTS = 40  # that an item gets whose host says that it is busy
_MARGIN = 3.0  # seconds that recording the result takes
_RECORDING = 10.0  # seconds that a record gets; one of many matters less than what it holds up


class _Asked(NamedTuple):
    item: Item
    job: TransferJob

    @property
    def host(self) -> str:
        source = self.job.source
        return source.bucket if isinstance(source, ObjectName) else source.host_header


class Copying:
    """One job under way. ``rows`` are what is known so far."""

    def __init__(
        self, job: ItemsJob, context: Context, settings: Settings, guard: NetGuard, stop: Stop
    ) -> None:
        self._job = job
        self._context = context
        self._settings = settings
        self._guard = guard
        self._stop = stop
        self._began = time.monotonic()
        self.deadline = self._began + max(0.0, job.seconds - _MARGIN)
        self._lock = threading.Lock()
        self.rows: list[Row] = [dict(row) for row in job.rows]
        self._attempts: dict[int, int] = {}
        self._large: list[_Asked] = []
        self._hands: list[Hands] = []
        self._progress, self._reused, self._ended = False, 0, False

    def run(self, transfer: Transfer, beat: Callable[[], bool] = lambda: True) -> ItemsResult:
        """``beat`` is asked several times a second, during small items, whether to go on."""
        asked = sorted(self._readable(), key=_soonest)
        memory, queue = Memory(), Queue(asked, lambda each: each.host, time.monotonic)
        threads: list[threading.Thread] = []

        def start(count: int) -> None:
            for _ in range(min(count, len(asked)) - len(threads)):
                hands = Hands(
                    self._context,
                    self._settings,
                    self._guard,
                    memory,
                    self.deadline,
                    self._stop.wait,
                )
                self._hands.append(hands)
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
        if self._large and not self._over:
            self._record_so_far()
        for asked_last in self._large:
            self._copy_large(asked_last, transfer)
        return self._result()

    def _grow(
        self, start: Callable[[int], None], queue: Queue[_Asked], beat: Callable[[], bool]
    ) -> None:
        """Until all is done, or time is up: twice as many streams while that pays."""
        width, rate, recorded = FIRST, 0.0, time.monotonic()
        start(width)
        before, since, judged = len(self.rows), time.monotonic(), False
        while not queue.wait(_LOOK) and not self._over:
            self._ended = not beat()
            now, done = time.monotonic(), len(self.rows)
            if now - recorded > _RECORD:
                recorded = now
                self._record_so_far()
            if judged or done - before < width:
                continue
            now_rate = (done - before) / (now - since)
            judged = width >= MOST or now_rate < rate * _BETTER
            if not judged:
                width = min(MOST, width * 2)
                start(width)
            rate, before, since = now_rate, done, now

    def _readable(self) -> Iterable[_Asked]:
        """The items as jobs; one that is none fails by itself."""
        for item in self._job.items:
            try:
                event = {**self._job.common, **item.event}
                yield _Asked(item, transfer_of(event, self._context.region))
            except InvalidEvent as error:
                self._tell(_failed(item, error, 0.0, 1))

    def _work(self, hands: Hands, queue: Queue[_Asked]) -> None:
        """The life of a stream."""
        with closing(hands):
            while (asked := queue.take()) is not None:
                busy = self._attempt(hands, asked)
                if busy is None:
                    queue.done(asked)
                elif not self._again(queue, asked, busy):
                    self._fail(asked, busy, time.monotonic())
                    queue.done(asked, served=False)

    def _again(self, queue: Queue[_Asked], asked: _Asked, busy: SourceBusy) -> bool:
        if self._over or self._attempts[asked.item.number] >= _BUSY_ATTEMPTS:
            return False
        return queue.again(asked, busy.retry_after or random.uniform(0.2, 1.0))  # noqa: S311

    def _attempt(self, hands: Hands, asked: _Asked) -> SourceBusy | None:
        """None if the item is through; else what its host said that is busy. What OSS does not do
        has been tried often enough."""
        began, number = time.monotonic(), asked.item.number
        attempts = self._attempts[number] = self._attempts.get(number, 0) + 1
        try:
            row = hands.copy(asked.item, asked.job)
        except SourceBusy as error:
            return error
        except FerryError as error:
            mend = error.retryable and not isinstance(error, TargetError)
            if mend and attempts < _ATTEMPTS and not self._over:
                self._stop.wait(random.uniform(0, 0.2 * 2**attempts))  # noqa: S311
                return self._attempt(hands, asked)
            self._fail(asked, error, began)
        except Exception as error:
            self._fail(asked, InternalError(f"a stream failed: {type(error).__name__}"), began)
        else:
            if row is None:
                self._large.append(asked._replace(job=hands.large or asked.job))
            else:
                seconds = round(time.monotonic() - began, 3)
                self._tell({**row, "seconds": seconds, "attempts": attempts})
        return None

    @property
    def _over(self) -> bool:
        return self._ended or self._stop.is_set() or time.monotonic() >= self.deadline

    def _fail(self, asked: _Asked, error: FerryError, began: float) -> None:
        if self._over and (error.retryable or isinstance(error, (OutOfTime, Stopped))):
            return  # how it ended says nothing of source or OSS
        attempts = self._attempts[asked.item.number]
        self._tell(_failed(asked.item, error, time.monotonic() - began, attempts, asked.job))

    def _copy_large(self, asked: _Asked, transfer: Transfer) -> None:
        began, item, job = time.monotonic(), asked.item, asked.job
        if self._over:
            return
        try:
            reply = transfer(job)
        except (OutOfTime, Stopped) as error:
            if isinstance(error, Unfinished):
                self._progress, self._reused = error.progress, error.reused
            return  # what is done of it is on record, and somebody goes on
        except FerryError as error:
            self._tell(_failed(item, error, time.monotonic() - began, 1, job))
        else:
            there: dict[str, object] = reply["object"]  # type: ignore[assignment]
            outcome, crc = str(reply["status"]), there["crc64"]
            row = row_of(item.number, shown(job), job.target.key, outcome, query=has_query(job))
            seconds = round(time.monotonic() - began, 3)
            self._tell({**row, "size": there["size"], "crc64": crc, "seconds": seconds})
        self._record_so_far()

    def _tell(self, row: Row) -> None:
        with self._lock:
            self.rows.append(row)
        sample("item.done", item=row["item"], outcome=row["outcome"], key=row["key"])

    def _result(self) -> ItemsResult:
        tally = Tally.sum(self.rows)._replace(
            source_requests=sum(hands.source_requests for hands in self._hands),
            oss_requests=sum(hands.oss_requests for hands in self._hands),
        )
        done = {row["item"] for row in self.rows}
        left = tuple(item.number for item in self._job.items if item.number not in done)
        until = self.deadline + _MARGIN
        recorded = self._record(self._job.partial if left else self._job.result, self.rows, until)
        rows = () if recorded and not left else tuple(self.rows)
        seconds = time.monotonic() - self._began
        return ItemsResult(tally, left, rows, seconds, self._progress, self._reused)

    def _record_so_far(self) -> None:
        with self._lock:
            rows = tuple(self.rows)
        self._record(self._job.partial, rows, self.deadline)

    def _record(self, url: Url | None, rows: Sequence[Row], until: float) -> bool:
        """Have OSS keep the rows; whether it does."""
        until = min(until, time.monotonic() + _RECORDING)
        if url is None or not rows:
            return url is not None
        content = memoryview(lines_of(rows))

        def put() -> None:
            with closing(Uploader(until)) as uploader:
                uploader.begin(url, {}, len(content))
                uploader.send(content)
                uploader.finish()

        try:
            call(put, DEFAULT_POLICY, deadline=until)
        except FerryError as error:
            log("items.not_recorded", "warning", error_type=error.type, error=error.message)
            return False
        return True


_JSON = json.JSONEncoder(ensure_ascii=False)


def lines_of(rows: Iterable[Row]) -> bytes:
    """JSON Lines."""
    text = "".join(f"{_JSON.encode(row)}\n" for row in rows)
    # Half of a surrogate pair becomes the escape that JSON has for it.
    return text.encode("utf-8", "backslashreplace")


def _soonest(asked: _Asked) -> float:
    """Signed URLs that end soonest go first."""
    source = asked.job.source
    return float("inf") if isinstance(source, ObjectName) else expires_at(source) or float("inf")


def _failed(
    item: Item, error: FerryError, seconds: float, attempts: int, job: TransferJob | None = None
) -> Row:
    key = job.target.key if job else str(item.event.get("target_object_name", ""))[:1023]
    source = shown(job) if job else ""
    return row_of(
        item.number,
        source,
        key,
        "failed",
        seconds=seconds,
        attempts=attempts,
        error=error,
        query="source_headers" in item.event or (job is not None and has_query(job)),
        asked=asked_besides(item),
    )
