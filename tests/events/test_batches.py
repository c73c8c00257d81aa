"""What a batch keeps of a message that cannot be read: an event that means the same again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ossferry.errors import InvalidEvent
from ossferry.events.parse import parse
from ossferry.jobs import BatchJob, Message
from ossferry.settings import Settings

REQUEST = {
    "source_url": "https://example.com/a",
    "target_object_name": "a.bin",
    "target_region": "cn-hangzhou",
    "target_bucket_name": "my-bucket",
}


def alone(event: object) -> Message:
    batch = parse(event, Settings())
    assert isinstance(batch, BatchJob)
    (message,) = batch.messages
    return message


@pytest.mark.parametrize("event", [[[[[[REQUEST]]]]], [[[[[[REQUEST]]]]]], ["no job"], [5]])
def test_what_was_refused_is_refused_again(event: Any) -> None:
    """Sent on by itself, lists in lists of lists are still too deep, for whoever sees them next."""
    first = alone(event)
    assert isinstance(first.job, InvalidEvent)
    second = alone(json.loads(json.dumps(first.document)))
    assert isinstance(second.job, InvalidEvent)
    assert second.job.message == first.job.message
