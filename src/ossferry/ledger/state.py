"""What a job of many items keeps in OSS: its head, and what came of its items.

OSS has no compare-and-swap. So whoever takes a job over begins an epoch of its own, whose results
have names that nobody else writes, and counts of the epochs before what was there when it began.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from ..copying.upload import Uploader
from ..errors import ObjectExists
from ..items.row import Row, Tally, lines_of
from ..log import log
from ..retry import DEFAULT_POLICY, call
from ..urls import Url
from .head import (
    RUNNING,
    WAITING,
    Head,
    due_name,
    epoch_name,
    folder_of,
    head_name,
    last_name,
    read_result_name,
    result_name,
    results_of,
    stop_name,
)

if TYPE_CHECKING:
    from ..oss.bucket import Bucket

_OF_A_ROW = {"item", "source", "key", "outcome"}
_JSON = {"Content-Type": "application/json"}
_MOMENT = 10.0  # seconds from claiming an epoch to the head that says so, with much to read between


class State:
    """That of one job, whether it has begun or not."""

    def __init__(self, bucket: Bucket, job_id: str) -> None:
        self._bucket = bucket
        self.id = job_id

    def remember(self, digest: str) -> None:
        """Note that this is the last job that was begun of what has this digest."""
        self._bucket.write(last_name(digest), json.dumps(self.id).encode())

    def of(self, job_id: str) -> State:
        """That of another job in the same bucket."""
        return State(self._bucket, job_id)

    def now(self) -> float:
        return self._bucket.now()

    def head(self) -> Head | None:
        found = self._bucket.read(head_name(self.id))
        return Head.decode(found[0]) if found else None

    def written(self) -> float:
        """When the head was last written, in epoch seconds; 0 if there is none."""
        found = self._bucket.read(head_name(self.id))
        return found[1] if found else 0.0

    def create(self, head: Head) -> bool:
        """Begin the job; False if somebody else has."""
        return self._create(head_name(self.id), head.encode())

    def _create(self, name: str, content: bytes) -> bool:
        """Whether this is the first object of that name, also if OSS's answer was lost: ``content``
        is what nobody else would write."""
        headers = {**_JSON, "x-oss-forbid-overwrite": "true"}

        def put() -> None:
            with closing(Uploader(self._bucket.deadline)) as uploader:
                uploader.begin(self._bucket.put_url(name, headers), headers, len(content))
                uploader.send(memoryview(content))
                uploader.finish()

        try:
            call(put, DEFAULT_POLICY, deadline=self._bucket.deadline)
        except ObjectExists:
            there = self._bucket.read(name)
            return there is not None and there[0] == content
        return True

    def save(self, head: Head) -> None:
        self._bucket.write(head_name(self.id), head.encode())

    def save_due(self, head: Head, due: float) -> Head:
        """The head, with the moment at which somebody has to look after the job again (0: never).

        Its name is there before the head tells of it, and the one before it goes afterwards.
        """
        where = {"target_region": self._bucket.region, "target_bucket_name": self._bucket.name}
        if due:
            self._bucket.write(due_name(self.id, due), json.dumps(where).encode())
        saved = head._replace(due=due)
        self.save(saved)
        if head.due and int(head.due) != int(due):
            self._bucket.delete(due_name(self.id, head.due))
        return saved

    def is_taken_from(self, head: Head) -> bool:
        """Whether somebody has taken the job over from whoever has this head; or at the same
        moment, which a bucket with versioning does not prevent."""
        there = self.head()
        if there is None or there.epoch < head.epoch:
            return False
        return there.epoch > head.epoch or there.request_ids[-1:] != head.request_ids[-1:]

    def ask_to_stop(self) -> None:
        self._bucket.write(stop_name(self.id), b"{}")

    @property
    def asked_to_stop(self) -> bool:
        return self._bucket.read(stop_name(self.id)) is not None

    def result_url(self, epoch: int, number: int, *, partial: bool = False) -> Url:
        return self._bucket.put_url(result_name(self.id, epoch, number, partial=partial), {})

    def write_result(self, epoch: int, number: int, rows: Iterable[Row]) -> None:
        self._bucket.write(result_name(self.id, epoch, number), lines_of(rows))

    def results(self) -> list[tuple[int, int, bool]]:
        """Epoch, slice and whether it is partial, of all that there are, in this order."""
        names = (name for name, _ in self._bucket.names(results_of(self.id)))
        return [found for name in names if (found := read_result_name(name))]

    def rows(self, epoch: int, number: int, *, partial: bool = False) -> list[Row]:
        """What came of the items of a slice; nothing where that is not on record."""
        found = self._bucket.read(result_name(self.id, epoch, number, partial=partial))
        return [*read_rows(found[0])] if found else []

    def name_of(self, file: str) -> str:
        """That of a part of the report."""
        return f"{folder_of(self.id)}{file}"

    def take_over(
        self, head: Head, request_id: str, patience: float = _MOMENT
    ) -> tuple[Head, list[Row]] | None:
        """The head of a new epoch, and the rows on record beyond the cursor; None if somebody else
        takes it over just now.

        Those are written once more, as result 0 of the new epoch: what the children of the old one
        may still record counts no more. Where a round was done there are none. Who claimed an epoch
        and died before the head said so is given a moment, and then passed over.
        """
        epoch = head.epoch + 1
        while not self._create(epoch_name(self.id, epoch), json.dumps(request_id).encode()):
            if self._is_begun(epoch, patience):
                return None
            epoch += 1
        rows = [] if head.status == WAITING else self._beyond(head)
        if rows:
            self.write_result(epoch, 0, rows)
        taken = head.next_epoch(epoch, request_id, Tally.sum(rows))
        self.save(taken)
        log("bulk.taken_over", epoch=epoch, found=len(rows), at=head.cursor.number)
        return taken, rows

    def _beyond(self, head: Head) -> list[Row]:
        """What is on record beyond the cursor."""
        found: dict[object, Row] = {}
        for old, number, partial in self.results():
            if old == head.epoch and (number == 0 or number >= head.next_slice):
                for row in self.rows(old, number, partial=partial):
                    found.setdefault(row["item"], row)
        return [*found.values()]

    def _is_begun(self, epoch: int, patience: float) -> bool:
        """Whether the head tells of an epoch within so many seconds."""
        until = time.monotonic() + patience
        while True:
            head = self.head()
            if head is not None and head.epoch >= epoch:
                return True
            if time.monotonic() >= until:
                return False
            time.sleep(min(0.5, patience))

    def is_alive(self, patience: float) -> bool:
        """Whether somebody writes the head within so many seconds."""
        before, until = self.written(), time.monotonic() + patience
        while time.monotonic() < until:
            time.sleep(1.0)
            head = self.head()
            if self.written() != before or head is None or head.status != RUNNING:
                return head is not None and head.status == RUNNING
        return False


def last_of(bucket: Bucket, digest: str) -> State | None:
    """The last job of what has this digest."""
    found = bucket.read(last_name(digest))
    named = _document(found[0]) if found else None
    return State(bucket, named) if isinstance(named, str) else None


def read_rows(content: bytes) -> Iterator[Row]:
    """Rows as they were recorded. A line that is none counts as not recorded."""
    for line in content.splitlines():
        row = _document(line)
        if isinstance(row, dict) and row.keys() >= _OF_A_ROW:
            yield row
        else:
            log("bulk.row_damaged", "warning")


def _document(text: bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
