"""What an invocation that is no child's answers: a transfer, a batch of them, or a sweep.

A transfer that does not fit in the invocation's time is handed over to a fresh one, which finds
what is done and goes on; who waits for the end of it is told where to look.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .cloud import Cloud
from .context import Context
from .coordinator import transfer
from .errors import BatchFailed, FerryError, Unfinished
from .events import parse
from .handover import HandOver
from .jobs import BatchJob, SweepJob, TransferJob
from .log import log
from .settings import Settings
from .sweep import sweep

Reply = dict[str, object]


def answer(
    document: Mapping[str, Any],
    context: object,
    environ: Mapping[str, str],
    settings: Settings,
    started: float,
) -> Reply:
    """``context`` is FC's own; ``started`` is on ``time.monotonic``."""
    cloud = Cloud(Context.read(context, environ, started), settings)
    handover, document = HandOver.read(document)
    job = parse(document, settings)
    if isinstance(job, SweepJob):
        return sweep(job, cloud, settings)
    try:
        try:
            reply = _run(job, cloud, settings)
        except Unfinished as error:
            return handover.go_on(document, cloud, error)
    except FerryError as error:
        handover.tell(job, cloud, {"error_type": error.type, "error": error.message})
        raise
    handover.tell(job, cloud, reply)
    return reply


def _run(job: TransferJob | BatchJob, cloud: Cloud, settings: Settings) -> Reply:
    """The transfer, or those of a trigger event: one that fails does not stop the others."""
    if isinstance(job, TransferJob):
        return transfer(job, cloud, settings)
    replies: list[Reply] = []
    errors: list[FerryError] = []
    for entry in job.transfers:
        try:
            if isinstance(entry, FerryError):
                raise entry
            replies.append(transfer(entry, cloud, settings))
        except Unfinished:
            raise
        except FerryError as error:
            errors.append(error)
            log("transfer.failed", error_type=error.type, error=error.message)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        told = "; ".join(f"{error.type}: {error}" for error in errors[:5])
        raise BatchFailed(f"{len(errors)} of {len(job.transfers)} transfers failed: {told}")
    return {"status": "done", "transfers": replies, "ignored": job.ignored}
