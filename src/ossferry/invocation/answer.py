"""What an invocation that is no child's answers: a transfer, a sweep, or a batch of both.

What does not fit in the invocation's time is handed over to a fresh one, which finds what is done
and goes on; who waits for the end of it is told where to look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..bulk.coordinator import run as bulk
from ..cloud import Cloud
from ..context import Context
from ..errors import FerryError, Unfinished
from ..events.parse import parse
from ..items.child import copy as items
from ..jobs import BatchJob, BulkJob, SweepJob, TransferJob
from ..records.sweep import sweep
from ..settings import Settings
from ..stop import Stop
from .batch import Batch
from .final import without_error
from .handover import HandOver
from .logged import transfer

Reply = dict[str, object]


def answer(
    document: Mapping[str, Any],
    context: object,
    environ: Mapping[str, str],
    settings: Settings,
    started: float,
    stop: Stop,
) -> Reply:
    """``context`` is FC's own; ``started`` is on ``time.monotonic``; ``stop`` ends it early."""
    handover, event = HandOver.read(without_error(document))
    own = Context.read(context, environ, started)
    cloud = Cloud(own, settings, stop)

    def do(job: TransferJob | SweepJob | BulkJob) -> Reply:
        if isinstance(job, BulkJob):
            copy = partial(items, context=own, settings=settings, stop=stop)
            asked_by = handover.first_request_id or own.request_id
            return bulk(job, asked_by, cloud, copy, settings.max_children)
        if isinstance(job, SweepJob):
            return sweep(job, cloud)
        return transfer(job, cloud, settings)

    job = parse(event, settings, own.region)
    if isinstance(job, SweepJob):
        return do(job)
    try:
        reply = _work(job, do, event, handover, cloud)
    except FerryError as error:
        handover.tell(job, cloud, {"error_type": error.type, "error": error.message})
        raise
    if reply["status"] != "handed_over":
        handover.tell(job, cloud, reply)
    return reply


def _work(
    job: TransferJob | BulkJob | BatchJob,
    do: Callable[[TransferJob | SweepJob | BulkJob], Reply],
    event: Mapping[str, Any],
    handover: HandOver,
    cloud: Cloud,
) -> Reply:
    if not isinstance(job, BatchJob):
        try:
            return do(job)
        except Unfinished as error:
            return handover.go_on(event, cloud, error)
    batch = Batch(job, do, cloud)
    try:
        return batch.run()
    except Unfinished as error:
        return {**handover.go_on(batch.rest, cloud, error), "messages": batch.replies}
