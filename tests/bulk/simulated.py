"""A job's records in memory, and children that do what a test says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ossferry.errors import FerryError
from ossferry.items.job import ItemsJob, ItemsResult
from ossferry.items.row import Row, Tally
from ossferry.jobs import BulkJob
from ossferry.ledger.head import Cursor, Head
from ossferry.names import ObjectName
from ossferry.sharing.gathering import Gathering
from ossferry.sharing.slices import ItemSlice, slices_of
from ossferry.sharing.supplied import Supplied
from ossferry.small.item import Item
from ossferry.stop import Stop
from ossferry.urls import Url

TARGET = ObjectName("cn-hangzhou", "my-bucket", "out/")


def row(number: int, outcome: str = "copied") -> Row:
    return {"item": number, "source": "", "key": f"out/{number}", "outcome": outcome, "size": 1}


@dataclass
class Records:
    """In place of ``State``."""

    results: dict[tuple[int, int], list[Row]] = field(default_factory=dict)
    partial: dict[tuple[int, int], list[Row]] = field(default_factory=dict)
    heads: list[Head] = field(default_factory=list)
    asked_to_stop: bool = False

    def head(self) -> Head | None:
        return self.heads[-1] if self.heads else None

    def is_taken_from(self, head: Head) -> bool:
        there = self.head()
        return there is not None and there.epoch > head.epoch

    def save(self, head: Head) -> None:
        self.heads.append(head)

    def result_url(self, epoch: int, number: int, *, partial: bool = False) -> Url:
        return Url(f"http://oss/{epoch}/{number}/{int(partial)}")

    def write_result(self, epoch: int, number: int, rows: Iterable[Row]) -> None:
        assert (epoch, number) not in self.results
        self.results[epoch, number] = list(rows)

    def rows(self, epoch: int, number: int, *, partial: bool = False) -> list[Row]:
        return (self.partial if partial else self.results).get((epoch, number), [])


class Cloud(NamedTuple):
    """As far as gathering needs one."""

    last_call: float
    deadline: float
    stop: Stop

    def caller(self) -> Callable[[bytes], bytes]:
        raise AssertionError


# What becomes of a job: a result, or an error; what is on record by then is up to it.
Child = Callable[[ItemsJob], ItemsResult]


class Pool:
    """In place of processes: a child is heard of at once, or in any order that is asked for."""

    def __init__(self, child: Child) -> None:
        self._child = child

    def submit(self, job: bytes) -> Future[bytes]:
        future: Future[bytes] = Future()
        try:
            result = self._child(ItemsJob.decode(json.loads(job)))
            future.set_result(json.dumps(result.to_json()).encode())
        except FerryError as error:
            future.set_exception(error)
        return future


def supply(count: int, rows: Iterable[int] = ()) -> list[Supplied]:
    known = {*rows}
    return [
        Supplied(row(n, "skipped") if n in known else Item(n, {}), Cursor(n))
        for n in range(1, count + 1)
    ]


def gathering(
    records: Records,
    child: Child,
    *,
    most: int = 4,
    seconds: float = 60.0,
    head: Head | None = None,
) -> Gathering:
    until = time.monotonic() + seconds
    cloud: Any = Cloud(until, until + 1, Stop())
    state: Any = records

    def own(job: ItemsJob, go_on: Callable[[], bool]) -> ItemsResult:
        go_on()
        try:
            return child(job)
        except FerryError:  # which are what is told of children: here nothing got done
            return ItemsResult(Tally(), tuple(item.number for item in job.items), job.rows)

    return Gathering(BulkJob(TARGET), head or Head("id", 0.0), state, cloud, own, most)


def slices(count: int, size: int, rows: Iterable[int] = (), first: int = 1) -> list[ItemSlice]:
    """Each of them a window of its own."""
    known = supply(count, rows)
    pieces = [known[start : start + size] for start in range(0, count, size)]
    return [
        each._replace(number=number, window=number - first, cursor=piece[-1].cursor)
        for number, piece in enumerate(pieces, first)
        for each in slices_of(iter(piece), size)
    ]


def number_of(job: ItemsJob) -> tuple[int, int]:
    assert job.result
    _, epoch, number, _ = job.result.target.split("/")
    return int(epoch), int(number)


def done(
    records: Records, job: ItemsJob, items: Iterable[Item], *, record: bool = True
) -> ItemsResult:
    """What a child answers that got these items done, and records as one does."""
    rows: list[Mapping[str, Any]] = [*job.rows, *(row(item.number) for item in items)]
    known = {each["item"] for each in rows}
    left = tuple(item.number for item in job.items if item.number not in known)
    place = number_of(job)
    if record:
        (records.partial if left else records.results)[place] = [dict(each) for each in rows]
    told = () if record and not left else rows
    return ItemsResult(Tally.sum([dict(each) for each in rows]), left, told, 1.0)
