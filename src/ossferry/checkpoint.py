"""What a transfer has done so far, kept in OSS, so that any coordinator can go on with it.

One small object under ``.ossferry/`` in the target bucket per transfer that is under way: which
upload, and which of its parts were proven by a child. It is found again by what is copied where,
not by who does it. Only parts that the record proves *and* ListParts confirms are believed: a part
that only OSS knows may have been damaged on its way, without anybody left who noticed.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from .copy_job import CopiedPart
from .errors import NoSuchUpload, TargetError, Unfinished
from .events import FOLDER
from .expectations import identity
from .log import log
from .object_headers import at_creation

if TYPE_CHECKING:
    from .bucket import Bucket
    from .multipart import Upload
    from .transfer import Transfer

_VERSION = 1
_INTERVAL = 2.0  # seconds between records, at the least


@dataclass(frozen=True, slots=True)
class Resumed:
    """An upload that an earlier invocation opened, and the parts of it that need no copying."""

    upload: Upload
    part_size: int
    done: Mapping[int, CopiedPart]


class Checkpoint:
    """The record of one transfer.

    One that is not ``resumable``, because its source is read front to back, is recorded only for
    a sweep, under a name that nobody finds.
    """

    def __init__(self, transfer: Transfer, *, resumable: bool = True) -> None:
        self._bucket = transfer.bucket
        self._key = transfer.job.target.key
        self._size = transfer.source.size
        self.name = f"{FOLDER}{_digest(transfer) if resumable else uuid4().hex}.json"
        self._part_size = 0
        self._upload_id = ""
        self._written = 0.0

    def find(self) -> Resumed | None:
        """What an earlier invocation left of the same transfer, if its upload is still open."""
        record = _decoded(self._bucket.read(self.name))
        if record is None or record.size != self._size:
            return None
        try:
            listed = self._bucket.list_parts(self._key, record.upload_id)
        except NoSuchUpload:
            return None
        done = {
            part.number: part
            for part in record.parts
            if (there := listed.get(part.number))
            and (there.size, there.etag) == (part.size, part.etag)
            and there.crc64 in (None, part.crc64)
        }
        upload = self._bucket.upload(self._key, record.upload_id)
        self._part_size, self._upload_id = record.part_size, upload.id
        return Resumed(upload, record.part_size, done)

    def begin(self, upload: Upload, part_size: int = 0) -> None:
        self._part_size, self._upload_id = part_size, upload.id
        self.save({})

    def progressed(self, done: Mapping[int, CopiedPart]) -> None:
        """Record what is done, unless that was done a moment ago.

        What cannot be recorded now will be later, or copied again: no reason to end a transfer.
        """
        if time.monotonic() - self._written < _INTERVAL:
            return
        try:
            self.save(done)
        except TargetError as error:
            self._written = time.monotonic()
            log("checkpoint.not_written", name=self.name, reason=str(error))

    def save(self, done: Mapping[int, CopiedPart]) -> None:
        record = {
            "version": _VERSION,
            "key": self._key,
            "size": self._size,
            "part_size": self._part_size,
            "upload_id": self._upload_id,
            "parts": list(done.values()),
        }
        self._bucket.write(self.name, _encoded(record))
        self._written = time.monotonic()

    @contextmanager
    def guarding(self, upload: Upload) -> Iterator[None]:
        """Leave nothing behind, unless the transfer goes on in another invocation."""
        try:
            yield
        except Unfinished:
            raise
        except BaseException:
            if upload.abort():  # else the next run, or a sweep, tries again
                self._clear()
            raise
        self._clear()

    def _clear(self) -> None:
        """Delete the record, unless somebody who does the same has put his own in its place."""
        try:
            record = _decoded(self._bucket.read(self.name))
            if record is not None and record.upload_id == self._upload_id:
                self._bucket.delete(self.name)
        except TargetError as error:
            log("checkpoint.not_deleted", name=self.name, reason=str(error))


def abandoned(bucket: Bucket, name: str) -> bool:
    """Abort the upload that a record names, and delete the record; whether that was possible."""
    record = _decoded(bucket.read(name))
    if record is not None and not bucket.upload(record.key, record.upload_id).abort():
        return False
    bucket.delete(name)
    return True


def _digest(transfer: Transfer) -> str:
    """Names a transfer by what it makes: another source or other headers are another transfer.

    A source that cannot be known again gets a name that nobody finds, but a sweep.
    """
    job = transfer.job
    same = identity(transfer.source) or uuid4().hex
    made = [job.target.key, same, sorted(at_creation(job, transfer.source).items())]
    return hashlib.sha256(json.dumps(made).encode()).hexdigest()[:32]


def _encoded(record: Mapping[str, object]) -> bytes:
    return json.dumps({**record, "seal": _seal(record)}).encode()


def _seal(record: Mapping[str, object]) -> str:
    """What tells a record that was damaged on its way: it could name another upload."""
    return hashlib.sha256(json.dumps(record).encode()).hexdigest()[:16]


class _Record(NamedTuple):
    key: str
    size: int | None  # of a source without a length
    part_size: int
    upload_id: str
    parts: tuple[CopiedPart, ...]


def _decoded(text: bytes | None) -> _Record | None:
    """A record as written by this version; anything else is as good as none."""
    try:
        record = json.loads(text or b"")
        if record.pop("seal") != _seal(record) or record["version"] != _VERSION:
            return None
        return _Record(
            key=str(record["key"]),
            size=None if record["size"] is None else int(record["size"]),
            part_size=int(record["part_size"]),
            upload_id=str(record["upload_id"]),
            parts=tuple(
                CopiedPart(int(number), int(size), str(etag), int(crc64), bool(confirmed))
                for number, size, etag, crc64, confirmed in record["parts"]
            ),
        )
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return None
