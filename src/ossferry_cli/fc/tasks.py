"""An asynchronous task as both generations of Function Compute describe it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

LIVE = ("Enqueued", "Dequeued", "Running", "Retrying", "Stopping")
SUCCEEDED, FAILED, STOPPED = "Succeeded", "Failed", "Stopped"


class Task(NamedTuple):
    """Times are epoch seconds, 0 if not yet; ``event`` is what was submitted, where it is told."""

    id: str
    status: str
    error: str = ""
    error_type: str = ""
    request_id: str = ""
    started: float = 0.0
    ended: float = 0.0
    retried: int = 0
    event: Mapping[str, Any] | None = None

    @property
    def live(self) -> bool:
        return self.status in LIVE

    @property
    def handed_over_by(self) -> str:
        """The request id of the first invocation, of a task that goes on with its work."""
        match (self.event or {}).get("handover"):
            case [int(), str(first), int()]:
                return first
        return ""

    def __repr__(self) -> str:
        return f"Task({self.id}, {self.status})"

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Task:
        def said(name: str) -> Any:
            """3.0 says ``taskId`` where 2.0 says ``invocationId``."""
            return document.get(f"task{name}") or document.get(f"invocation{name}") or ""

        error_type, error = _error(str(said("ErrorMessage")))
        return cls(
            id=str(said("Id")),
            status=str(document.get("status", "")),
            error=error,
            error_type=error_type,
            request_id=str(document.get("requestId", "")),
            started=float(document.get("startedTime") or 0) / 1000,
            ended=float(document.get("endTime") or 0) / 1000,
            retried=int(document.get("alreadyRetriedTimes") or 0),
            event=_event(said("Payload")),
        )


def _error(text: str) -> tuple[str, str]:
    """Type and sentence, from what may be a report in JSON, or a sentence."""
    try:
        document = json.loads(text)
        return str(document.get("errorType", "")), str(document.get("errorMessage") or text)
    except (ValueError, AttributeError):
        return "", text


def _event(payload: object) -> Mapping[str, Any] | None:
    try:
        event = json.loads(payload) if isinstance(payload, str | bytes) else None
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
