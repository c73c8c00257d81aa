"""One transfer: its record and the receipts of its children, the parts that OSS has, its task.

A task that hands over is ``Succeeded``, and the next one has another id. Then the record lives on,
and what comes of it is written where the first reply says.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ossferry.copying.receipt import Receipt
from ossferry.errors import NoSuchUpload, TargetRefused
from ossferry.names import UPLOAD_MARK
from ossferry.records.record import Record, folder_of, record_of

from ..fc.api import FunctionApi
from ..fc.tasks import SUCCEEDED, Task
from .ends import of_task, outcome_of, task_of
from .look import Ended, Look
from .parts import covered

if TYPE_CHECKING:
    from ossferry.oss.bucket import Bucket

_AT_WORK = 15.0  # seconds since its last receipt, for a child that still copies
# Receipts that a look reads, the newest: where more children are at work, the parts that they
# finish, which are listed all at once, show how far it is.
_READ = 6
# A running transfer writes its record every ten minutes at least.
_LOST = 660.0


class Transfer:
    """``task_id`` is what was submitted, ``event`` what it asks for; ``before`` is the ``mark_of``
    the object that was there, where somebody looked."""

    def __init__(
        self, api: FunctionApi, bucket: Bucket, task_id: str, event: Mapping[str, Any]
    ) -> None:
        self._api = api
        self._bucket = bucket
        self._id = task_id
        self._key = str(event["target_object_name"])
        self._folder = folder_of(self._key)
        self._secret = ""
        self._last = Look("Enqueued")
        self.before: str | None = None

    def look(self) -> Look:
        task = task_of(self._api, self._id)
        try:
            names = self._names()
        except TargetRefused as refused:
            return self._by_task_alone(task, refused.message)
        seen = self._records(names, task)
        ended = None if task.live else self._ended(task, names)
        self._last = seen._replace(ended=ended)
        return self._last if ended is None else _all_of_it(self._last, ended, task)

    def _by_task_alone(self, task: Task, reason: str) -> Look:
        """What is left where the user may not read the bucket: no progress, but the end."""
        going_on = task.live or self._is_tried_again(task)
        trouble = task.error or f"progress cannot be read: {reason}"
        if going_on:
            return Look("Running" if task.status == SUCCEEDED else task.status, trouble=trouble)
        if task.status == SUCCEEDED:
            return Look(task.status, ended=Ended("succeeded", {"status": "succeeded"}))
        return Look(task.status, ended=of_task(task))

    def _names(self) -> dict[str, float]:
        return dict(self._bucket.names(self._folder))

    def _records(self, names: Mapping[str, float], task: Task) -> Look:
        """Of several records of this key, because another transfer may go there, the newest."""
        state = "Running" if task.status == SUCCEEDED else task.status
        base = self._last._replace(
            state=state, retried=task.retried, trouble=task.error if task.live else ""
        )
        own = [
            name for name in names if record_of(name) is None and names[name] >= task.started - 1
        ]
        if not own:
            return base
        name = max(own, key=lambda each: names[each])
        found = self._bucket.read(name)
        record = Record.decode(found[0]) if found else None
        if record is None or not record.upload_id:
            return base if record is None else base._replace(total=record.size)
        sizes = {part.number: part.size for part in record.parts}
        receipts = sorted(
            (each for each in names if record_of(each) == name), key=names.__getitem__
        )
        newest = names[receipts[-1]] if receipts else 0.0
        working = [each for each in receipts if names[each] >= newest - _AT_WORK]
        sent = 0
        for each in receipts[-_READ:]:
            receipt = self._receipt(each, record.secret)
            if receipt is not None:
                sizes |= {part.number: part.size for part in receipt.parts}
                sent += receipt.sent if each in working else 0
        sizes |= self._listed(record)
        done, count = covered(sizes, record.cell, record.size)
        done = done + sent if record.size is None else min(done + sent, record.size)
        return base._replace(done=done, total=record.size, parts=count, children=len(working))

    def _receipt(self, name: str, secret: str) -> Receipt | None:
        found = self._bucket.read(name)
        return Receipt.decode(found[0], secret) if found else None

    def _listed(self, record: Record) -> dict[int, int]:
        """What OSS has already and no record tells of; nothing where that may not be listed."""
        try:
            there = self._bucket.list_parts(record.key, record.upload_id)
        except (NoSuchUpload, TargetRefused):
            return {}
        return {number: part.size for number, part in there.items()}

    def _ended(self, task: Task, names: Mapping[str, float]) -> Ended | None:
        outcome = outcome_of(self._bucket, task.request_id)
        if outcome is not None:
            return None if outcome.error and self._is_tried_again(task) else outcome
        if task.status != SUCCEEDED:
            return of_task(task)
        going_on = [
            moment
            for name, moment in names.items()
            if record_of(name) is None and moment >= task.started - 1
        ]
        if going_on:
            return self._lost(max(going_on))
        return self._done(task)

    def _is_tried_again(self, task: Task) -> bool:
        """Whether an error that was written is not the last word: of what was handed over, Function
        Compute tries each invocation several times."""
        return task.status == SUCCEEDED and bool(self._api.going_on(task.request_id))

    def _lost(self, written: float) -> Ended | None:
        """Nothing, as long as somebody goes on with it."""
        if self._bucket.now() - written < _LOST:
            return None
        error = "nobody goes on with this copy: send it again with resume, which keeps what is done"
        return Ended("lost", {"status": "lost"}, "Unfinished", error)

    def _done(self, task: Task) -> Ended | None:
        """What is in OSS: Function Compute does not tell what was replied."""
        found = self._bucket.page(self._key, "", 1).entries
        if not found or found[0].key != self._key:
            error = f"the task succeeded, and there is no object {self._key}: somebody deleted it"
            return Ended("lost", {"status": "lost"}, "", error)
        there = found[0]
        # Dates of OSS are whole seconds.
        copied = there.modified >= int(task.started)
        if copied and self.before:
            copied = mark_of(self._bucket, self._key) != self.before
        status = "copied" if copied else "unchanged"
        target = {"bucket": self._bucket.name, "key": there.key, "size": there.size}
        reply = {"status": status, "object": {**target, "etag": there.etag.strip('"')}}
        took = max(0.0, (task.ended or time.time()) - task.started)
        return Ended(status, {**reply, "seconds": {"total": round(took, 1)}})


def mark_of(bucket: Bucket, key: str) -> str | None:
    """Which upload made an object; None if there is none, or nobody may look."""
    try:
        found = bucket.head(key)
    except TargetRefused:
        return None
    return found.metadata.get(UPLOAD_MARK) if found else None


def _all_of_it(look: Look, ended: Ended, task: Task) -> Look:
    """An object that is there is there as a whole, however far the last look but one was."""
    found = ended.reply.get("object")
    look = look._replace(state=task.status)
    if not isinstance(found, Mapping):
        return look
    size = int(found.get("size") or 0)
    return look._replace(done=size, total=size, children=0)
