"""Where the result of an asynchronous call goes: another function, or a queue or topic.

Queues and topics exist here only as lists of the messages that they got.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .template import InvalidTemplate

if TYPE_CHECKING:
    from .async_config import AsyncConfig
    from .tasks import AsyncTask

_FUNCTION = re.compile(r"acs:fc:[^:]*:[^:]*:(?:services/[^/]+/)?functions/(?P<name>[^/]+)")
_MESSAGES = re.compile(r"acs:mns:[^:]*:[^:]*:/(?P<kind>queues|topics)/(?P<name>[^/]+)/messages")


@dataclass(frozen=True, slots=True)
class Destination:
    """``kind`` is ``functions``, ``queues`` or ``topics``."""

    kind: str
    name: str


def parse(arn: str) -> Destination:
    """Read the ARN of a destination."""
    if (function := _FUNCTION.fullmatch(arn)) is not None:
        return Destination("functions", function["name"])
    if (messages := _MESSAGES.fullmatch(arn)) is not None:
        return Destination(messages["kind"], messages["name"])
    raise InvalidTemplate(f"the destination {arn} is not supported")


def for_task(task: AsyncTask, config: AsyncConfig) -> Destination | None:
    """Return where a task that ended reports to; one that was stopped does not report."""
    arn = {
        "Succeeded": config.on_success,
        "Failed": config.on_failure,
        "Expired": config.on_failure,
    }.get(task.status)
    return parse(arn) if arn else None


def message(task: AsyncTask, arn: str) -> dict[str, Any]:
    """Return what the destination is told."""
    outcome = task.outcome
    return {
        "timestamp": task.ended,
        "requestContext": {
            "requestId": task.request_id,
            "functionArn": arn,
            "condition": "" if outcome is not None else task.error,
            "approximateInvokeCount": task.retried + 1,
        },
        "requestPayload": task.payload.decode("utf-8", "replace"),
        "responseContext": {
            "statusCode": 200,
            "functionError": (outcome.error_type or "") if outcome is not None else "",
        },
        "responsePayload": outcome.body.decode("utf-8", "replace") if outcome is not None else "",
    }
