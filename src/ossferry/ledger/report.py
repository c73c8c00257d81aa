"""The report of a job: all results joined, in two forms, and what failed as a list of its own.

Written part by part, so that its length does not matter. A failure's row is an event again, but for
what no report keeps: the query of its URL.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from ..byte_range import MIB
from ..copying.copy_job import CopiedPart
from ..copying.stream import copied
from ..copying.upload import Uploader
from ..crc64 import crc64
from ..items.row import WAITING, Row
from ..jobs import BulkJob
from ..names import REPORT_FILES
from ..retry import DEFAULT_POLICY, call
from .head import Epoch, Head
from .state import State

if TYPE_CHECKING:
    from ..oss.bucket import Bucket
    from ..oss.multipart import Upload

_COLUMNS = (
    "item",
    "outcome",
    "source",
    "key",
    "size",
    "crc64",
    "seconds",
    "attempts",
    "storage_class",
    "restores",
    "restored_until",
    "cause",
    "error_type",
    "error",
)
_OF_PROGRAMS = ("outputs", "bytes", "record")  # ... behind the columns of those that copy
_OWN = ("asked", "look", "refused", "waits")  # what a row has for ossferry itself
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_PART = 4 * MIB
_AHEAD = 8  # results that are read at once


def write_report(
    job: BulkJob, head: Head, state: State, bucket: Bucket, *, stopped: bool = False
) -> dict[str, str]:
    """The names of its files. Idempotent."""
    columns = (*_COLUMNS, *(_OF_PROGRAMS if job.program else ()))
    writers: dict[str, Callable[[Row], bytes]] = {
        "report.jsonl": _line,
        "report.csv": partial(_csv_line, columns=columns),
        "failed.jsonl": partial(_again, job),
    }
    names = {file: state.name_of(file) for file in REPORT_FILES}
    files = {file: _Growing(bucket, names[file]) for file in REPORT_FILES}
    files["report.csv"].add(_csv_text(columns))
    try:
        for row in all_rows(head, state, stopped=stopped):
            for file, write in writers.items():
                files[file].add(write(row))
        for each in files.values():
            each.finish()
    except BaseException:
        for each in files.values():
            each.abort()
        raise
    return {file.replace(".", "_"): f"oss://{bucket.name}/{name}" for file, name in names.items()}


def all_rows(head: Head, state: State, *, stopped: bool = False) -> Iterator[Row]:
    """Each item's, once: what has come of it. With ``stopped`` also of those that wait."""
    for number in range(head.round + 1):
        rows = _rows_of(head, state, number)
        yield from (row for row in rows if row["outcome"] != WAITING)
    if stopped:
        yield from _still_waiting(head, state)


def _still_waiting(head: Head, state: State) -> Iterator[Row]:
    """Of the last round those that wait again, and of the one before those that nobody looked at
    in the last."""
    seen = set()
    for row in _rows_of(head, state, head.round):
        if head.round:
            seen.add((row["item"], row["key"]))
        if row["outcome"] == WAITING:
            yield row
    rest = waiting_rows(head, state) if head.round else iter(())
    yield from (row for row in rest if (row["item"], row["key"]) not in seen)


def waiting_rows(head: Head, state: State) -> Iterator[Row]:
    """Those of the round before, in the same order each time."""
    return (each for each in _rows_of(head, state, head.round - 1) if each["outcome"] == WAITING)


def _rows_of(head: Head, state: State, round_number: int) -> Iterator[Row]:
    """All that count of a round."""
    return (row for _, _, rows in _results_of(head, state, round_number) for row in rows)


def all_results(head: Head, state: State) -> Iterator[tuple[int, int, list[Row]]]:
    """Epoch, number and rows of each result that counts."""
    for number in range(head.round + 1):
        yield from _results_of(head, state, number)


def _results_of(
    head: Head, state: State, round_number: int
) -> Iterator[tuple[int, int, list[Row]]]:
    epochs = {each.number: each for each in head.epochs if each.round == round_number}
    present = head.epoch if round_number == head.round else None
    wanted = [
        (epoch, number)
        for epoch, number, is_partial in state.results()
        if not is_partial and (epoch == present or _counts(epochs.get(epoch), number))
    ]
    with ThreadPoolExecutor(_AHEAD) as threads:
        for start in range(0, len(wanted), _AHEAD):
            some = wanted[start : start + _AHEAD]
            found = threads.map(lambda each: state.rows(*each), some)
            yield from ((*each, rows) for each, rows in zip(some, found, strict=True))


def _counts(epoch: Epoch | None, number: int) -> bool:
    return epoch is not None and number < epoch.limit and (number > 0 or epoch.whole)


def _line(row: Row) -> bytes:
    told = {name: value for name, value in row.items() if name not in _OWN}
    return f"{json.dumps(told, ensure_ascii=False)}\n".encode("utf-8", "backslashreplace")


def _csv_line(row: Row, columns: tuple[str, ...] = _COLUMNS) -> bytes:
    return _csv_text(tuple(_guarded(row.get(name, "")) for name in columns))


def _guarded(cell: object) -> object:
    """A spreadsheet takes text like this for a formula, and a hostile server may have said it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell


def _csv_text(cells: tuple[object, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def _again(job: BulkJob, row: Row) -> bytes:
    if row["outcome"] != "failed" or not row["source"]:
        return b""
    event = {
        "source_url": row["source"],
        "target_object_name": str(row["key"]).removeprefix(job.target.key),
        **_besides(job, row),
        **({"query": True} if row.get("query") else {}),
    }
    told = {name: row[name] for name in ("item", "cause", "error_type", "error")}
    return _line({**event, **told})


def _besides(job: BulkJob, row: Row) -> Row:
    """What else the item asked for. ``always`` is what a listing said about what was there then."""
    asked = dict(row.get("asked", {}))
    if job.source and asked.get("overwrite") != "never":
        asked.pop("overwrite", None)
    return asked


class _Growing:
    """An object that is written from front to back: at one go if it is short."""

    def __init__(self, bucket: Bucket, name: str) -> None:
        self._bucket = bucket
        self._name = name
        self._held = bytearray()
        self._upload: Upload | None = None
        self._parts: list[CopiedPart] = []

    def add(self, content: bytes) -> None:
        self._held += content
        if len(self._held) >= _PART:
            self._send()

    def finish(self) -> None:
        if self._upload is None:
            return self._bucket.write(self._name, bytes(self._held))
        if self._held:
            self._send()
        self._upload.complete(self._parts, None, {})

    def abort(self) -> None:
        if self._upload is not None:
            self._upload.abort()

    def _send(self) -> None:
        if self._upload is None:
            # Of whoever was at it before; nobody else is at it now.
            for upload_id, _ in self._bucket.open_uploads(self._name):
                self._bucket.abort(self._name, upload_id)
            headers = {"Content-Type": "application/octet-stream"}
            self._upload = self._bucket.create(self._name, headers)
        number, held = len(self._parts) + 1, memoryview(bytes(self._held))
        put: Callable[[], CopiedPart] = partial(self._put, self._upload, number, held)
        self._parts.append(call(put, DEFAULT_POLICY, deadline=self._bucket.deadline))
        self._held.clear()

    def _put(self, upload: Upload, number: int, held: memoryview) -> CopiedPart:
        with closing(Uploader(self._bucket.deadline)) as uploader:
            uploader.begin(upload.part_url(number), {}, len(held))
            uploader.send(held)
            return copied(number, len(held), crc64(held), uploader.finish())
