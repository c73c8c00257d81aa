"""How a task ended: what it says itself, and what an invocation wrote beside the target."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ossferry.invocation.handover import outcome_name

from ..fc.api import FunctionApi
from ..fc.tasks import Task
from ..problems import Problem
from .look import Ended

if TYPE_CHECKING:
    from ossferry.oss.bucket import Bucket


def task_of(api: FunctionApi, id: str) -> Task:
    task = api.task(id)
    if task is None:
        raise Problem(
            f"Function Compute knows no task {id}: it forgets tasks after seven days, and has none"
            " unless task mode is on (asyncTask: true, as in s.yaml)"
        )
    return task


def of_task(task: Task) -> Ended:
    """Of one that did not succeed."""
    error = task.error or f"the task ended as {task.status}"
    status = "stopped" if task.status == "Stopped" else "failed"
    told = {"status": status, "error_type": task.error_type, "error": error}
    return Ended(status, told, task.error_type, error)


def outcome_of(bucket: Bucket, request_id: str) -> Ended | None:
    """What an invocation wrote that was stopped, was the last of several, or was asked to."""
    found = bucket.read(outcome_name(request_id)) if request_id else None
    if found is None:
        return None
    try:
        reply = json.loads(found[0])
    except ValueError:
        return None
    if "error_type" in reply:
        kind, error = str(reply["error_type"]), str(reply.get("error", ""))
        return Ended("stopped" if kind == "Stopped" else "failed", reply, kind, error)
    return Ended(str(reply.get("status", "done")), reply)
