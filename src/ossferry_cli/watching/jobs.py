"""A job of many items: its head in OSS, and the task that it began with, where there is one."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ossferry.ledger.head import Head, folder_of, head_name
from ossferry.names import BULK_FOLDER, LAST_FOLDER

from ..fc.api import FunctionApi
from ..fc.tasks import SUCCEEDED, Task
from ..problems import Problem
from .ends import of_task
from .look import Ended, Look

if TYPE_CHECKING:
    from ossferry.oss.bucket import Bucket

_STATES = {"running": "Running", "waiting": "Waiting"}
_SENTENCES = {
    "failed": "no item could be done",
    "stopped": "the job was stopped",
}
# A task may have ended a moment before the last head is there: so many looks, or seconds.
_LOOKS, _SECONDS = 3, 5.0


class Job:
    """``job_id`` is None while only the task is known, whose request gives the job its id."""

    def __init__(
        self, api: FunctionApi | None, bucket: Bucket, task_id: str | None, job_id: str | None
    ) -> None:
        self._api = api
        self._bucket = bucket
        self._task_id = task_id
        self.id = job_id
        self._after_end = 0

    def look(self) -> Look:
        task = self._api.task(self._task_id) if self._api and self._task_id else None
        if self.id is None and task is not None:
            self.id = job_of_request(self._bucket, task.request_id)
        head = read_head(self._bucket, self.id) if self.id else None
        if head is None:
            return self._without_head(task)
        look = look_of(head, task)
        if look.ended is None and task is not None and not task.live:
            ended = self._left_alone(task, head)
            return look._replace(ended=ended, state=task.status if ended else look.state)
        return look

    def _without_head(self, task: Task | None) -> Look:
        if task is None:
            raise Problem(
                f"nothing is known of {self.id or self._task_id}: look at ossferry ls, or name the"
                " bucket of its records with --bucket"
            )
        if task.live:
            return Look(task.status, items=0, retried=task.retried, trouble=task.error)
        if task.status == SUCCEEDED:
            ended = None
            if self._is_settled(task):
                error = "its records are gone: a sweep may have removed them"
                ended = Ended("lost", {"status": "lost"}, "", error)
            return Look("Running", items=0, ended=ended)
        return Look(task.status, items=0, ended=of_task(task))

    def _left_alone(self, task: Task, head: Head) -> Ended | None:
        """A task that hands over, or waits, has succeeded; others end the job without a reply."""
        if task.status == SUCCEEDED:
            return None
        if head.epoch > 1 and head.request_ids and head.request_ids[-1] != task.request_id:
            return None  # somebody else has taken it over
        return of_task(task) if self._is_settled(task) else None

    def _is_settled(self, task: Task) -> bool:
        self._after_end += 1
        return self._after_end >= _LOOKS or 0 < task.ended < time.time() - _SECONDS


def look_of(head: Head, task: Task | None = None) -> Look:
    """What a head says."""
    tally = head.sum
    return Look(
        state="Ended" if head.over else _STATES.get(head.status, "Running"),
        done=tally.bytes,
        items=tally.items,
        of=head.items,
        failed=tally.failed,
        waiting=tally.waiting,
        due=head.due,
        retried=task.retried if task else 0,
        trouble=task.error if task and task.live else "",
        ended=_of_reply(head),
    )


def _of_reply(head: Head) -> Ended | None:
    if head.reply is None:
        return None
    status = str(head.reply.get("status", ""))
    return Ended(status, dict(head.reply), "", _SENTENCES.get(status, ""))


def read_head(bucket: Bucket, job_id: str) -> Head | None:
    found = bucket.read(head_name(job_id))
    return Head.decode(found[0]) if found else None


def jobs_in(bucket: Bucket) -> Iterator[Head]:
    """All that have a head, with a listing request each: results lie between them."""
    after = ""
    while True:
        entries = bucket.page(BULK_FOLDER, after, 1).entries
        if not entries:
            return
        folder = entries[0].key.removeprefix(BULK_FOLDER).partition("/")[0]
        after = f"{folder_of(folder)}~"
        head = None if folder_of(folder) == LAST_FOLDER else read_head(bucket, folder)
        if head is not None:
            yield head


def job_of_request(bucket: Bucket, request_id: str) -> str | None:
    """The id that the function gives a job without one: it ends with a digest of the request."""
    end = hashlib.sha256(request_id.encode()).hexdigest()[:8]
    for name, _ in bucket.names(LAST_FOLDER):
        found = bucket.read(name)
        job_id = str(json.loads(found[0])) if found else ""
        if job_id.endswith(f"-{end}"):
            return job_id
    return None
