"""A program over one object, or over none: its task, the receipt of its attempt, its reply.

A receipt is there once the program has told how far it is, or stores its outputs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ossferry.errors import TargetRefused
from ossferry.names import ATTEMPTS_FOLDER
from ossferry.records.attempts import Attempt

from ..fc.api import FunctionApi
from ..fc.tasks import SUCCEEDED, Task
from .ends import of_task, outcome_of, task_of
from .look import Ended, Look

if TYPE_CHECKING:
    from ossferry.oss.bucket import Bucket

# Receipts that a look reads, the newest, until it has found the one.
_READ = 10
_PHASES = {"running": "running", "storing": "storing its outputs"}


class Program:
    """``bucket`` is that of its target; None if it has none."""

    def __init__(
        self, api: FunctionApi, bucket: Bucket | None, task_id: str, event: Mapping[str, Any]
    ) -> None:
        self._api = api
        self._bucket = bucket
        self._id = task_id
        self._program = str(event.get("program", ""))
        self._source = str(event.get("source") or "")
        self._folder = ATTEMPTS_FOLDER
        if not self._source:  # then its receipts follow from what is asked
            alone = f"{self._program} {event.get('target')}"
            self._folder += f"{hashlib.sha256(alone.encode()).hexdigest()[:40]}-"
        self._name = ""

    def look(self) -> Look:
        task = task_of(self._api, self._id)
        if not task.live:
            ended = self._ended(task)
            share = None if ended.error else 1.0
            return Look(task.status, share=share, phase="ended", ended=ended)
        seen = Look(task.status, phase="at work", retried=task.retried, trouble=task.error)
        try:
            attempt = self._attempt(task)
        except TargetRefused as refused:
            why = task.error or f"progress cannot be read: {refused.message}"
            return seen._replace(trouble=why)
        if attempt is None:
            return seen
        phase = _PHASES.get(attempt.state, seen.phase)
        return seen._replace(share=attempt.progress, phase=phase)

    def _attempt(self, task: Task) -> Attempt | None:
        """The receipt that was written for it since it began."""
        if self._bucket is None or not task.started:
            return None
        written = {
            name: moment
            for name, moment in self._bucket.names(self._folder)
            if moment >= task.started - 1
        }
        newest = sorted(written, key=written.__getitem__, reverse=True)[:_READ]
        for name in [self._name] if self._name in written else newest:
            found = self._bucket.read(name)
            attempt = Attempt.decode(found[0]) if found else None
            if attempt and (attempt.program, attempt.source) == (self._program, self._source):
                self._name = name
                return attempt
        return None

    def _ended(self, task: Task) -> Ended:
        try:
            outcome = outcome_of(self._bucket, task.request_id) if self._bucket else None
        except TargetRefused:
            outcome = None
        if task.status != SUCCEEDED:
            return outcome if outcome and outcome.status == "stopped" else of_task(task)
        # An error is that of an attempt before the one that succeeded.
        if outcome and not outcome.error:
            return outcome
        return Ended("done", {"status": "done", "program": self._program})
