"""What there is: tasks that Function Compute knows, and jobs that have records in a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, TypedDict

from ..asked.sources import without_secrets
from ..buckets import bucket_of
from ..fc.api import FunctionApi
from ..function import Function
from ..watching.jobs import jobs_in

if TYPE_CHECKING:
    from ossferry.ledger.head import Head

    from ..fc.tasks import Task


class TaskRow(TypedDict):
    """Times are epoch seconds; ``event`` is what was sent, without secrets."""

    id: str
    status: str
    started: float
    ended: float | None
    retried: int
    error: str | None
    event: Mapping[str, Any] | None


class JobRow(TypedDict):
    """``items`` are done, ``of`` all, or None as long as that is not known."""

    id: str
    status: str
    began: float
    items: int
    of: int | None
    failed: int
    bytes: int


class Listed(TypedDict):
    """As ``ls --json`` has it. A job of these days is in both."""

    tasks: list[TaskRow]
    jobs: list[JobRow]


def listed(
    function: Function,
    api: FunctionApi,
    prefix: str,
    status: str | None,
    limit: int,
    bucket: str | None,
    region: str | None,
) -> Listed:
    """Jobs of the bucket, or of the usual one, unless it is asked for tasks of one status."""
    tasks = [*islice(api.tasks(prefix, status or ""), limit)]
    where = bucket or function.bucket
    heads: list[Head] = []
    if where and status is None:
        found = jobs_in(bucket_of(function, where, region))
        heads = [*islice((each for each in found if each.id.startswith(prefix)), limit)]
    return {"tasks": [*map(_of_task, tasks)], "jobs": [*map(_of_job, heads)]}


def _of_task(task: Task) -> TaskRow:
    return {
        "id": task.id,
        "status": task.status,
        "started": task.started,
        "ended": task.ended or None,
        "retried": task.retried,
        "error": task.error or None,
        "event": without_secrets(task.event) if task.event else None,
    }


def _of_job(head: Head) -> JobRow:
    return {
        "id": head.id,
        "status": head.status,
        "began": head.began,
        "items": head.sum.items,
        "of": head.items,
        "failed": head.sum.failed,
        "bytes": head.sum.bytes,
    }
