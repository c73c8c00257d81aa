"""An object that already is its source gets what the event newly asks of one: its Content-Type,
metadata and storage class. OSS copies it onto itself, and no byte passes the function.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..archived import REFUSAL
from ..entries import ObjectInfo
from ..errors import ChecksumMismatch, TargetRefused
from ..jobs import TransferJob
from ..source.object_headers import again, lacks
from ..source.probe import Source
from .inside_oss import ONE_COPY_BELOW
from .reply import there_reply
from .transfer import Phases

if TYPE_CHECKING:
    from ..oss.bucket import Bucket


def updated(
    job: TransferJob,
    source: Source,
    existing: ObjectInfo,
    bucket: Bucket,
    phases: Phases,
) -> dict[str, object]:
    """The reply: ``updated``, or ``unchanged``, with a warning if that is not what was asked."""
    if not lacks(existing, job):
        return there_reply("unchanged", job, source, existing, phases.with_total)
    why_not = _why_not(job, existing)
    if not why_not:
        try:
            with phases("copy"):
                info = _copied_onto_itself(job, source, existing, bucket)
            return there_reply("updated", job, source, info, phases.with_total)
        except TargetRefused as error:
            if REFUSAL not in error.message:
                raise
            why_not = "it is archived and not restored: restore it before"
    said = f"the object's content_type, metadata or storage_class are not the event's: {why_not}"
    return there_reply("unchanged", job, source, existing, phases.with_total, [said])


def _why_not(job: TransferJob, existing: ObjectInfo) -> str:
    if job.overwrite == "never":
        return "overwrite is never"
    if existing.size >= ONE_COPY_BELOW:
        return "OSS copies no object of 1 GB or more onto itself: overwrite always copies it anew"
    return ""


def _copied_onto_itself(
    job: TransferJob, source: Source, existing: ObjectInfo, bucket: Bucket
) -> ObjectInfo:
    """Only as long as it is the object that was looked at; tried again, it is the same."""
    headers = again(existing, job, source)
    made = bucket.copy_object(job.target, existing.etag, job.target.key, headers)
    if None not in (made.crc64, existing.crc64) and made.crc64 != existing.crc64:
        raise ChecksumMismatch(
            f"OSS reports CRC64 {made.crc64} for {job.target}, copied onto itself, and"
            f" {existing.crc64} before"
        )
    return replace(existing, etag=made.etag, crc64=made.crc64 or existing.crc64)
