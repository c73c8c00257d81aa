"""The transfer of an OSS object within its region: OSS copies it, and no byte passes the function.

The proof is the CRC64 that OSS keeps of the source, compared with that of the copy. OSS may have
none for a copy; then the copy is as good as OSS's own word, and the reply does not claim more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial

from ..archived import REFUSAL
from ..byte_range import MIB
from ..copying.copy_job import CopiedPart
from ..entries import ObjectInfo
from ..errors import (
    ChecksumMismatch,
    ObjectExists,
    SourceArchived,
    Stopped,
    TargetRefused,
    TargetUnavailable,
)
from ..names import ObjectName
from ..oss.headers import marked, new_mark
from ..pace.grid import CELLS_AT_MOST, grid_of
from ..parts import Part
from ..records.checkpoint import Checkpoint
from ..source.object_headers import at_creation
from ..spread.alone import Alone, alone
from ..stop import Stop
from .transfer import Copied, Transfer

# CopyObject is for less than this; OSS API reference, "UploadPartCopy".
ONE_COPY_BELOW = 1_000_000_000
_COPY_PART = 128 * MIB
_COPIES_AT_ONCE = 16
_LOOK_AGAIN = 0.2  # seconds between looks whether all has to end


def copy_inside_oss(transfer: Transfer, one_copy_below: int = ONE_COPY_BELOW) -> Copied | None:
    """Have OSS copy it; None if that cannot be: other regions, nobody who may both read and write,
    or an expectation that only the bytes themselves could tell."""
    job, source, size = transfer.job, transfer.source, transfer.source.size
    if not isinstance(job.source, ObjectName) or job.source.region != job.target.region:
        return None
    if not transfer.cloud.foreign.same_role(job.source, job.target, job.credentials):
        return None
    if not size or job.expected_md5 or (job.expected_crc64 is not None and source.crc64 is None):
        return None
    if source.crc64 is not None:
        transfer.expected.check(size, source.crc64, md5=None)
    how = _by_parts if size >= one_copy_below else _at_once
    try:
        copied = how(transfer, job.source, size)
    except TargetRefused as error:
        if REFUSAL not in error.message:
            raise
        raise SourceArchived(f"{job.source} is archived and not restored") from error
    info = replace(copied.info, size=size)
    if None not in (info.crc64, source.crc64) and info.crc64 != source.crc64:
        raise ChecksumMismatch(
            f"OSS reports CRC64 {info.crc64} for the copy, and {source.crc64} for {job.source}"
        )
    proven = transfer.expected.proof([], info, md5=None) if info.crc64 is not None else []
    return replace(copied, info=info, proof=["copied_by_oss", *proven])


def _at_once(transfer: Transfer, name: ObjectName, size: int) -> Copied:
    with transfer.phases("copy"), alone(transfer.journal, reads=0) as told:
        info = _copy(transfer, name)
        told.next(1, size, 1)
    return Copied(info, proof=[])


def _copy(transfer: Transfer, name: ObjectName) -> ObjectInfo:
    """The copy, also if OSS's answer was lost; with ``never`` a second try is refused then."""
    mark, key, bucket = new_mark(), transfer.job.target.key, transfer.bucket
    headers = {**at_creation(transfer.job, transfer.source), **marked(mark)}
    try:
        return bucket.copy_object(name, transfer.source.ref.pin.etag, key, headers)
    except (ObjectExists, TargetUnavailable):
        made = bucket.made_with(mark, key)
        if made is None:
            raise
        return made


def _by_parts(transfer: Transfer, name: ObjectName, size: int) -> Copied:
    job, source = transfer.job, transfer.source
    grid = grid_of(size, job.part_size or max(_COPY_PART, -(-size // CELLS_AT_MOST)))
    checkpoint = Checkpoint(transfer.bucket, job, source, resumable=False)
    with checkpoint.guarding():
        with transfer.phases("create"):
            upload = checkpoint.open()
        with (
            transfer.phases("copy"),
            alone(transfer.journal, streams=_COPIES_AT_ONCE, reads=0) as told,
        ):
            copy = partial(upload.copy_part, name, source.ref.pin.etag)
            parts = _all(copy, grid.parts(), transfer.cloud.stop, told)
        info = transfer.complete(upload, parts, source.crc64)
    return Copied(info, proof=[], count=len(parts), part_size=grid.cell)


def _all(
    copy: Callable[[Part], CopiedPart], parts: Iterable[Part], stop: Stop, told: Alone
) -> list[CopiedPart]:
    """Have all parts copied. An error waits for what is in flight; a stop has no time for that,
    and the abort that follows is repeated until nothing arrives any more."""

    def timed(part: Part) -> CopiedPart:
        with told.beside(part.number, part.range.size):
            return copy(part)

    threads = ThreadPoolExecutor(_COPIES_AT_ONCE)
    try:
        copies = [threads.submit(timed, part) for part in parts]
        return [_result(each, stop) for each in copies]
    finally:
        threads.shutdown(wait=not stop.is_set(), cancel_futures=True)


def _result(copying: Future[CopiedPart], stop: Stop) -> CopiedPart:
    while not stop.is_set():
        if wait([copying], _LOOK_AGAIN).done:
            return copying.result()
    raise Stopped("the function was stopped before all was copied")
