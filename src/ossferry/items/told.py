"""What is known of the items of one job so far, and the records of it that OSS keeps."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import closing

from ..copying.upload import Uploader
from ..errors import FerryError
from ..log import log, sample
from ..retry import DEFAULT_POLICY, call
from ..urls import Url
from .job import ItemsJob
from .row import Row, lines_of

_RECORD = 3.0  # seconds between records of what is done so far
_RECORDING = 10.0  # seconds that a record gets; one of many matters less than what it holds up


class Told:
    """``rows`` are what is known; any thread may tell of one."""

    def __init__(self, job: ItemsJob, deadline: float) -> None:
        self._job = job
        self._deadline = deadline
        self._lock = threading.Lock()
        self._recorded = time.monotonic()
        self.rows: list[Row] = [dict(row) for row in job.rows]

    def tell(self, row: Row) -> None:
        with self._lock:
            self.rows.append(row)
        sample("item.done", item=row["item"], outcome=row["outcome"], key=row["key"])

    def record_now_and_then(self) -> None:
        if time.monotonic() - self._recorded > _RECORD:
            self.record_so_far()

    def record_so_far(self) -> None:
        self._recorded = time.monotonic()
        with self._lock:
            rows = tuple(self.rows)
        self._record(self._job.partial, rows, self._deadline)

    def end(self, until: float, *, whole: bool) -> Sequence[Row]:
        """Record all; the rows that the answer has to have: none, if the ``whole`` is on record."""
        recorded = self._record(self._job.result if whole else self._job.partial, self.rows, until)
        return () if recorded and whole else tuple(self.rows)

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
