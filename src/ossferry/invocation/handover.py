"""Goes on in a fresh invocation when the time of this one is up.

The next invocation is given the same event and, under ``handover``, how many there were, the id of
the first, and how many of them in a row found nothing of what was done before. Its caller is gone
by then, so what comes of it is written beside the target.

Nobody can tell such an event from one that somebody wrote. So it can name nothing but a request,
and what is told of it goes where events may write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..cloud import Cloud, fitting
from ..errors import FerryError, InvalidEvent, TargetError, TargetRefused, Unfinished
from ..jobs import BatchJob, Job
from ..log import log
from ..names import FOLDER

_FIELD = "handover"
# Each has made progress, so this only bounds a source that is slower than anybody waits for:
# forty days of invocations of an hour.
_MOST = 1000
_FRUITLESS = 2  # in a row: a source may be replaced meanwhile, but not time after time
# FC's forms are a UUID and 1-67bbf919-018b6fa6-c29e522d2d31; it becomes part of an object's name.
_REQUEST_ID = r"[0-9A-Za-z][0-9A-Za-z-]{0,63}"


@dataclass(frozen=True, slots=True)
class HandOver:
    """``number`` is 0 in the invocation that somebody asked for.

    ``fruitless`` counts the last invocations that found nothing to go on with.
    """

    number: int = 0
    first_request_id: str = ""
    fruitless: int = 0

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> tuple[HandOver, Mapping[str, Any]]:
        """What an earlier invocation wrote, and the event itself."""
        given = document.get(_FIELD)
        if given is None:
            return cls(), document
        rest = {name: value for name, value in document.items() if name != _FIELD}
        match given:
            case [int(number), str(request_id), int(fruitless)]:
                bounded = 0 < number <= _MOST and 0 <= fruitless < _FRUITLESS
                if bounded and re.fullmatch(_REQUEST_ID, request_id):
                    return cls(number, request_id, fruitless), rest
        raise InvalidEvent(f"{_FIELD} is only written by ossferry itself: leave it out")

    def go_on(
        self, documents: Sequence[Mapping[str, Any]], cloud: Cloud, unfinished: Unfinished
    ) -> dict[str, object]:
        """Start the next invocation with the same event, or one for each of several that together
        ask for what is left; the reply that says so.

        Raises ``Unfinished`` where that would lead nowhere, or cannot be done.
        """
        if self.number >= _MOST or not unfinished.progress or cloud.stop.is_set():
            raise unfinished
        fruitless = self.fruitless + 1 if self.number and not unfinished.reused else 0
        if fruitless >= _FRUITLESS:
            raise Unfinished(
                f"{fruitless} invocations in a row found nothing of what those before them had"
                " copied: the source is another one each time that it is looked at, so it has to be"
                " copied within the function's timeout: raise that, or max_children"
            )
        request_id = self.first_request_id or cloud.request_id
        # Each has an outcome of its own, under a name that the first has not.
        ids = [request_id, *(f"{request_id}-{n}" for n in range(2, len(documents) + 1))]
        events = [
            {**document, _FIELD: [self.number + 1, own_id, fruitless]}
            for document, own_id in zip(documents, ids, strict=True)
        ]
        try:
            for event in events:  # before any is sent
                fitting(event)
            for event in events:
                cloud.invoke_later(event)
        except FerryError as error:
            log("handover.failed", "warning", error_type=error.type, error=error.message)
            if isinstance(error, InvalidEvent):
                raise _with_reason(unfinished, error) from error
            raise unfinished from error
        for own_id in ids:
            log("transfer.handed_over", number=self.number + 1, first_request_id=own_id)
        outcomes = [outcome_name(own_id) for own_id in ids]
        return {
            "status": "handed_over",
            "handovers": self.number + 1,
            "outcome": outcomes[0],
            **({"outcomes": outcomes} if len(outcomes) > 1 else {}),
        }

    def tell(
        self,
        job: Job | BatchJob,
        cloud: Cloud,
        outcome: Mapping[str, object],
        *,
        kept: bool = False,
    ) -> None:
        """Write what came of it, if it is to be ``kept`` or nobody waits for the reply: after a
        hand-over or a stop.

        Of a batch, beside the first target that may be written.
        """
        if not (kept or self.number or cloud.stop.is_set()):
            return
        name = outcome_name(self.first_request_id or cloud.request_id)
        # Half of a surrogate pair becomes the escape that JSON has for it.
        content = json.dumps(outcome, ensure_ascii=False).encode("utf-8", "backslashreplace")
        refused: set[str] = set()  # buckets in which OSS would not have it
        targets = job.targets if isinstance(job, BatchJob) else (job.target,)
        for target in filter(None, targets):
            if target.bucket in refused:
                continue
            try:
                bucket = cloud.bucket(target)
                refused.add(target.bucket)
                return bucket.write(name, content)
            except TargetRefused as error:
                log("outcome.not_written", "warning", name=name, reason=str(error))
            except TargetError as error:
                return log("outcome.not_written", "warning", name=name, reason=str(error))


def _with_reason(unfinished: Unfinished, error: FerryError) -> Unfinished:
    """The same, and why nobody could be found to go on with it."""
    message = f"{unfinished.message}; nor could it be handed over: {error.message}"
    return Unfinished(message, None, unfinished.progress, unfinished.reused)


def outcome_name(request_id: str) -> str:
    """Where in the target bucket the outcome is found."""
    return f"{FOLDER}outcomes/{request_id}.json"
