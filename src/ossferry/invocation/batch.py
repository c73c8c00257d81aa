"""Does the messages of one event in their order; one that fails does not stop the others.

FC retries and reports events, not messages. So each message that fails is sent on as an event of
its own, which FC's retries and its failure destination then deal with alone: with its error where
trying again is useless. So is one that takes all of an invocation, or none behind it would ever be
done. A message that already is alone is not: its error is the event's.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ..cloud import Cloud
from ..errors import BatchFailed, FerryError, InvalidEvent, OutOfTime, Stopped, Unfinished
from ..jobs import BatchJob, BulkJob, Message, SweepJob, TransferJob
from ..log import log
from .fault import told
from .final import is_final, with_error

Reply = dict[str, object]


class Batch:
    """``replies`` tells what became of the messages so far, ``rest`` asks for all that is left."""

    def __init__(
        self, job: BatchJob, do: Callable[[TransferJob | SweepJob | BulkJob], Reply], cloud: Cloud
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
            named = {"index": message.index, **({"key": message.key} if message.key else {})}
            self.replies.append({**named, **self._settled(message)})
        if self._stuck:
            raise BatchFailed(
                f"{len(self._stuck)} of {len(self.replies)} messages failed and could not be sent"
                f" on: {self._reasons()}"
            )
        return {"status": "done", "messages": self.replies, "ignored": self._job.ignored}

    def _settled(self, message: Message) -> Reply:
        alone = len(self._job.messages) == 1
        late = self._progress and not alone
        try:
            return self._done(message)
        except Stopped:
            raise
        except OutOfTime as error:
            if alone or self._cloud.stop.is_set():
                raise
            if late:  # it had only the time that the others left
                raise Unfinished(error.message, progress=True, reused=True) from error
            # It had all the time that there is, so it goes on alone, and those behind it are done.
            return self._sent_on(message, error)
        except Exception as error:
            if alone or self._cloud.stop.is_set():
                raise
            return self._sent_on(message, told(error))

    @property
    def _progress(self) -> bool:
        """Whether anything has become of a message in this invocation."""
        return len(self.replies) > len(self._stuck)

    def _done(self, message: Message) -> Reply:
        if isinstance(message.job, InvalidEvent):
            raise message.job
        if self._cloud.stop.is_set():
            raise Stopped("the function was stopped before the last message was begun")
        if self._progress and time.monotonic() >= self._cloud.last_call:
            raise OutOfTime("the function's time ended before the last message was begun")
        return self._do(message.job)

    def _sent_on(self, message: Message, error: FerryError) -> Reply:
        final = is_final(error)
        reply: Reply = {"status": "failed", "error_type": error.type, "error": error.message}
        where = {"index": message.index, "key": message.key}
        log("message.failed", "warning", **where, error_type=error.type, error=error.message)
        try:
            self._cloud.invoke_later(
                with_error(message.document, error) if final else message.document
            )
        except FerryError as refusal:
            reason = {"error_type": refusal.type, "error": refusal.message}
            log("message.not_sent_on", "error", **where, **reason)
            self._stuck.append(message)
            return {**reply, "resent": False}
        return {**reply, "resent": True}

    def _reasons(self) -> str:
        stuck = [each for each in self.replies if each.get("resent") is False]
        return "; ".join(
            f"message {each['index']}: {each['error_type']}: {each['error']}" for each in stuck[:5]
        )
