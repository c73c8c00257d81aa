"""Hands slices to children, and gathers what came of them, until there are none left.

What a child did not get done, or did not tell of, is handed out again, without what is on record.
What it found to be large becomes slices of its own.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from queue import Empty, SimpleQueue

from ..cloud import Cloud
from ..errors import ChildFailed, ChildThrottled, FerryError, OutOfTime, Stopped
from ..items.job import ItemsJob, ItemsResult, unread_row
from ..items.row import Tally
from ..jobs import BulkJob
from ..ledger.head import Head
from ..ledger.state import State
from ..log import log
from ..spread.pool import ProcessPool
from .beat import Beating
from .children import job_of, result_of
from .hosts import Hosts
from .progress import Progress
from .rounds import Rounds, halves
from .settling import settle
from .slices import ItemSlice, large_ones
from .turns import Turns

_BEAT = 3.0  # seconds between two heads
_ATTEMPTS = 4  # that a slice gets
_GRACE = 10.0  # seconds that children get to end by themselves, if the job is to stop
_LEAST = 5.0  # seconds that a child has to have
_FIRST_OF_PROGRAMS = 4  # children, which have machines of their own to work on

# Copies items in this instance, and calls what it is given several times a second meanwhile.
Own = Callable[[ItemsJob, Callable[[], bool]], ItemsResult]


class TakenOver(Exception):
    """Another invocation does the job now."""


class Stopping(Exception):
    """The job was told to stop, and nobody is at it any more."""


class Gathering:
    """One epoch of a job."""

    def __init__(
        self,
        job: BulkJob,
        head: Head,
        state: State,
        cloud: Cloud,
        own: Own,
        most_children: int,
        rounds: Rounds | None = None,
    ) -> None:
        """``rounds`` are those of a program, if items are given to one."""
        self.invocations = 0
        self.partly = 0  # items that are done of slices that are not, and large ones that got on
        self.reused = 0  # parts of large items that an earlier invocation had copied
        self.child_seconds = 0.0  # that children worked, who told of it
        self._job = job
        self._state = state
        self._cloud = cloud
        self._own = own
        self._most = most_children
        self._rounds = rounds
        self._progress = Progress(head)
        self._hosts = Hosts()
        self._turns = Turns(iter(()), most_children)
        self._news: SimpleQueue[tuple[ItemSlice, ItemsResult | FerryError]] = SimpleQueue()
        self._attempts: Counter[int] = Counter()
        self._sent: dict[int, Tally] = {}  # requests for slices that are not done
        self._beat = time.monotonic()
        self._stopping = 0.0  # since when

    @property
    def head(self) -> Head:
        """What is on record."""
        return self._progress.head

    @property
    def tally(self) -> Tally:
        """What is known."""
        return self._progress.tally

    @property
    def stopping(self) -> bool:
        """Whether the job was told to stop."""
        return bool(self._stopping)

    def sent(self, oss_requests: int) -> None:
        """Count requests that were sent for the job beside its slices."""
        self._progress.sent(oss_requests)

    def run(self, slices: Iterator[ItemSlice]) -> None:
        """Until all are done; ``OutOfTime`` if the invocation's time ends before."""
        if self.head.epochs:  # somebody may have wanted it to stop while nobody was at it
            self._beat = float("-inf")
            self.look_around()
            if self._stopping:  # before anybody looks for more
                raise Stopping
        slices = self._progress.numbered(slices)
        waiting = tuple(islice(slices, 2))
        if len(waiting) < 2 or not self._most:
            self._turns = Turns(chain(waiting, slices), 0)
            return self._alone()
        pool: ProcessPool[bytes, bytes] = ProcessPool(self._cloud.caller(), self._most)
        with pool:
            first = _FIRST_OF_PROGRAMS if self._rounds else None
            self._turns = Turns(chain(waiting, slices), self._most, first=first)
            self._together(pool)

    def _alone(self) -> None:
        while (each := self._turns.take()) is not None:
            self._raise_if_over()
            left = self._by_itself(each, self._most)
            if left is not None and not self._has_time and not self._stopping:
                raise OutOfTime("the function's time ended before the last item was done")
            self._again_if_left(left)
            self.look_around()

    def _together(self, pool: ProcessPool[bytes, bytes]) -> None:
        turns = self._turns
        while True:
            while self._has_time and (begun := turns.next()) is not None:
                self._begin(*begun, pool)
            if turns.over:
                return
            self._raise_if_over()
            if not turns.running and turns.resting:
                # There may never be a child, and this instance has nothing else to do.
                if (each := turns.take()) is not None:
                    self._again_if_left(self._by_itself(each, 0))
                continue
            try:
                each, result = self._news.get(timeout=min(1.0, turns.resting or 1.0))
            except Empty:
                self.look_around()
                continue
            if isinstance(result, ItemsResult):
                self._hosts.heard(result.hosts, turns.running)
            turns.ended(each)
            self._heard(each, result)
            self.look_around()

    def _begin(self, each: ItemSlice, children: int, pool: ProcessPool[bytes, bytes]) -> None:
        """Have a child do it; what needs no copying is only recorded."""
        self._progress.handed_out(each)
        if not each.items:
            self._state.write_result(self.head.epoch, each.number, each.rows)
            self._progress.done(each, Tally.sum(each.rows))
            return
        self.invocations += 1
        job = self._job_of(each, children)._replace(
            keeps_large=each.large, hosts=self._hosts.share(self._turns.running)
        )
        future = pool.submit(job.encode())
        future.add_done_callback(lambda done: self._news.put((each, result_of(done))))

    def _job_of(self, each: ItemSlice, children: int) -> ItemsJob:
        seconds = self._cloud.last_call - time.monotonic()
        return job_of(each, self._job, self.head, self._state, seconds, children)

    def _heard(self, each: ItemSlice, result: ItemsResult | FerryError) -> None:
        if isinstance(result, ChildThrottled):
            self.invocations -= 1
            self._turns.throttled(each)
        elif isinstance(result, FerryError):
            self._failed(each, result)
        else:
            self.child_seconds += result.seconds
            left = self._settled(each, result)
            if left is None:
                items = len(each.items) - len(result.large)
                self._turns.measured(each, items, result.tally.bytes, result.seconds)
            self._again_if_left(left)

    def _again_if_left(self, each: ItemSlice | None) -> None:
        if each is not None:
            self._turns.again(each)

    def _by_itself(self, each: ItemSlice, children: int) -> ItemSlice | None:
        """Copy it in this instance; what is left of it. The head is written all the while, or
        somebody would take this invocation for dead."""
        self._progress.handed_out(each)
        with Beating(self.look_around) as beating:
            job = self._job_of(each, children)
            result = self._own(job, lambda: beating.well and not self._stopping)
        return self._settled(each, result)

    def _settled(self, each: ItemSlice, result: ItemsResult) -> ItemSlice | None:
        """What is left of it; None if nothing is."""
        self.reused += result.reused
        each = self._without_large(each, result.large)
        sent = self._sent.pop(each.number, Tally())
        if result.left:
            self._sent[each.number] = sent.plus(result.tally.requests)
            self.partly += len(each.items) - len(result.left) + result.progress
            known = {row["item"] for row in result.rows}
            items = tuple(item for item in each.items if item.number not in known)
            rows = tuple(dict(row) for row in result.rows)
            self._attempts[each.number] += len(items) == len(each.items)
            each = each._replace(items=items, rows=rows)
            if self._attempts[each.number] < _ATTEMPTS:
                return each
            self._given_up(each, OutOfTime("it takes too long"))
            return None
        if self._rounds and each.items:
            self._rounds.measured(len(each.items), result.seconds)
        if result.rows:  # the child could not record them
            self._state.write_result(self.head.epoch, each.number, map(dict, result.rows))
        self._progress.done(each, result.tally.plus(sent))
        return None

    def _without_large(self, each: ItemSlice, large: Mapping[int, int]) -> ItemSlice:
        """Those of its items that a child found to be large, with their sizes, become slices of
        their own; of its window, which is not through before they are."""
        found = [
            item._replace(size=large[item.number]) for item in each.items if item.number in large
        ]
        packed = (ItemSlice(0, some, (), each.window, large=True) for some in large_ones(found))
        self._turns.again(*self._progress.numbered(packed))
        return each._replace(items=tuple(item for item in each.items if item.number not in large))

    def _failed(self, each: ItemSlice, error: FerryError) -> None:
        self._attempts[each.number] += 1
        told = {"error_type": error.type, "error": error.message}
        log("child.failed", "warning", **told, missing=len(each.items))
        if not error.retryable and not isinstance(error, OutOfTime):
            raise error
        recorded = self._state.rows(self.head.epoch, each.number, partial=True)
        # Its answer may have got lost when all was on record.
        recorded += self._state.rows(self.head.epoch, each.number)
        known = {row["item"]: row for row in (*each.rows, *recorded)}
        left = tuple(item for item in each.items if item.number not in known)
        self.partly += len(each.items) - len(left)
        each = each._replace(items=left, rows=tuple(known.values()))
        several = self._rounds is not None and len(left) > 1
        if self._attempts[each.number] >= _ATTEMPTS and not several:
            self._given_up(each, error)
        elif several:
            # What has happened to all of them says little about those that are left alone.
            self._attempts[each.number] = 1
            first, *other = halves(each)
            self._turns.again(first, *self._progress.numbered(iter(other)))
        else:
            self._turns.again(each)

    def _given_up(self, each: ItemSlice, error: FerryError) -> None:
        """The items of a slice that no child survives fail, and the others go on."""
        told = ChildFailed(f"no child got it done: {error.message}")
        rows = [*each.rows, *(unread_row(item, told) for item in each.items)]
        self._state.write_result(self.head.epoch, each.number, rows)
        self._progress.done(each, Tally.sum(rows).plus(self._sent.pop(each.number, Tally())))

    def look_around(self) -> None:
        """Now and then: write the head, unless somebody else has, and see whether to stop."""
        if time.monotonic() - self._beat < _BEAT:
            return
        self._beat = time.monotonic()
        if self._state.is_taken_from(self.head):
            raise TakenOver
        if self._state.asked_to_stop and not self._stopping:
            self._stopping = self._beat
        self._state.save(self.head)
        log(
            "bulk.progress",
            items=self.tally.items,
            failed=self.tally.failed,
            bytes=self.tally.bytes,
        )

    def settle(self, rest: Iterator[ItemSlice] = iter(())) -> None:  # noqa: B008
        """The job ends here: count what is known of the open slices, and of the ``rest``."""
        settle(self._progress, self._state, rest)

    @property
    def _has_time(self) -> bool:
        least = self._rounds.least if self._rounds else _LEAST
        return not self._stopping and time.monotonic() < self._cloud.last_call - least

    def _raise_if_over(self) -> None:
        if self._cloud.stop.is_set():
            raise Stopped("the function was stopped before the last item was done")
        if self._stopping and (
            not self._turns.running or time.monotonic() > self._stopping + _GRACE
        ):
            raise Stopping
        if time.monotonic() >= self._cloud.deadline or (
            not self._turns.running and not self._has_time
        ):
            raise OutOfTime("the function's time ended before the last item was done")
