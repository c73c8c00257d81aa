"""The headers that an object is made with; OSS API reference, "InitiateMultipartUpload"."""

from __future__ import annotations

from ..jobs import TransferJob
from .expectations import IDENTITY, identity
from .probe import Source


def at_creation(job: TransferJob, source: Source) -> dict[str, str]:
    """What becomes of the source's own headers, of the event's, and the mark of the source."""
    headers = dict(source.headers)
    if job.content_type is not None:
        headers["Content-Type"] = job.content_type
    if job.storage_class is not None:
        headers["x-oss-storage-class"] = job.storage_class
    headers |= {f"x-oss-meta-{name.lower()}": value for name, value in job.metadata.items()}
    mark = identity(source)
    if mark is not None:
        headers[f"x-oss-meta-{IDENTITY}"] = mark
    return headers | at_completion(job)


def at_completion(job: TransferJob) -> dict[str, str]:
    """What makes ``never`` hold even against someone who is faster."""
    return {"x-oss-forbid-overwrite": "true"} if job.overwrite == "never" else {}
