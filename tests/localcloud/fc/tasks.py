"""One asynchronous call: its states, and how the two APIs describe it.

Every asynchronous call is kept as a task; only those of functions in task mode can be asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .addresses import FC2, Address
from .errors import invalid_argument
from .outcomes import Outcome

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
_FINAL = ("Succeeded", "Failed", "Stopped", "Expired", "Invalid")


@dataclass(slots=True)
class AsyncTask:
    """What was asked for, and what has become of it; times are epoch milliseconds of ``now``."""

    address: Address
    task_id: str
    request_id: str
    payload: bytes
    now: Callable[[], float]
    status: str = ""
    retried: int = 0
    submitted: int = 0
    started: int | None = None
    ended: int | None = None
    instance: str | None = None
    outcome: Outcome | None = None
    error: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.submitted = self._now_ms()
        self.enter("Enqueued")

    @property
    def final(self) -> bool:
        return self.status in _FINAL

    def enter(self, status: str) -> None:
        """Move to another state, unless this one is the last."""
        if self.final:
            return
        now = self._now_ms()
        self.status = status
        self.events.append({"eventId": len(self.events) + 1, "status": status, "timestamp": now})
        if status == "Running" and self.started is None:
            self.started = now
        if self.final:
            self.ended = now

    def age(self) -> float:
        """Return the seconds since it was submitted."""
        return self.now() - self.submitted / 1000

    def _now_ms(self) -> int:
        return int(self.now() * 1000)

    def to_json(self, arn: str, *, with_payload: bool) -> dict[str, Any]:
        """Describe the task in the words of its API version; ``arn`` is the function's."""
        started = self.started if self.started is not None else self.submitted
        ended = self.ended if self.ended is not None else 0
        document: dict[str, Any] = {
            "alreadyRetriedTimes": self.retried,
            "durationMs": max(0, ended - started),
            "endTime": ended,
            "events": self.events,
            "instanceId": self.instance or "",
            "qualifier": self.address.qualifier,
            "requestId": self.request_id,
            "startedTime": started,
            "status": self.status,
        }
        kind = "task"
        if self.address.api_version == FC2:
            kind = "invocation"
            document["serviceName"] = self.address.service
            document["functionName"] = self.address.function
        else:
            document["functionArn"] = arn
        document[f"{kind}Id"] = self.task_id
        document[f"{kind}ErrorMessage"] = self.error
        if with_payload:
            document[f"{kind}Payload"] = self.payload.decode("utf-8", "replace")
        return document


def valid_task_id(text: str) -> str:
    """Return an id that a caller chose, or refuse it."""
    if not _ID.fullmatch(text):
        raise invalid_argument(f"'{text}' is not a valid task id")
    return text
