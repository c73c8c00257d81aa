"""The PUT of a whole object, which is made once even if OSS's answer is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..copying.copy_job import CopiedPart
from ..entries import ObjectInfo
from ..errors import ChecksumMismatch, ObjectExists, TargetUnavailable
from ..oss.headers import marked, new_mark
from ..source.object_headers import at_creation
from ..urls import Url
from .transfer import Transfer

Put = Callable[[Url, Mapping[str, str]], CopiedPart]


def put_once(
    transfer: Transfer, put: Put, *, size: int, crc64: int, content_md5: str
) -> ObjectInfo:
    """``put`` sends the body and repeats what can be repeated; the rest describes the body.

    ``transfer`` has the source as it was read. With ``never``, OSS refuses to have an object
    replaced also by who has just made it, so what a refusal or a silence means is looked up.
    """
    job, bucket, mark = transfer.job, transfer.bucket, new_mark()
    # With its MD5 OSS refuses a body that was damaged on the way, instead of storing it.
    headers = {
        **at_creation(job, transfer.source),
        **marked(mark),
        "Content-MD5": content_md5,
    }
    try:
        part = put(bucket.put_url(job.target.key, headers), headers)
    except (ObjectExists, TargetUnavailable):
        made = bucket.made_with(mark, job.target.key)
        if made is None:
            raise
        if made.size != size or made.crc64 not in (None, crc64):
            raise ChecksumMismatch(
                f"OSS reports {made.size} bytes with CRC64 {made.crc64} for the object, and"
                f" {size} with {crc64} were sent"
            ) from None
        return made
    return ObjectInfo(part.size, part.etag, part.crc64 if part.confirmed else None)
