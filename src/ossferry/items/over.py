"""Gives the items of one job to a program, several at once, and records what came of each.

An item whose program is ended because the function has to end is told of only if it had about as
much time as an invocation has for one; else it is left, and a fresh invocation gives it all of its
own. What may pass is tried again after a while, so often and no more.
"""

from __future__ import annotations

import heapq
import random
import threading
import time
from collections.abc import Callable, Mapping
from contextvars import copy_context
from typing import Any

from ..byte_range import MIB
from ..cloud import Cloud
from ..context import Context
from ..errors import (
    FerryError,
    InternalError,
    InvalidEvent,
    OutOfTime,
    ProgramTooLong,
    Stopped,
)
from ..events.program import one_of
from ..gathered.many import Share
from ..jobs import ProgramJob
from ..log import log
from ..names import BULK_FOLDER, STOP_FILE
from ..programs.found import find, folders
from ..programs.program import over
from ..records.attempts import id_of
from ..settings import Settings
from ..small.item import Item
from ..stop import Stop
from .job import ItemsJob, ItemsResult, asked_besides, shown_source
from .row import DONE, Row, Tally, row_of
from .told import Told

_LOOK = 0.25  # seconds between looks whether to go on
_ASK = 2.0  # ... and at whether the job was told to stop
_MARGIN = 1.0  # seconds beyond the deadline that recording the result may take
_TRIES = 6  # that an item gets of which nothing came that would not pass
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)  # seconds between them, at the most
_MUCH = 0.7  # of what an invocation has for an item: more would not have helped
_BUFFERS = 16 * MIB  # of the streams that read the inputs of all items, each with one


class Over:
    """One job under way."""

    def __init__(self, job: ItemsJob, context: Context, settings: Settings, stop: Stop) -> None:
        self._began = time.monotonic()
        self._job = job
        self._stop = stop
        self._ending = Stop()
        self._cloud = Cloud(context, settings, self._ending)
        self._region = context.region
        # What holds for each of them is looked at before anybody is asked for anything.
        self._any, _ = _asked(_any(job.common), job.common, settings, "cn-hangzhou")
        self._program = find(self._any.program, folders(settings))
        streams = max(1, min(settings.streams, _BUFFERS // MIB // self._program.at_once))
        self._settings = settings._replace(streams=streams)
        then = self._any.then
        self._share = Share(self._program, self._any, then, self._cloud) if then else None
        self._told = Told(job, self._cloud.deadline)
        self._lock = threading.Lock()
        self._running = 0  # threads
        self._all_ended = threading.Event()
        self._longest = 0.0  # seconds of an item
        # When it may be begun, the how many-eth try that is, and the item.
        self._waiting = [(0.0, number, 1, item) for number, item in enumerate(job.items)]

    def run(self, beat: Callable[[], bool]) -> ItemsResult:
        """``beat`` is asked several times a second whether to go on."""
        self._running = count = min(self._program.at_once, len(self._job.items))
        threads = [
            threading.Thread(target=copy_context().run, args=(self._work,)) for _ in range(count)
        ]
        asked = self._began
        if not threads:
            self._all_ended.set()
        with self._stop.then(self._ending.set):
            for thread in threads:
                thread.start()
            try:
                while not self._all_ended.wait(_LOOK):
                    if not beat():
                        self._ending.set()
                    if time.monotonic() - asked > _ASK:
                        asked = time.monotonic()
                        self._look_for_stop()
                    self._told.record_now_and_then()
            finally:
                if not self._all_ended.is_set():
                    self._ending.set()
                for thread in threads:
                    thread.join()
        return self._result()

    def _look_for_stop(self) -> None:
        """A program may take much longer than anybody waits who was told to stop."""
        if not self._job.bulk:
            return
        try:
            bucket = self._cloud.bucket(self._any.target._replace(key=""))
            if bucket.read(f"{BULK_FOLDER}{self._job.bulk}/{STOP_FILE}") is not None:
                self._ending.set()
        except FerryError as error:
            log("items.stop_not_read", "warning", error_type=error.type, error=error.message)

    def _work(self) -> None:
        """The life of a thread: a program ends with the one that started it."""
        try:
            self._do_some()
        finally:
            with self._lock:
                self._running -= 1
                if not self._running:
                    self._all_ended.set()

    def _do_some(self) -> None:
        while (taken := self._take()) is not None:
            moment, attempt, item = taken
            self._ending.wait(max(0.0, moment - time.monotonic()))
            if self._ending.is_set() or not self._has_time:
                return
            self._do(item, attempt)

    def _take(self) -> tuple[float, int, Item] | None:
        with self._lock:
            if not self._waiting:
                return None
            moment, _, attempt, item = heapq.heappop(self._waiting)
            return moment, attempt, item

    @property
    def _has_time(self) -> bool:
        """For one more, as far as those before it tell."""
        now = time.monotonic()
        needed = min(self._longest, _at_most(self._cloud) / 2)
        return now + needed < self._cloud.last_call

    def _do(self, item: Item, attempt: int) -> None:
        began = time.monotonic()
        try:
            job, below = _asked(item, self._job.common, self._settings, self._region)
            reply = over(self._program, job, below, self._cloud, self._settings)
            if self._share:
                self._share.note(id_of(str(reply["record"])))
        except FerryError as error:
            self._failed(item, error, time.monotonic() - began, attempt)
        except Exception as error:
            failure = InternalError(f"a program could not be run: {type(error).__name__}")
            self._failed(item, failure, time.monotonic() - began, attempt)
        else:
            self._tell(_row_of(item, reply, time.monotonic() - began, attempt))

    def _failed(self, item: Item, error: FerryError, seconds: float, attempt: int) -> None:
        passes = error.retryable or isinstance(error, (OutOfTime, Stopped))
        if isinstance(error, Stopped) or (passes and self._ending.is_set()):
            return
        of_function = isinstance(error, ProgramTooLong) and error.of_function
        late = isinstance(error, OutOfTime) or of_function
        if late and seconds < _MUCH * _at_most(self._cloud):
            log("items.too_late", key=str(item.event.get("source_url")))
            return
        if error.retryable and attempt < _TRIES:
            pause = random.uniform(0.5, 1.0) * _PAUSES[attempt - 1]  # noqa: S311
            with self._lock:
                again = time.monotonic() + pause, item.number, attempt + 1, item
                heapq.heappush(self._waiting, again)
            return
        self._tell(_failed_row(item, error, seconds, attempt))

    def _tell(self, row: Row) -> None:
        self._longest = max(self._longest, row["seconds"])
        self._told.tell(row)

    def _result(self) -> ItemsResult:
        if self._share and time.monotonic() < self._cloud.last_call:
            self._share.count()
        known = {row["item"] for row in self._told.rows}
        left = tuple(each.number for each in self._job.items if each.number not in known)
        rows = self._told.end(self._cloud.deadline + _MARGIN, whole=not left)
        seconds = time.monotonic() - self._began
        return ItemsResult(Tally.sum(self._told.rows), left, rows, seconds)


_HEARD, _ENDING = 4.0, 12.0  # seconds: see ``items.child``, and ``programs.ending``


def _at_most(cloud: Cloud) -> float:
    """Seconds that the program of an item has which is the first of a fresh invocation's child."""
    left = cloud.timeout - cloud.reserve - max(0.0, cloud.reserve - _HEARD)
    return max(1.0, left - min(_ENDING, left * 0.2))


def _any(common: Mapping[str, Any]) -> Item:
    event = {
        "source_url": "oss://any/any",
        "target_object_name": f"{common.get('target_prefix')}any",
    }
    return Item(0, event)


def _asked(
    item: Item, common: Mapping[str, Any], settings: Settings, region: str
) -> tuple[ProgramJob, str]:
    """The item as the event of one, which can ask for no more than that; and its key behind the
    prefix, or what a list calls it."""
    prefix, key = str(common.get("target_prefix")), str(item.event.get("target_object_name"))
    if not key.startswith(prefix) or key == prefix:
        raise InvalidEvent("its name is not below the target")
    event = {
        "kind": "program",
        "program": common["program"],
        "parameters": common.get("parameters"),
        "source": item.event.get("source_url"),
        "target": f"oss://{common.get('target_bucket_name')}/{prefix}",
        "target_region": common.get("target_region"),
        "source_region": item.event.get("source_region"),
        "then": common.get("then"),
    }
    return one_of(event, settings, region), key.removeprefix(prefix)


def _row_of(item: Item, reply: Mapping[str, Any], seconds: float, attempts: int) -> Row:
    status = str(reply["status"])
    row = row_of(
        item.number,
        shown_source(item),
        str(item.event["target_object_name"]),
        DONE if status == "done" else "unchanged",
        size=reply["source"]["size"],
        seconds=seconds,
        attempts=attempts,
    )
    made = reply["outputs"]
    return row | {"outputs": made["count"], "bytes": made["size"], "record": reply["record"]}


def _failed_row(item: Item, error: FerryError, seconds: float, attempts: int) -> Row:
    return row_of(
        item.number,
        shown_source(item),
        str(item.event.get("target_object_name", ""))[:1023],
        "failed",
        size=item.size,
        seconds=seconds,
        attempts=attempts,
        error=error,
        asked=asked_besides(item),
    )
