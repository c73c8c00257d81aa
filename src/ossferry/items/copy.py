"""Copies the items of one job, and records what came of each.

The small ones many at once. Large items are copied by the callable that is given. In an instance
that is alone they come last, one after another: each has the instance, and children, for itself.
Where there are others, one at a time is copied beside the small ones, and the rest is told of.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import replace

from ..byte_range import MIB
from ..context import Context
from ..errors import FerryError, InvalidEvent, OutOfTime, SourceArchived, Stopped, Unfinished
from ..events.request import transfer_of
from ..http.netguard import NetGuard
from ..jobs import TransferJob
from ..names import ObjectName
from ..settings import Settings
from ..small.done import Done
from ..small.item import Item
from ..small.many import MOST, Asked, Many, Tried
from ..stop import Stop
from .job import ItemsJob, ItemsResult, asked_besides
from .row import Row, Tally, row_of
from .told import Told
from .waiting import history, refused_row

# Copies a large item, and gives the reply of a transfer.
Transfer = Callable[[TransferJob], dict[str, object]]

BESIDE = 64 * MIB  # bytes of a large item that one instance copies well enough
_OF_STREAM = 16 * MIB  # bytes of such an item that are worth another stream
_LOOK = 0.25  # seconds between looks whether there is a large one
_MARGIN = 3.0  # seconds that recording the result takes


class Copying:
    """One job under way. ``rows`` are what is known so far."""

    def __init__(
        self, job: ItemsJob, context: Context, settings: Settings, guard: NetGuard, stop: Stop
    ) -> None:
        self._job = job
        self._region = context.region
        self._began = time.monotonic()
        self.deadline = self._began + max(0.0, job.seconds - _MARGIN)
        self._many = Many(
            self._came, context, settings, guard, self.deadline, stop, hosts=job.hosts
        )
        self._told = Told(job, self.deadline)
        self._large: list[Asked] = []
        self._progress, self._reused = False, 0

    def run(self, transfer: Transfer, beat: Callable[[], bool] = lambda: True) -> ItemsResult:
        """``beat`` is asked several times a second, during small items, whether to go on."""

        def recording() -> bool:
            going_on = beat()
            self._told.record_now_and_then()
            return going_on

        if self._job.keeps_large:
            self._many.run(tuple(self._readable()), recording)
        else:
            with self._copying_beside(transfer):
                self._many.run(tuple(self._readable()), recording)
        large = self._large if self._job.keeps_large else []
        if large and not self._many.over:
            self._told.record_so_far()
        for asked_last in large:
            self._copy_large(asked_last, transfer)
        return self._result()

    def _readable(self) -> Iterable[Asked]:
        """The items as jobs; one that is none fails by itself."""
        for item in self._job.items:
            try:
                event = {**self._job.common, **item.event}
                yield Asked(item, transfer_of(event, self._region))
            except InvalidEvent as error:
                self._tell(_failed(item, error, 0.0, 1))

    def _came(self, asked: Asked, outcome: Done | FerryError | None, tried: Tried) -> None:
        attempts, seconds, _ = tried
        match outcome:
            case None:
                self._large.append(asked)
                if asked.size > BESIDE and not self._job.keeps_large:
                    self._many.leave_the_rest()  # whoever has this one should begin
            case Done():
                row = _row_of(asked, outcome)
                self._tell({**row, "seconds": round(seconds, 3), "attempts": attempts})
            case _:
                self._tell(self._refused(asked, outcome, seconds, attempts))

    @contextmanager
    def _copying_beside(self, transfer: Transfer) -> Iterator[None]:
        """Large items, one after another, as long as the block copies small ones; those that are
        not begun by then are for somebody else."""
        over = threading.Event()

        def copy() -> None:
            while not over.wait(_LOOK) and not self._many.over:
                if found := next((each for each in self._large if each.size <= BESIDE), None):
                    self._large.remove(found)
                    # No more than small items of the same bytes would have: they are beside it.
                    streams = min(found.job.streams or MOST, -(-found.size // _OF_STREAM))
                    job = replace(found.job, streams=max(1, streams))
                    self._copy_large(found._replace(job=job), transfer)

        thread = threading.Thread(target=copy_context().run, args=(copy,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _copy_large(self, asked: Asked, transfer: Transfer) -> None:
        began, item, job = time.monotonic(), asked.item, asked.job
        if self._many.over:
            return
        try:
            reply = transfer(job)
        except (OutOfTime, Stopped) as error:
            if isinstance(error, Unfinished):
                self._progress, self._reused = error.progress, error.reused
            return  # what is done of it is on record, and somebody goes on
        except FerryError as error:
            self._tell(self._refused(asked, error, time.monotonic() - began, 1))
        else:
            there: dict[str, object] = reply["object"]  # type: ignore[assignment]
            outcome, crc = str(reply["status"]), there["crc64"]
            row = row_of(item.number, job.shown, job.target.key, outcome, query=job.hides_some)
            row |= history(item)
            seconds = round(time.monotonic() - began, 3)
            self._tell({**row, "size": there["size"], "crc64": crc, "seconds": seconds})
        self._told.record_so_far()

    def _refused(self, asked: Asked, error: FerryError, seconds: float, attempts: int) -> Row:
        """That it failed, or waits to be restored once more."""
        restorable = isinstance(asked.job.source, ObjectName)
        waits = self._job.thaws and restorable and isinstance(error, SourceArchived)
        waiting = refused_row(asked.item) if waits else None
        return waiting or _failed(asked.item, error, seconds, attempts, asked.job)

    @property
    def rows(self) -> list[Row]:
        return self._told.rows

    def _tell(self, row: Row) -> None:
        self._told.tell(row)

    def _result(self) -> ItemsResult:
        tally = Tally.sum(self.rows)._replace(
            source_requests=self._many.source_requests, oss_requests=self._many.oss_requests
        )
        done = {row["item"] for row in self.rows}
        large = {} if self._job.keeps_large else {one.item.number: one.size for one in self._large}
        done |= {*large}
        left = tuple(item.number for item in self._job.items if item.number not in done)
        rows = self._told.end(self.deadline + _MARGIN, whole=not left)
        seconds = time.monotonic() - self._began
        known = self._progress, self._reused, large, self._many.hosts
        return ItemsResult(tally, left, rows, seconds, *known)


def _row_of(asked: Asked, done: Done) -> Row:
    job, info = asked.job, done.info
    return row_of(
        asked.item.number,
        job.shown,
        job.target.key,
        done.outcome,
        size=info.size if info else None,
        crc64=done.crc64,
        reason=done.reason,
        query=job.hides_some,
    ) | history(asked.item)


def _failed(
    item: Item, error: FerryError, seconds: float, attempts: int, job: TransferJob | None = None
) -> Row:
    key = job.target.key if job else str(item.event.get("target_object_name", ""))[:1023]
    source = job.shown if job else ""
    return row_of(
        item.number,
        source,
        key,
        "failed",
        seconds=seconds,
        attempts=attempts,
        error=error,
        query="source_headers" in item.event or (job is not None and job.hides_some),
        asked=asked_besides(item),
    ) | history(item)
