"""An object of the region, copied by OSS itself: one request, and no byte passes the function."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ChecksumMismatch, SourceChanged, SourceGone, TargetRefused
from ..jobs import ObjectInfo, TransferJob
from ..names import ObjectName
from ..source.expectations import Expectations
from ..source.object_headers import asked
from .buckets import Buckets
from .job import Item
from .row import Row

ONE_COPY_BELOW = 1_000_000_000  # bytes that CopyObject takes
_LOOKS = 3  # at a source that is another one each time


def copied_inside(
    buckets: Buckets,
    row: Callable[..., Row],
    item: Item,
    job: TransferJob,
    name: ObjectName,
    existing: ObjectInfo | None,
) -> Row | None:
    """By OSS itself, which keeps headers, metadata and tags; None if that cannot be."""
    listed = ObjectInfo(item.size or 0, item.etag, None)
    look = existing or item.size is None or _expects(job)
    source = _looked_at(buckets, name, job) if look else listed
    if existing and _is_same(existing, source):
        return row("unchanged", size=existing.size, crc64=existing.crc64)
    for _ in range(_LOOKS):
        unknown = job.expected_crc64 is not None and source.crc64 is None
        if unknown or source.size >= ONE_COPY_BELOW:
            return None
        try:
            crc = _copy(buckets, name, source, job)
            return row("copied", size=source.size, crc64=crc)
        except TargetRefused as error:
            if "NoSuchKey" in error.message:
                raise _gone(name) from error
            if "PreconditionFailed" not in error.message:
                raise
        source = _looked_at(buckets, name, job)  # another one than was listed
    raise SourceChanged(f"{name} changes faster than it can be copied")


def _copy(buckets: Buckets, name: ObjectName, source: ObjectInfo, job: TransferJob) -> int | None:
    def is_copy(made: ObjectInfo) -> bool:
        return _is_same(made, source if source.crc64 else _looked_at(buckets, name, job))

    headers = asked(job)
    crc = buckets.of(job.target).copy(name, source.etag, job.target.key, headers, is_copy)
    if None not in (crc, source.crc64) and crc != source.crc64:
        raise ChecksumMismatch(f"OSS reports CRC64 {crc} for the copy, and another for {name}")
    return crc


def _looked_at(buckets: Buckets, name: ObjectName, job: TransferJob) -> ObjectInfo:
    """The object, if it is what the event expects."""
    found = buckets.of(name, read_only=True).head(name.key)
    if found is None:
        raise _gone(name)
    expected = Expectations(job.expected_size, job.expected_crc64, None, None)
    expected.check(found.size, found.crc64 or job.expected_crc64 or 0, None)
    return found


def _expects(job: TransferJob) -> bool:
    return job.expected_size is not None or job.expected_crc64 is not None


def _is_same(one: ObjectInfo, other: ObjectInfo) -> bool:
    return None is not one.crc64 == other.crc64 and one.size == other.size


def _gone(name: ObjectName) -> SourceGone:
    return SourceGone(f"{name} is gone: there is no such object")
