"""Hands slices to children, and gathers what came of them, until there are none left.

What a child did not get done, or did not tell of, is handed out again, without what is on record.
The sum grows in the order of slices, so that a job that is interrupted needs to know no more than
where the first open one begins.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from itertools import chain, islice
from queue import Empty, SimpleQueue

from ..cloud import Cloud
from ..errors import (
    ChildFailed,
    ChildThrottled,
    FerryError,
    OutOfTime,
    Stopped,
)
from ..items.job import ItemsJob, ItemsResult, unread_row
from ..items.row import Tally
from ..jobs import BulkJob
from ..log import log
from ..spread.pool import ProcessPool
from .children import result_of
from .crew import Crew
from .head import Cursor, Head
from .slices import ItemSlice
from .state import State

_BEAT = 3.0  # seconds between two heads
_ATTEMPTS = 4  # that a slice gets
_GRACE = 10.0  # seconds that children get to end by themselves, if the job is to stop
_LEAST = 5.0  # seconds that a child has to have

# Copies items in this instance, and calls what it is given several times a second meanwhile.
Own = Callable[[ItemsJob, Callable[[], bool]], ItemsResult]


class Superseded(Exception):
    """Somebody else has taken the job over, or it was told to stop; the text says which."""


class Gathering:
    """One epoch of a job. ``head`` is what is on record, ``tally`` what is known."""

    def __init__(
        self,
        job: BulkJob,
        head: Head,
        state: State,
        cloud: Cloud,
        own: Own,
        most_children: int,
    ) -> None:
        self.head = head
        self.tally = head.sum
        self.invocations = 0
        self.partly = 0  # items that are done of slices that are not, and large ones that got on
        self.reused = 0  # parts of large items that an earlier invocation had copied
        self._job = job
        self._state = state
        self._cloud = cloud
        self._own = own
        self._most = most_children
        self._crew = Crew(most_children)
        self._news: SimpleQueue[tuple[ItemSlice, ItemsResult | FerryError]] = SimpleQueue()
        self._again: deque[ItemSlice] = deque()
        self._attempts: Counter[int] = Counter()
        self._through: dict[int, tuple[Cursor, Tally]] = {}
        self._open: dict[int, ItemSlice] = {}
        self._beat = time.monotonic()
        self._stopping = 0.0  # since when
        self._running = 0  # children
        self._exhausted = False

    def run(self, slices: Iterator[ItemSlice]) -> None:
        """Until all are done; ``OutOfTime`` if the invocation's time ends before."""
        if self.head.epochs:  # somebody may have wanted it to stop while nobody was at it
            self._beat = 0.0
            self._look_around()
        waiting = deque(islice(slices, 2))
        if len(waiting) < 2 or not self._most:
            return self._alone(chain(waiting, slices))
        pool: ProcessPool[bytes, bytes] = ProcessPool(self._cloud.caller(), self._most)
        with pool:
            self._together(chain(waiting, slices), pool)

    def _alone(self, slices: Iterator[ItemSlice]) -> None:
        for each in slices:
            left: ItemSlice | None = each
            while left is not None:
                self._raise_if_over()
                self._hand_out(left)
                left = self._by_itself(left, self._most)
                if left is not None and not self._has_time and not self._stopping:
                    raise OutOfTime("the function's time ended before the last item was done")
                self._look_around()

    def _together(self, slices: Iterator[ItemSlice], pool: ProcessPool[bytes, bytes]) -> None:
        each: ItemSlice | None
        while True:
            while self._running < self._crew.width and not self._crew.resting and self._has_time:
                if (each := self._next(slices)) is None:
                    break
                self._begin(each, pool)
                self._running += bool(each.items)
            if self._exhausted and not self._running and not self._again:
                return
            self._raise_if_over()
            if not self._running and self._crew.resting:
                # There may never be a child, and this instance has nothing else to do.
                if (each := self._next(slices)) is not None:
                    self._hand_out(each)
                    self._again_if_left(self._by_itself(each, 0))
                continue
            try:
                each, result = self._news.get(timeout=min(1.0, self._crew.resting or 1.0))
            except Empty:
                self._look_around()
                continue
            self._running -= 1
            self._heard(each, result)
            self._look_around()

    def _next(self, slices: Iterator[ItemSlice]) -> ItemSlice | None:
        each = self._again.popleft() if self._again else next(slices, None)
        self._exhausted = each is None
        return each

    def _begin(self, each: ItemSlice, pool: ProcessPool[bytes, bytes]) -> None:
        """Have a child do it; what needs no copying is only recorded."""
        self._hand_out(each)
        if not each.items:
            self._state.write_result(self.head.epoch, each.number, each.rows)
            self._done(each, Tally.sum(each.rows))
            return
        self.invocations += 1
        share = max(0, self._most // max(1, self._crew.width) - 1)
        future = pool.submit(self._job_of(each, share).encode())
        future.add_done_callback(lambda done: self._news.put((each, result_of(done))))

    def _hand_out(self, each: ItemSlice) -> None:
        self._open[each.number] = each
        last = max(self.head.handed_out, each.cursor.number)
        self.head = self.head._replace(handed_out=last)

    def _job_of(self, each: ItemSlice, children: int) -> ItemsJob:
        return ItemsJob(
            items=each.items,
            common=self._common,
            seconds=self._cloud.last_call - time.monotonic(),
            children=children,
            rows=each.rows,
            bulk=self.head.id,
            result=self._state.result_url(self.head.epoch, each.number),
            partial=self._state.result_url(self.head.epoch, each.number, partial=True),
        )

    @property
    def _common(self) -> dict[str, object]:
        target = self._job.target
        return {
            **self._job.common,
            "target_region": target.region,
            "target_bucket_name": target.bucket,
        }

    def _heard(self, each: ItemSlice, result: ItemsResult | FerryError) -> None:
        if isinstance(result, ChildThrottled):
            self.invocations -= 1
            self._crew.throttled()
            self._again.appendleft(each)
        elif isinstance(result, FerryError):
            self._failed(each, result)
        else:
            left = self._settled(each, result)
            if left is None:
                self._crew.done(len(each.items), result.seconds)
            self._again_if_left(left)

    def _again_if_left(self, each: ItemSlice | None) -> None:
        if each is not None:
            self._again.append(each)

    def _by_itself(self, each: ItemSlice, children: int) -> ItemSlice | None:
        """Copy it in this instance; what is left of it."""

        def go_on() -> bool:
            self._look_around()
            return not self._stopping

        return self._settled(each, self._own(self._job_of(each, children), go_on))

    def _settled(self, each: ItemSlice, result: ItemsResult) -> ItemSlice | None:
        """What is left of it; None if nothing is."""
        self.reused += result.reused
        if result.left:
            self.partly += len(each.items) - len(result.left) + result.progress
            known = {row["item"] for row in result.rows}
            items = tuple(item for item in each.items if item.number not in known)
            rows = tuple(dict(row) for row in result.rows)
            self._attempts[each.number] += len(items) == len(each.items)
            if self._attempts[each.number] >= _ATTEMPTS:
                self._given_up(
                    each._replace(items=items, rows=rows), OutOfTime("it takes too long")
                )
                return None
            return each._replace(items=items, rows=rows)
        if result.rows:  # the child could not record them
            self._state.write_result(self.head.epoch, each.number, map(dict, result.rows))
        self._done(each, result.tally)
        return None

    def _failed(self, each: ItemSlice, error: FerryError) -> None:
        self._attempts[each.number] += 1
        log(
            "child.failed",
            "warning",
            error_type=error.type,
            error=error.message,
            missing=len(each.items),
        )
        if not error.retryable and not isinstance(error, OutOfTime):
            raise error
        recorded = self._state.rows(self.head.epoch, each.number, partial=True)
        known = {row["item"]: row for row in (*each.rows, *recorded)}
        left = tuple(item for item in each.items if item.number not in known)
        self.partly += len(each.items) - len(left)
        each = each._replace(items=left, rows=tuple(known.values()))
        if self._attempts[each.number] >= _ATTEMPTS:
            self._given_up(each, error)
        else:
            self._again.append(each)

    def _given_up(self, each: ItemSlice, error: FerryError) -> None:
        """The items of a slice that no child survives fail, and the others go on."""
        told = ChildFailed(f"no child got it done: {error.message}")
        failed = [unread_row(item, told) for item in each.items]
        rows = [*each.rows, *failed]
        self._state.write_result(self.head.epoch, each.number, rows)
        self._done(each, Tally.sum(rows))

    def _done(self, each: ItemSlice, tally: Tally) -> None:
        self.tally = self.tally.plus(tally)
        del self._open[each.number]
        self._through[each.number] = each.cursor, tally
        head = self.head
        while head.next_slice in self._through:
            cursor, sums = self._through.pop(head.next_slice)
            head = head._replace(
                cursor=cursor, tally=head.tally.plus(sums), next_slice=head.next_slice + 1
            )
        self.head = head

    def _look_around(self) -> None:
        """Now and then: write the head, unless somebody else has, and see whether to stop."""
        if time.monotonic() - self._beat < _BEAT:
            return
        self._beat = time.monotonic()
        if self._state.is_taken_from(self.head):
            raise Superseded("another invocation has taken the job over")
        if self._state.asked_to_stop and not self._stopping:
            self._stopping = self._beat
        self._state.save(self.head)
        log(
            "bulk.progress",
            items=self.tally.items,
            failed=self.tally.failed,
            bytes=self.tally.bytes,
        )

    def settle_open(self) -> None:
        """Count what those have recorded who are given up: the job ends here."""
        for each in [*self._open.values()]:
            rows = [*each.rows, *self._state.rows(self.head.epoch, each.number, partial=True)]
            known = {row["item"]: row for row in rows}
            self._state.write_result(self.head.epoch, each.number, known.values())
            self._done(each, Tally.sum(known.values()))

    @property
    def _has_time(self) -> bool:
        return not self._stopping and time.monotonic() < self._cloud.last_call - _LEAST

    def _raise_if_over(self) -> None:
        if self._cloud.stop.is_set():
            raise Stopped("the function was stopped before the last item was done")
        if self._stopping and (not self._running or time.monotonic() > self._stopping + _GRACE):
            raise Superseded("stopped")
        if time.monotonic() >= self._cloud.deadline or (not self._running and not self._has_time):
            raise OutOfTime("the function's time ended before the last item was done")
