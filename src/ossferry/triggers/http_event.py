"""The HTTP trigger of Function Compute 3.0: the job is a request's body, the reply a response's.

Who may send requests is the trigger's business. FC user guide, "Use an HTTP trigger to invoke a
function".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from ..errors import (
    ChecksumMismatch,
    ChildFailed,
    ChildThrottled,
    FerryError,
    InvalidEvent,
    ObjectExists,
    OutOfTime,
    ProgramBusy,
    ProgramFailed,
    ProgramMissing,
    ProgramTooLong,
    RangeNotHonoured,
    SourceChanged,
    SourceGone,
    SourceRefused,
    SourceUnavailable,
    TargetRefused,
    TargetUnavailable,
)

# An error that is not here has the status of its kind.
_STATUS: dict[type[FerryError], int] = {
    InvalidEvent: 400,
    SourceRefused: 403,
    TargetRefused: 403,
    SourceGone: 404,
    ProgramMissing: 404,
    ObjectExists: 409,
    SourceChanged: 409,
    ChecksumMismatch: 422,
    ProgramFailed: 422,
    ChildThrottled: 429,
    RangeNotHonoured: 502,
    SourceUnavailable: 503,
    TargetUnavailable: 503,
    ChildFailed: 503,
    ProgramBusy: 503,
    OutOfTime: 504,
    ProgramTooLong: 504,
    FerryError: 500,
}


def body_of(event: Mapping[str, Any]) -> str | bytes:
    body = event.get("body")
    if not isinstance(body, str) or not body:
        raise InvalidEvent("the request has no body: POST a job as JSON")
    if not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:
        raise InvalidEvent("the request's body is said to be base64, and is not") from None


def response(reply: Mapping[str, object]) -> dict[str, object]:
    return _response(202 if reply.get("status") == "handed_over" else 200, reply)


def refusal(error: FerryError) -> dict[str, object]:
    """An error in the words that other callers get it in; for them FC finds the words."""
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    return _response(status, {"errorType": error.type, "errorMessage": error.message})


def _response(status: int, body: Mapping[str, object]) -> dict[str, object]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "isBase64Encoded": False,
        "body": json.dumps(body, ensure_ascii=False),
    }
