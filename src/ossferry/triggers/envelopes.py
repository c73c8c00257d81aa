"""What triggers put messages into, and how to get them out again.

``ENVELOPES`` has a row per form. What is in none of them is a message itself, or a list of several.
Nothing here knows what a message asks for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..errors import InvalidEvent
from .slip import slip

Object = Mapping[str, Any]


def _field(name: str) -> Callable[[Object], object]:
    return lambda envelope: envelope.get(name)


def _data(event: Object) -> object:
    """The data of an EventBridge event; that of OSS's is an entry of what OSS itself sends."""
    data = event.get("data")
    if str(event["type"]).startswith("oss:") and isinstance(data, Mapping):
        return {"events": [{"eventName": event["type"], **data}]}
    return data


def _alone(event: Object) -> object:
    if len(event) > 1:
        raise InvalidEvent("messages stands alone: put other fields into each message")
    return event["messages"]


class Envelope(NamedTuple):
    """An object that has all the fields ``marks``. ``what`` it holds is for a person."""

    marks: tuple[str, ...]
    what: str
    content: Callable[[Object], object]


# FC user guide, "Formats of event for different triggers"; EventBridge's on its event sources.
ENVELOPES = (
    Envelope(("triggerTime", "triggerName"), "the payload of the timer", _field("payload")),
    Envelope(("TopicName", "Message"), "the message of the MNS topic", _field("Message")),
    Envelope(("body", "attrs"), "the message of the MNS topic", _field("body")),
    Envelope(("specversion", "type"), "the data of the EventBridge event", _data),
    Envelope(("topic", "partition", "value"), "the value of the Kafka record", _field("value")),
    Envelope(("eventName", "oss"), "the event of OSS", lambda entry: {"events": [entry]}),
    Envelope(("messages",), "messages", _alone),  # our own, for what is no object by itself
)

# More than any trigger makes of a text in a list of texts.
_STEPS = 10


def opened(event: object) -> Object | list[Any]:
    """What is in the event once all envelopes are off: a message, or a list of anything."""
    what, content = "the event", event
    for _ in range(_STEPS):
        if isinstance(content, str):
            content = _read(content, what)
        if isinstance(content, list):
            return content
        if isinstance(content, Mapping):
            envelope = _envelope_of(content)
            if envelope is None:
                return content
            what, content = envelope.what, envelope.content(content)
        elif not isinstance(content, str):
            raise InvalidEvent(f"{what} must be a job: a JSON object with source_url and so on")
    raise InvalidEvent(f"the event is in more than {_STEPS} envelopes: send the job itself")


def _envelope_of(content: Object) -> Envelope | None:
    return next((each for each in ENVELOPES if content.keys() >= {*each.marks}), None)


def _read(text: str, what: str) -> object:
    if not text.strip():
        raise InvalidEvent(f"{what} is empty: give a job as JSON")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        why = slip(error)
        raise InvalidEvent(f"{what} must be a job as JSON, and is no JSON{why}") from None
