"""What a transfer has done so far, kept in OSS, so that any coordinator can go on with it.

A transfer is found again by what is copied where, not by who does it. Only parts that the record
or a child's receipt proves *and* ListParts confirms are believed: a part that only OSS knows may
have been damaged on its way, without anybody left who noticed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from ..copying.copy_job import CopiedPart, Warrant
from ..errors import FerryError, NoSuchUpload, OutOfTime, Stopped, TargetError, Unfinished
from ..jobs import TransferJob
from ..log import log
from ..retry import DEFAULT_POLICY, call
from ..source.identity import Identity
from ..source.object_headers import asked, at_creation
from ..source.probe import Source
from .leftovers import remove
from .proven import proven
from .receipts import Found, Receipts, found
from .record import RECORD, Record, folder_of, record_of
from .recorder import REFRESH, Recorder

if TYPE_CHECKING:
    from ..oss.bucket import Bucket
    from ..oss.multipart import Upload

SeenAs = Callable[[Identity], bool]


@dataclass(frozen=True, slots=True)
class Resumed:
    """An upload that an earlier invocation opened, and the parts of it that need no copying.

    ``by_date``: it knew the source by its date alone, because its nodes gave it different ETags.
    """

    upload: Upload
    cell: int
    done: Mapping[int, CopiedPart]
    by_date: bool


class Kept(NamedTuple):
    """Parts on record, and receipts that may tell of more."""

    parts: frozenset[int] = frozenset()
    receipts: int = 0


class Checkpoint:
    """The record of one transfer: either ``find`` it, or ``open`` an upload that gets one.

    One that is not ``resumable``, because its source is read front to back, is recorded only for
    a sweep, under a name that nobody finds. Nobody waits for a record but ``find`` and ``open``,
    and the end, which waits a moment: what is not recorded is copied again.
    """

    def __init__(
        self,
        bucket: Bucket,
        job: TransferJob,
        source: Source,
        *,
        resumable: bool = True,
        refresh: float = REFRESH,
    ) -> None:
        self._bucket = bucket
        self._headers = at_creation(job, source)
        self._identity = Identity.of(source)
        self._resumable = resumable and any(self._identity)
        self._prefix = _prefix(job, source, self._resumable)
        self._target = job.target
        self._record = Record(
            job.target.key,
            source.size,
            source=self._identity.text,
            secret=secrets.token_hex(16),
        )
        self._recorder = Recorder(self._write, self._settle, refresh=refresh)
        self.receipts = Receipts(bucket)
        self._name = ""
        self._upload: Upload | None = None
        self._unanswered = ""  # an announcement of which nobody knows all that came of it
        self._before: Mapping[int, CopiedPart] = {}  # what earlier invocations did
        self._news: Mapping[int, CopiedPart] = {}

    def find(self, seen_as: SeenAs = lambda before: False) -> Resumed | None:
        """What an earlier invocation left of the same transfer, if its upload is still open.

        Of several, because two coordinators can be at work at once, the one that is furthest.
        ``seen_as`` is asked of a record that nothing but the ETag tells from this transfer: whether
        the source is served like that, too.
        """
        if not self._resumable:
            return None
        candidates: list[tuple[Resumed, Record, str, Found]] = []
        names = [name for name, _ in self._bucket.names(self._prefix)]
        for name in names:
            record = None if record_of(name) else self._record_of(name)
            before = Identity.read(record.source) if record else Identity()
            known = self._identity.is_same(before)
            if record is None or not (known or self._doubtful(before, seen_as)):
                continue
            own = [each for each in names if record_of(each) == name]
            there = found(self._bucket, own, record.secret)
            try:
                resumed = self._confirmed(record, there, by_date=not (known and before.by_etag))
                candidates.append((resumed, record, name, there))
            except NoSuchUpload:
                self._bucket.delete_all([*own, name])
        if not candidates:
            return None
        return self._go_on(*max(candidates, key=lambda each: len(each[0].done)))

    def _go_on(self, resumed: Resumed, record: Record, name: str, there: Found) -> Resumed:
        self._name, self._upload, self._before = name, resumed.upload, resumed.done
        self._record = record._replace(parts=())
        self.receipts.go_on(name, there, resumed.done)
        # A sweep goes by the age of the record, which may be any by now. One that cannot be written
        # is told of, so that it is tried again once somebody copies; so is one that has what
        # receipts told, which go when it was written.
        state = self._state()
        written = self._write(state)
        believed = tuple(part for part in record.parts if part.number in resumed.done)
        self._recorder.begin(state if written else record._replace(parts=believed))
        if there.names or not written:
            self._recorder.tell(self._state)
        return resumed

    def _record_of(self, name: str) -> Record | None:
        """A record of an upload that was opened for what is wanted here."""
        read = self._bucket.read(name)
        record = Record.decode(read[0]) if read else None
        if record is None or not record.upload_id or not record.cell:
            return None
        return record if record.size == self._record.size else None

    def _doubtful(self, before: Identity, seen_as: SeenAs) -> bool:
        return self._identity.may_be_same(before) and seen_as(before)

    def _confirmed(self, record: Record, there: Found, *, by_date: bool) -> Resumed:
        listed = self._bucket.list_parts(record.key, record.upload_id)
        done = proven((*record.parts, *there.parts), listed, record.cell)
        upload = self._bucket.upload(record.key, record.upload_id, record.mark)
        return Resumed(upload, record.cell, done, by_date)

    def open(self, cell: int = 0) -> Upload:
        """Open an upload: announced before, recorded after, so that no moment leaves it unknown.

        Opening is not idempotent: an attempt whose answer was lost may have opened one, so after a
        second attempt the announcement stays, and is looked into at the end.
        """
        self._record = self._record._replace(cell=cell)
        self._unanswered = self._new_name()
        self._bucket.write(self._unanswered, self._record.encode())
        attempts = 0

        def attempt() -> Upload:
            nonlocal attempts
            attempts += 1
            return self._bucket.create(self._record.key, self._headers)

        self._upload = upload = call(attempt, DEFAULT_POLICY, deadline=self._bucket.deadline)
        if attempts == 1:
            self._name, self._unanswered = self._unanswered, ""
        else:
            self._name = self._new_name()
        self._record = self._record._replace(upload_id=upload.id, mark=upload.mark)
        self._bucket.write(self._name, self._record.encode())
        self.receipts.begin(self._name)
        self._recorder.begin(self._record)
        if not self._resumable:
            self.keep_alive()  # whoever copies alone forks nothing
        return upload

    @property
    def warrant(self) -> Warrant:
        """What children are shown, once the upload is open: nobody else can have it written."""
        target = self._target
        return Warrant(target.region, target.bucket, self._name, self._record.secret)

    def _new_name(self) -> str:
        return f"{self._prefix}{uuid4().hex}{RECORD}"

    def keep_alive(self) -> None:
        """Write the record again now and then, until the end; not before the last fork."""
        self._recorder.keep_alive()

    def progressed(self, news: Mapping[int, CopiedPart]) -> None:
        """Have recorded what this invocation has done so far, when it is time for that."""
        self._news = news
        self._recorder.tell(self._state)

    def _state(self) -> Record:
        # The recorder's thread does this while there may be more news: a copy is made at one go.
        return self._record._replace(parts=tuple({**self._before, **self._news}.values()))

    def _write(self, record: Record) -> bool:
        """What cannot be recorded now will be later, or copied again: no reason to end it all."""
        try:
            self._bucket.write(self._name, record.encode())
        except TargetError as error:
            log("checkpoint.not_written", "warning", name=self._name, reason=str(error))
            return False
        return True

    def _settle(self, record: Record) -> None:
        """Receipts that say no more than what is on record now are of no use any more."""
        try:
            self.receipts.settle([part.number for part in record.parts])
        except TargetError as error:
            log("checkpoint.not_deleted", "warning", name=self._name, reason=str(error))

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Leave nothing behind, but what the same event can go on with after an error."""
        try:
            yield
        except FerryError as error:
            kept = self._kept(error)
            if not any(kept):
                self._give_up()
                if isinstance(error, Stopped):
                    raise Stopped(f"{error.message}; no part is kept") from error
                raise
            raise self._told_of(error, kept) from error
        except BaseException:
            self._give_up()
            raise
        self._recorder.finish(None)
        self._clear()

    def _kept(self, error: FerryError) -> Kept:
        """What there is for whoever goes on; nothing if nobody can, or is to."""
        if not error.resumable or self._upload is None:
            return Kept()
        some = self._before or self._news
        written = self._recorder.finish(self._state() if some else None)
        parts = frozenset(part.number for part in written.parts) if written else frozenset()
        try:
            return Kept(parts, self.receipts.untold(parts))
        except TargetError:
            return Kept(parts)

    def _told_of(self, error: FerryError, kept: Kept) -> FerryError:
        if isinstance(error, OutOfTime):
            progress = bool(kept.parts - {*self._before} or kept.receipts)
            return Unfinished(error.message, progress=progress, reused=len(self._before))
        more = f" and {kept.receipts} receipts of children" if kept.receipts else ""
        told = f"{len(kept.parts)} parts{more} are kept, and the same event goes on with them"
        return type(error)(f"{error.message}; {told}", error.retry_after)

    def _give_up(self) -> None:
        self._recorder.finish(None)
        if self._upload is None or self._upload.abort():  # else the next run, or a sweep, tries
            self._clear()

    def _clear(self) -> None:
        """Delete the record, and what may have been opened without an answer."""
        try:
            if self._upload is not None:
                self.receipts.clear()
                self._bucket.delete(self._name)
            if self._unanswered:
                for name, _ in self._bucket.names(self._unanswered):
                    remove(self._bucket, name)
        except TargetError as error:
            log("checkpoint.not_deleted", "warning", name=self._name, reason=str(error))


def _prefix(job: TransferJob, source: Source, resumable: bool) -> str:
    """Names a transfer by what is wanted, all of which stays the same from run to run.

    Which version of the source it is stands in the record: of two ways to know a source by, one may
    fail. Who expects other bytes makes another transfer, so that nobody ends one that is good. A
    source that cannot be known again gets a name that nobody finds, but a sweep.
    """
    wanted = [
        job.target.key,
        [source.ref.url.redacted, source.ref.pin.coding] if resumable else uuid4().hex,
        sorted(asked(job).items()),
        [job.expected_size, job.expected_crc64, job.expected_md5],
    ]
    named = hashlib.sha256(json.dumps(wanted).encode()).hexdigest()[:32]
    return f"{folder_of(job.target.key)}{named}-"
