"""What all children of a job of many items are told, and what the answer of one means."""

from __future__ import annotations

from concurrent.futures import Future

from ..errors import FerryError, InternalError
from ..items.job import ItemsJob, ItemsResult
from ..jobs import BulkJob
from ..ledger.head import Head
from ..ledger.state import State
from .slices import ItemSlice


def job_of(
    each: ItemSlice, job: BulkJob, head: Head, state: State, seconds: float, children: int
) -> ItemsJob:
    """What the child of a slice is asked."""
    return ItemsJob(
        items=each.items,
        common=_common_of(job),
        seconds=seconds,
        children=children,
        rows=each.rows,
        bulk=head.id,
        result=state.result_url(head.epoch, each.number),
        partial=state.result_url(head.epoch, each.number, partial=True),
        thaws=job.thaw is not None,
    )


def _common_of(job: BulkJob) -> dict[str, object]:
    """Fields of the event of each item."""
    target, program = job.target, job.program
    common = {
        **job.common,
        "target_region": target.region,
        "target_bucket_name": target.bucket,
    }
    if program is None:
        return common
    given = {"program": program.name, "parameters": dict(program.parameters)}
    then = {"then": job.then.to_json()} if job.then and job.then.when else {}
    return {**common, **given, **then, "target_prefix": target.key}


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
