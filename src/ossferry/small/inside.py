"""An object of the region, copied by OSS itself: one request, and no byte passes the function."""

from __future__ import annotations

from dataclasses import replace

from ..archived import REFUSAL
from ..entries import ObjectInfo
from ..errors import ChecksumMismatch, SourceArchived, SourceChanged, SourceGone, TargetRefused
from ..jobs import TransferJob
from ..names import UPLOAD_MARK, ObjectName
from ..oss.headers import marked, new_mark
from ..source.expectations import Expectations
from ..source.frozen import require_readable, told
from ..source.object_headers import asked, at_creation
from ..source.probe import Source
from .buckets import Buckets
from .done import Done
from .item import Item

ONE_COPY_BELOW = 1_000_000_000  # bytes that CopyObject takes
_LOOKS = 3  # at a source that is another one each time


def copied_inside(
    buckets: Buckets,
    item: Item,
    job: TransferJob,
    name: ObjectName,
    existing: ObjectInfo | None,
) -> Done | None:
    """By OSS itself, which keeps headers, metadata and tags; None if that cannot be."""
    listed = ObjectInfo(item.size or 0, item.etag, None)
    look = existing or not item.etag or _expects(job)
    source = _looked_at(buckets, name, job) if look else listed
    if existing and is_same(existing, source):
        return Done("unchanged", existing, crc64=existing.crc64)
    for _ in range(_LOOKS):
        require_readable(name, source, direct_read=job.direct_read)
        unknown = job.expected_crc64 is not None and source.crc64 is None
        if unknown or source.size >= ONE_COPY_BELOW:
            return None
        try:
            copy = _copy(buckets, name, source, job)
            return Done("copied", replace(copy, size=source.size), crc64=copy.crc64)
        except TargetRefused as error:
            if REFUSAL in error.message:
                head = buckets.of(name, read_only=True, chosen=job.credentials).head
                raise told(error, name, head, direct_read=job.direct_read) from error
            if "NoSuchKey" in error.message:
                raise _gone(name) from error
            if "PreconditionFailed" not in error.message:
                raise
        source = _looked_at(buckets, name, job)  # another one than was listed
    raise SourceChanged(f"{name} changes faster than it can be copied")


def copied_as_transferred(
    buckets: Buckets, job: TransferJob, name: ObjectName, source: Source
) -> Done | None:
    """As a transfer has OSS copy it: with what the event wants of the object, and the marks by
    which it is known again. None if that cannot be, or only the bytes could tell what is expected.
    """
    size, unknown = source.size, job.expected_crc64 is not None and source.crc64 is None
    if not size or size >= ONE_COPY_BELOW or job.expected_md5 or unknown:
        return None
    expected = Expectations.of(job, source)
    if source.crc64 is not None:
        expected.check(size, source.crc64, md5=None)
    mark = new_mark()
    headers = {"x-oss-metadata-directive": "REPLACE", **at_creation(job, source), **marked(mark)}
    try:
        made = buckets.of(job.target).copy(
            name,
            source.ref.pin.etag,
            job.target.key,
            headers,
            lambda there: there.metadata.get(UPLOAD_MARK) == mark,
        )
    except TargetRefused as error:
        if REFUSAL in error.message:
            raise SourceArchived(f"{name} is archived and not restored") from error
        if "NoSuchKey" in error.message or "PreconditionFailed" in error.message:
            raise SourceChanged(f"{name} changed while it was copied") from error
        raise
    _require_same(made, source.crc64, name)
    proven = expected.proof([], made, md5=None) if made.crc64 is not None else []
    info = replace(made, size=size)
    return Done("copied", info, source, made.crc64, ("copied_by_oss", *proven))


def _copy(buckets: Buckets, name: ObjectName, source: ObjectInfo, job: TransferJob) -> ObjectInfo:
    def is_copy(made: ObjectInfo) -> bool:
        return is_same(made, source if source.crc64 else _looked_at(buckets, name, job))

    headers = asked(job)
    made = buckets.of(job.target).copy(name, source.etag, job.target.key, headers, is_copy)
    _require_same(made, source.crc64, name)
    return made


def _require_same(made: ObjectInfo, crc64: int | None, name: ObjectName) -> None:
    if None not in (made.crc64, crc64) and made.crc64 != crc64:
        raise ChecksumMismatch(
            f"OSS reports CRC64 {made.crc64} for the copy, and another for {name}"
        )


def _looked_at(buckets: Buckets, name: ObjectName, job: TransferJob) -> ObjectInfo:
    """The object, if it is what the event expects."""
    found = buckets.of(name, read_only=True, chosen=job.credentials).head(name.key)
    if found is None:
        raise _gone(name)
    expected = Expectations(job.expected_size, job.expected_crc64, None, None)
    expected.check(found.size, found.crc64 or job.expected_crc64 or 0, None)
    return found


def _expects(job: TransferJob) -> bool:
    return job.expected_size is not None or job.expected_crc64 is not None


def is_same(one: ObjectInfo, other: ObjectInfo) -> bool:
    return None is not one.crc64 == other.crc64 and one.size == other.size


def _gone(name: ObjectName) -> SourceGone:
    return SourceGone(f"{name} is gone: there is no such object")
