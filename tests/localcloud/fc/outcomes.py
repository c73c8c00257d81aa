"""How an execution ended, in FC's words: whatever the function did, the call itself succeeded."""

from __future__ import annotations

import json
from dataclasses import dataclass

from .instance import Answer

UNHANDLED = "UnhandledInvocationError"
MAX_ANSWER = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the caller gets; ``error_type`` is None when the function returned."""

    body: bytes
    error_type: str | None = None
    # Whether the instance can take another request.
    reusable: bool = True


def answered(answer: Answer) -> Outcome:
    """The function returned or raised."""
    if answer.failed:
        return Outcome(answer.body, UNHANDLED)
    if len(answer.body) > MAX_ANSWER:
        return _failed(f"response payload size exceeds maximum allowed size ({MAX_ANSWER} bytes)")
    return Outcome(answer.body)


def exited(duration_ms: float, memory_mb: float) -> Outcome:
    """The process has gone: it exited, crashed, or was killed for its memory."""
    measured = f"(duration: {duration_ms:.0f}ms, maxMemoryUsage: {memory_mb:.2f}MB)"
    message = f"Process exited unexpectedly before completing request {measured}"
    return _failed(message, reusable=False)


def timed_out(timeout: float, memory_mb: float) -> Outcome:
    """The function ran into its timeout and was killed."""
    message = f"Function time out after {timeout:g} seconds (maxMemoryUsage: {memory_mb:.2f}MB)"
    return _failed(message, reusable=False)


def _failed(message: str, *, reusable: bool = True) -> Outcome:
    return Outcome(json.dumps({"errorMessage": message}).encode(), UNHANDLED, reusable)
