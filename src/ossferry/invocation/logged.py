"""A transfer as the log tells of it: its id in every line meanwhile, then what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ..cloud import Cloud
from ..errors import FerryError, SourceArchived, Stopped, Unfinished
from ..jobs import TransferJob
from ..log import lines_with, log
from ..settings import Settings
from ..transfer import coordinator
from ..transfer.reported import Report


def transfer(
    job: TransferJob, cloud: Cloud, settings: Settings, report: Report | None = None
) -> dict[str, object]:
    """The coordinator's reply, or its error; with the ``report``, if one is wanted.

    What another invocation goes on with is reported by that.
    """
    began = time.monotonic()
    with lines_with(transfer_id=job.id):
        try:
            reply = coordinator.transfer(job, cloud, settings, report)
        except FerryError as error:
            seconds = time.monotonic() - began
            if isinstance(error, (Stopped, Unfinished)):  # another invocation may go on with it
                log("transfer.interrupted", **_subject(job), **_failure(error, seconds))
            else:
                tell_failed(job, error, seconds)
            if report and not isinstance(error, (SourceArchived, Unfinished)):
                report.failed(error)
            raise
        tell_done(job, reply)
        return report.done(reply) if report else reply


def tell_done(job: TransferJob, reply: Mapping[str, Any], **fields: object) -> None:
    log("transfer.done", **fields, **_subject(job), **_outcome(reply))


def tell_failed(job: TransferJob, error: FerryError, seconds: float, **fields: object) -> None:
    log("transfer.failed", "error", **fields, **_subject(job), **_failure(error, seconds))


def _failure(error: FerryError, seconds: float) -> dict[str, object]:
    return {"error_type": error.type, "error": error.message, "seconds": round(seconds, 4)}


def _subject(job: TransferJob) -> dict[str, object]:
    return {"bucket": job.target.bucket, "key": job.target.key}


def _outcome(reply: Mapping[str, Any]) -> dict[str, object]:
    """The reply's figures, flat, so that a query needs one path for each."""
    parts, children = reply.get("parts", {}), reply.get("children", {})
    return {
        "status": reply["status"],
        "size": reply["object"]["size"],
        "seconds": reply["seconds"]["total"],
        "bytes_per_second": reply.get("bytes_per_second", 0),
        "parts": parts.get("count", 0),
        "reused": parts.get("reused", 0),
        "invocations": children.get("invocations", 0),
        "throttled": children.get("throttled", 0),
    }
