"""The headers that an object is made with; OSS API reference, "InitiateMultipartUpload"."""

from __future__ import annotations

from ..entries import ObjectInfo
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


def lacks(existing: ObjectInfo, job: TransferJob) -> bool:
    """Whether an object has not what the event asks of one, its bytes aside. Nobody looks at tags,
    which take a request of their own."""
    return (
        job.content_type not in (None, existing.content_type)
        or job.storage_class not in (None, existing.storage_class)
        or any(existing.metadata.get(name.lower()) != job.metadata[name] for name in job.metadata)
    )


def again(existing: ObjectInfo, job: TransferJob, source: Source) -> dict[str, str]:
    """The same as at creation, for an object that OSS copies onto itself: what it knows of its own
    bytes stays, and its class."""
    md5 = existing.metadata.get(MD5_MARK)
    known = {f"{META}{MD5_MARK}": md5} if md5 else {}
    return {"x-oss-storage-class": existing.storage_class, **known, **at_creation(job, source)}


def at_completion(job: TransferJob) -> dict[str, str]:
    """What makes ``never`` hold even against someone who is faster."""
    return {"x-oss-forbid-overwrite": "true"} if job.overwrite == "never" else {}
