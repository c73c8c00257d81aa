"""Outputs become objects, and then count by their record; or somebody else's do, who was faster.

Two invocations may be at the same, because events are delivered more than once. Both store under
the same keys, and one of them writes the record. The other one removes what only it has made. If
they have made different bytes, and its own are what is there now, the record has to say so.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ..cloud import Cloud
from ..depot.side_by_side import side_by_side
from ..errors import FerryError, ObjectExists, TargetUnavailable
from ..jobs import ProgramJob
from ..log import log
from ..records import attempts
from ..records.attempts import Attempt, Receipt
from ..stop import Stop
from .output import Made, Output, Outputs
from .record import Record, abandoned, create, find

if TYPE_CHECKING:
    from ..oss.bucket import Bucket

_LOOKS_AT_ONCE = 8
_TRIES = 10  # to have the record and the objects agree
_MOMENT = 0.3  # seconds


@dataclass(frozen=True)
class Storing:
    """Of one attempt; ``record`` makes the record of what was made."""

    job: ProgramJob
    cloud: Cloud
    id: str
    receipt: Receipt
    outputs: Outputs
    files: Sequence[Output]
    last: Sequence[str]
    record: Callable[[Sequence[Made]], Record]
    warnings: list[str] = field(default_factory=list)

    def done(self, stop: Stop) -> tuple[Record, bool]:
        """The record that counts, and whether it is ours."""
        try:
            made = self._make(stop)
            record = self.record(made)
            try:
                create(self.job, self.cloud, self.id, record)
            except ObjectExists:
                return self._lost(record, stop)
            return record, True
        except BaseException as error:
            self.outputs.abort()
            found = self._found_after_all() if isinstance(error, FerryError) else None
            self._forget()
            if found:
                return found, False
            raise

    def _make(self, stop: Stop) -> list[Made]:
        uploads = self.outputs.open(self.files)
        keys = tuple(each.key for each in self.files)
        self.receipt.write(state="storing", keys=keys, uploads=uploads)
        return self.outputs.make(self.files, self.last, stop)

    def _lost(self, own: Record, stop: Stop) -> tuple[Record, bool]:
        """Somebody else has written the record; what it says has to be what is there.

        Who wrote the first one has ended, and stores no more; but there may be several who lost.
        Each looks whether record and objects agree, and stores its own again until they do.
        """
        bucket = self._bucket
        first = find(bucket, self.id)
        for _ in range(_TRIES):
            there = find(bucket, self.id)
            if there is None:
                raise TargetUnavailable("the record was there, and is not any more: try again")
            if not self._replaced(there, own):
                break
            own = self.record(self._make(stop))
            bucket.write(attempts.record_name(self.id), own.encode())
            stop.wait(random.uniform(0, _MOMENT))  # noqa: S311 - so that they do not go in step
        else:
            raise TargetUnavailable(f"the program {own.program} ran too often at once: try again")
        if there.mark != own.mark:
            self._forget()
            return there, False
        if first and first.mark != own.mark:
            _forget(bucket, Attempt(first.mark, keys=tuple(e.key for e in first.outputs)), self.id)
        self.warnings.append(
            f"the program {own.program} ran twice at the same moment and gave different outputs:"
            " those of the second are there, and on record"
        )
        return own, True

    def _replaced(self, there: Record, own: Record) -> bool:
        """Whether an object is not what the record says of it. Where both made the same bytes,
        which is usual, nobody has to look."""
        if there.mark != own.mark and _same(there, own):
            return False
        return not all(self._is_there(self._bucket, each) for each in there.outputs)

    @staticmethod
    def _is_there(bucket: Bucket, made: Made) -> bool:
        found = bucket.head(made.key)
        return found is not None and (found.size, found.crc64) == (made.size, made.crc64)

    @property
    def _bucket(self) -> Bucket:
        return self.cloud.bucket(self.job.target)

    def _found_after_all(self) -> Record | None:
        """Who has done the same has tidied up behind us; that is no failure of what was asked."""
        try:
            return find(self._bucket, self.id)
        except FerryError:
            return None

    def _forget(self) -> None:
        """Remove what we made and nobody names; what that fails for stays noted."""
        if not self.receipt.is_there:
            return
        if _forget(self._bucket, self.receipt.attempt, self.id):
            try:
                self.receipt.delete()
            except FerryError as error:
                log("receipt.not_deleted", "warning", reason=error.message)


def _same(one: Record, other: Record) -> bool:
    bytes_of = [[(each.key, each.size, each.crc64) for each in r.outputs] for r in (one, other)]
    return bytes_of[0] == bytes_of[1]


def recorded(job: ProgramJob, cloud: Cloud, id: str) -> Record | None:
    """The record, if it is of what is there: another run may have made other objects of these
    names, with other parameters, say. An object that is not there any more was taken away, and is
    not made again."""
    bucket = cloud.bucket(job.target)
    record = find(bucket, id)
    if record is None:
        return None
    stop, every = Stop(), range(_LOOKS_AT_ONCE)
    looks = [partial(_replaced, job, cloud, record.outputs[n::_LOOKS_AT_ONCE]) for n in every]
    if not any(side_by_side(looks, stop, _LOOKS_AT_ONCE)):
        return record
    bucket.delete(attempts.record_name(id))
    return None


def _replaced(job: ProgramJob, cloud: Cloud, made: Sequence[Made]) -> bool:
    if not made:
        return False
    with closing(cloud.direct(job.target)) as bucket:
        found = ((each, bucket.head(each.key)) for each in made)
        return any(
            there is not None and (there.size, there.crc64) != (each.size, each.crc64)
            for each, there in found
        )


def forget_abandoned(job: ProgramJob, cloud: Cloud, id: str) -> None:
    """Remove what attempts left that came to no end; a sweep tries again where that fails."""
    try:
        bucket = cloud.bucket(job.target)
        for name in abandoned(bucket, id, cloud.timeout):
            attempts.remove(bucket, name)
    except FerryError as error:
        log("program.not_tidied", "warning", reason=error.message)


def _forget(bucket: Bucket, attempt: Attempt, id: str) -> bool:
    try:
        attempts.remove_objects(bucket, attempt, id)
    except FerryError as error:
        log("program.not_tidied", "warning", reason=error.message)
        return False
    return True
