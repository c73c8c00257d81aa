"""What all children of a job of many items are told, and what the answer of one means."""

from __future__ import annotations

from concurrent.futures import Future

from ..errors import FerryError, InternalError
from ..items.job import ItemsResult
from ..jobs import BulkJob


def common_of(job: BulkJob) -> dict[str, object]:
    """Fields of the event of each item."""
    target = job.target
    return {
        **job.common,
        "target_region": target.region,
        "target_bucket_name": target.bucket,
    }


def result_of(done: Future[bytes]) -> ItemsResult | FerryError:
    error = done.exception()
    if error is None:
        try:
            return ItemsResult.decode(done.result())
        except FerryError as failure:
            return failure
    if isinstance(error, FerryError):
        return error
    return InternalError(f"a child's call failed: {type(error).__name__}")
