"""Does the messages of one event; one that fails does not stop the others.

Small transfers that depend on no other message go first, many at once; what is left goes in its
order. FC retries and reports events, not messages. So each message that fails is sent on as an
event of its own, which FC's retries and its failure destination then deal with alone: with its
error where trying again is useless. So is one that takes all of an invocation, or none behind it
would ever be done. A message that already is alone is not: its error is the event's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from ..cloud import EVENT_AT_MOST, Cloud
from ..errors import BatchFailed, FerryError, InvalidEvent, OutOfTime, Stopped, Unfinished
from ..jobs import BatchJob, Job, Message, TransferJob
from ..log import log
from .fault import told
from .final import is_final, with_error
from .messages import in_events, small_and_free

Reply = dict[str, object]
Hear = Callable[[int, "Reply | FerryError"], None]

_MANY = 2  # below that, it is no use to load what copies many at once


class Batch:
    """``many`` copies small transfers at once and tells what came of them, by their place: of those
    of which it is certain.

    ``replies`` tells what became of the messages so far, ``rest`` are events that ask for all that
    is left, and for nothing that is done.
    """

    def __init__(
        self,
        job: BatchJob,
        do: Callable[[Job], Reply],
        many: Callable[[Mapping[int, TransferJob], Hear], None],
        cloud: Cloud,
    ) -> None:
        self._job = job
        self._do = do
        self._many = many
        self._cloud = cloud
        self._told: dict[int, Reply] = {}  # by place
        self._failed: dict[int, FerryError] = {}  # of many; not told of yet
        self._stuck: dict[int, FerryError] = {}  # failed, and could not be sent on, and why

    @property
    def replies(self) -> list[Reply]:
        return [self._told[place] for place in sorted(self._told)]

    @property
    def rest(self) -> list[dict[str, object]]:
        left = [
            message
            for place, message in enumerate(self._job.messages)
            if place in self._stuck or place not in self._told
        ]
        return in_events(left, EVENT_AT_MOST)

    def run(self) -> Reply:
        """The reply of the whole; ``Unfinished`` if the time of this invocation is up before.

        Raises ``BatchFailed`` if a message is stuck, so that whoever sent the batch sends it again.
        """
        self._do_many()
        for place, message in enumerate(self._job.messages):
            if place not in self._told:
                self._tell(place, self._settled(place, message))
        if self._stuck:
            raise BatchFailed(
                f"{len(self._stuck)} of {len(self._told)} messages failed and could not be sent"
                f" on: {self._reasons()}"
            )
        return {"status": "done", "messages": self.replies, "ignored": self._job.ignored}

    def _do_many(self) -> None:
        jobs = small_and_free(self._job.messages)
        if len(jobs) < _MANY or self._cloud.stop.is_set():
            return
        try:
            self._many(jobs, self._hear)
        except Exception as error:  # whatever it is: one by one is slower, and is tried
            failure = told(error)
            log("batch.one_by_one", "error", error_type=failure.type, error=failure.message)

    def _hear(self, place: int, outcome: Reply | FerryError) -> None:
        if isinstance(outcome, FerryError):
            self._failed[place] = outcome
        else:
            self._tell(place, outcome)

    def _tell(self, place: int, reply: Reply) -> None:
        message = self._job.messages[place]
        named = {"index": message.index, **({"key": message.key} if message.key else {})}
        self._told[place] = {**named, **reply}

    def _settled(self, place: int, message: Message) -> Reply:
        alone = len(self._job.messages) == 1
        late = self._progress and not alone
        try:
            return self._done(place, message)
        except Stopped:
            raise
        except OutOfTime as error:
            if alone or self._cloud.stop.is_set():
                raise
            if late:  # it had only the time that the others left
                raise Unfinished(error.message, progress=True, reused=True) from error
            # It had all the time that there is, so it goes on alone, and those behind it are done.
            return self._sent_on(place, message, error)
        except Exception as error:
            if alone or self._cloud.stop.is_set():
                raise
            return self._sent_on(place, message, told(error))

    @property
    def _progress(self) -> bool:
        """Whether anything has become of a message in this invocation."""
        return len(self._told) > len(self._stuck)

    def _done(self, place: int, message: Message) -> Reply:
        if isinstance(message.job, InvalidEvent):
            raise message.job
        if self._cloud.stop.is_set():
            raise Stopped("the function was stopped before the last message was begun")
        if self._progress and time.monotonic() >= self._cloud.last_call:
            raise OutOfTime("the function's time ended before the last message was begun")
        if place in self._failed:
            raise self._failed[place]
        return self._do(message.job)

    def _sent_on(self, place: int, message: Message, error: FerryError) -> Reply:
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
            self._stuck[place] = refusal
            return {**reply, "resent": False}
        return {**reply, "resent": True}

    def _reasons(self) -> str:
        stuck = [self._told[place] for place in sorted(self._stuck)]
        failed = "; ".join(
            f"message {each['index']}: {each['error_type']}: {each['error']}" for each in stuck[:5]
        )
        refusals = dict.fromkeys(error.message for error in self._stuck.values())
        return f"{failed}; what kept them: {'; '.join([*refusals][:2])}"
