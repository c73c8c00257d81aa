"""The headers that an object is made with; OSS API reference, "InitiateMultipartUpload"."""

from __future__ import annotations

from ..jobs import TransferJob
from ..names import MD5_MARK, SOURCE_MARK, UPLOAD_MARK, ObjectName
from .identity import Identity
from .probe import Source

META = "x-oss-meta-"


def at_creation(job: TransferJob, source: Source) -> dict[str, str]:
    """What becomes of the source's own headers, of the event's, and what the object remembers.

    ``source`` is the source as it was read: its headers and the mark are those of that reply.
    """
    kept = _kept(source) if isinstance(job.source, ObjectName) else {}
    headers = {**source.headers, **kept, **asked(job)}
    mark = Identity.of(source).text
    if mark:
        headers[f"{META}{SOURCE_MARK}"] = mark
    if job.expected_md5 is not None:
        # Checked before there is an object: one of several parts has no MD5 at OSS.
        headers[f"{META}{MD5_MARK}"] = job.expected_md5
    return headers


def _kept(source: Source) -> dict[str, str]:
    """An object's own metadata, but what ossferry has written there about that object."""
    own = (SOURCE_MARK, MD5_MARK, UPLOAD_MARK)
    return {f"{META}{name}": text for name, text in source.metadata.items() if name not in own}


def asked(job: TransferJob) -> dict[str, str]:
    """What the event wants of the object, whatever the source is."""
    headers = {f"{META}{name.lower()}": value for name, value in job.metadata.items()}
    if job.content_type is not None:
        headers["Content-Type"] = job.content_type
    if job.storage_class is not None:
        headers["x-oss-storage-class"] = job.storage_class
    if job.tagging:
        headers["x-oss-tagging"] = job.tagging
    return headers | at_completion(job)


def at_completion(job: TransferJob) -> dict[str, str]:
    """What makes ``never`` hold even against someone who is faster."""
    return {"x-oss-forbid-overwrite": "true"} if job.overwrite == "never" else {}
