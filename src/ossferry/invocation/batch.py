"""Does the messages of one event in their order; one that fails does not stop the others.

FC retries and reports events, not messages. So each message that fails is sent on as an event of
its own, which FC's retries and its failure destination then deal with alone. A message that
already is alone is not: its error is the event's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from ..cloud import Cloud
from ..errors import BatchFailed, FerryError, InvalidEvent, OutOfTime, Stopped, Unfinished
from ..jobs import BatchJob, Message, SweepJob, TransferJob
from ..log import log
from ..retry import DEFAULT_POLICY, call
from .fault import told

Reply = dict[str, object]


class Batch:
    """``replies`` tells what became of the messages so far, ``rest`` asks for all that is left."""

    def __init__(
        self, job: BatchJob, do: Callable[[TransferJob | SweepJob], Reply], cloud: Cloud
    ) -> None:
        self.replies: list[Reply] = []
        self._job = job
        self._do = do
        self._cloud = cloud
        self._stuck: list[Message] = []  # failed, and could not be sent on

    @property
    def rest(self) -> dict[str, object]:
        left = [*self._stuck, *self._job.messages[len(self.replies) :]]
        return {"messages": [message.document for message in left]}

    def run(self) -> Reply:
        """The reply of the whole; ``Unfinished`` if the time of this invocation is up before.

        Raises ``BatchFailed`` if a message is stuck, so that whoever sent the batch sends it again.
        """
        for message in self._job.messages:
            self.replies.append(self._settled(message))
        if self._stuck:
            raise BatchFailed(
                f"{len(self._stuck)} of {len(self.replies)} messages failed and could not be sent"
                f" on: {self._reasons()}"
            )
        return {"status": "done", "messages": self.replies, "ignored": self._job.ignored}

    def _settled(self, message: Message) -> Reply:
        try:
            return self._done(message)
        except (Stopped, Unfinished):
            raise
        except Exception as error:
            if len(self._job.messages) == 1 or self._cloud.stop.is_set():
                raise
            return self._sent_on(message, told(error))

    def _done(self, message: Message) -> Reply:
        if isinstance(message.job, InvalidEvent):
            raise message.job
        if self._cloud.stop.is_set():
            raise Stopped("the function was stopped before the last message was begun")
        progress = len(self.replies) > len(self._stuck)
        if progress and time.monotonic() >= self._cloud.last_call:
            raise Unfinished(
                "the function's time ended before the last message was begun", progress=True
            )
        try:
            return self._do(message.job)
        except OutOfTime as error:
            if not progress:
                raise
            # It had only the time that the others left.
            raise Unfinished(error.message, progress=True) from error

    def _sent_on(self, message: Message, error: FerryError) -> Reply:
        reply: Reply = {"status": "failed", "error_type": error.type, "error": error.message}
        log("message.failed", "warning", error_type=error.type, error=error.message)
        send = partial(self._cloud.invoke_later, message.document)
        try:
            call(send, DEFAULT_POLICY, deadline=self._cloud.deadline)
        except FerryError as refusal:
            log("message.not_sent_on", "error", error_type=refusal.type, error=refusal.message)
            self._stuck.append(message)
            return {**reply, "resent": False}
        return {**reply, "resent": True}

    def _reasons(self) -> str:
        stuck = [each for each in self.replies if each.get("resent") is False]
        return "; ".join(f"{each['error_type']}: {each['error']}" for each in stuck[:5])
