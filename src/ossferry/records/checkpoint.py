"""What a transfer has done so far, kept in OSS, so that any coordinator can go on with it.

A transfer is found again by what is copied where, not by who does it. Only parts that the record
proves *and* ListParts confirms are believed: a part that only OSS knows may have been damaged on
its way, without anybody left who noticed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from ..copying.copy_job import CopiedPart, Warrant
from ..errors import FerryError, NoSuchUpload, OutOfTime, TargetError, Unfinished
from ..jobs import TransferJob
from ..log import log
from ..retry import DEFAULT_POLICY, call
from ..source.expectations import identity
from ..source.object_headers import at_creation
from ..source.probe import Source
from .leftovers import remove
from .record import Record, folder_of

if TYPE_CHECKING:
    from ..oss.bucket import Bucket
    from ..oss.multipart import Upload

_INTERVAL = 2.0  # seconds between records, at the least


@dataclass(frozen=True, slots=True)
class Resumed:
    """An upload that an earlier invocation opened, and the parts of it that need no copying."""

    upload: Upload
    part_size: int
    done: Mapping[int, CopiedPart]
    secret: str


class Checkpoint:
    """The record of one transfer: either ``find`` it, or ``open`` an upload that gets one.

    One that is not ``resumable``, because its source is read front to back, is recorded only for
    a sweep, under a name that nobody finds.
    """

    def __init__(
        self, bucket: Bucket, job: TransferJob, source: Source, *, resumable: bool = True
    ) -> None:
        self._bucket = bucket
        self._headers = at_creation(job, source)
        self._prefix = _prefix(job, source, resumable)
        self._record = Record(job.target.key, source.size, 0, "", secret=secrets.token_hex(16))
        self._target = job.target
        self._name = ""
        self._upload: Upload | None = None
        self._unanswered = ""  # an announcement of which nobody knows all that came of it
        self._before: Mapping[int, CopiedPart] = {}  # what earlier invocations did
        self._news: Mapping[int, CopiedPart] = {}
        self._written = 0.0

    def find(self) -> Resumed | None:
        """What an earlier invocation left of the same transfer, if its upload is still open.

        Of several, because two coordinators can be at work at once, the one that is furthest.
        """
        found: list[tuple[Resumed, str]] = []
        for name, _ in self._bucket.names(self._prefix):
            record = Record.decode(self._bucket.read(name))
            if record is None or not record.upload_id or record.size != self._record.size:
                continue
            try:
                found.append((self._confirmed(record), name))
            except NoSuchUpload:
                self._bucket.delete(name)
        if not found:
            return None
        resumed, self._name = max(found, key=lambda each: len(each[0].done))
        self._upload, self._before = resumed.upload, resumed.done
        self._record = self._record._replace(
            part_size=resumed.part_size, upload_id=resumed.upload.id, secret=resumed.secret
        )
        return resumed

    def _confirmed(self, record: Record) -> Resumed:
        listed = self._bucket.list_parts(record.key, record.upload_id)
        done = {
            part.number: part
            for part in record.parts
            if (there := listed.get(part.number))
            and (there.size, there.etag) == (part.size, part.etag)
            and there.crc64 in (None, part.crc64)
        }
        upload = self._bucket.upload(record.key, record.upload_id)
        return Resumed(upload, record.part_size, done, record.secret)

    def open(self, part_size: int = 0) -> Upload:
        """Open an upload: announced before, recorded after, so that no moment leaves it unknown.

        Opening is not idempotent: an attempt whose answer was lost may have opened one, so after a
        second attempt the announcement stays, and is looked into at the end.
        """
        self._record = self._record._replace(part_size=part_size)
        self._unanswered = self._new_name()
        self._bucket.write(self._unanswered, self._record.encode())
        attempts = 0

        def attempt() -> Upload:
            nonlocal attempts
            attempts += 1
            return self._bucket.create(self._record.key, self._headers)

        self._upload = call(attempt, DEFAULT_POLICY, deadline=self._bucket.deadline)
        if attempts == 1:
            self._name, self._unanswered = self._unanswered, ""
        else:
            self._name = self._new_name()
        self._record = self._record._replace(upload_id=self._upload.id)
        self._save()
        return self._upload

    @property
    def warrant(self) -> Warrant:
        """What children are shown, once the upload is open: nobody else can have it written."""
        target = self._target
        return Warrant(target.region, target.bucket, self._name, self._record.secret)

    def _new_name(self) -> str:
        return f"{self._prefix}{uuid4().hex}.json"

    def progressed(self, news: Mapping[int, CopiedPart]) -> None:
        """Record what this invocation has done so far, unless that was done a moment ago.

        What cannot be recorded now will be later, or copied again: no reason to end a transfer.
        """
        self._news = news
        if time.monotonic() - self._written < _INTERVAL:
            return
        try:
            self._save()
        except TargetError as error:
            self._written = time.monotonic()
            log("checkpoint.not_written", "warning", name=self._name, reason=str(error))

    def _save(self) -> None:
        done = {**self._before, **self._news}
        record = self._record._replace(parts=tuple(done.values()))
        self._bucket.write(self._name, record.encode())
        self._written = time.monotonic()

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Leave nothing behind, but what the same event can go on with after an error."""
        try:
            yield
        except FerryError as error:
            if not self._keeps(error):
                self._give_up()
                raise
            raise self._told(error) from error
        except BaseException:
            self._give_up()
            raise
        self._clear()

    def _keeps(self, error: FerryError) -> bool:
        """Whether the upload stays, with a record of all that is done."""
        if not error.resumable or not (self._before or self._news):
            return False
        try:
            self._save()
        except TargetError as failure:
            log("checkpoint.not_written", "warning", name=self._name, reason=str(failure))
            return False
        return True

    def _told(self, error: FerryError) -> FerryError:
        if isinstance(error, OutOfTime):
            return Unfinished(error.message, progress=bool(self._news), reused=bool(self._before))
        count = len({**self._before, **self._news})
        kept = f"{count} parts are kept, and the same event goes on with them"
        return type(error)(f"{error.message}; {kept}", error.retry_after)

    def _give_up(self) -> None:
        if self._upload is None or self._upload.abort():  # else the next run, or a sweep, tries
            self._clear()

    def _clear(self) -> None:
        """Delete the record, and what may have been opened without an answer."""
        try:
            if self._upload is not None:
                self._bucket.delete(self._name)
            if self._unanswered:
                for name, written in self._bucket.names(self._unanswered):
                    remove(self._bucket, name, written)
        except TargetError as error:
            log("checkpoint.not_deleted", "warning", name=self._name, reason=str(error))


def _prefix(job: TransferJob, source: Source, resumable: bool) -> str:
    """Names a transfer by what it makes: another source or other headers are another transfer.

    A source that cannot be known again gets a name that nobody finds, but a sweep.
    """
    same = (identity(source) if resumable else None) or uuid4().hex
    made = [job.target.key, same, sorted(at_creation(job, source).items())]
    return (
        f"{folder_of(job.target.key)}{hashlib.sha256(json.dumps(made).encode()).hexdigest()[:32]}-"
    )
