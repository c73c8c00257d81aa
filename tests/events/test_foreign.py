"""Events that name objects of other clouds."""

from __future__ import annotations

from typing import Any

import pytest

from ossferry.errors import InvalidEvent
from ossferry.events.parse import parse
from ossferry.jobs import TransferJob
from ossferry.names import ObjectName
from ossferry.origins.place import ForeignName
from ossferry.settings import Settings

EVENT = {
    "source_url": "s3://media/a b%20?/日",
    "target_object_name": "a.bin",
    "target_region": "cn-hangzhou",
    "target_bucket_name": "my-bucket",
}


def job(**fields: Any) -> TransferJob:
    found = parse({**EVENT, **fields}, Settings())
    assert isinstance(found, TransferJob)
    return found


def test_a_name_is_taken_as_it_is() -> None:
    """Nothing in it is decoded; where it is, the settings may say."""
    found = job()
    assert found.source == ForeignName("s3", "media", "a b%20?/日")
    assert found.credentials is None


def test_an_event_may_say_where_and_with_which_keys() -> None:
    """By the name of the keys."""
    fields = {"source_region": "auto", "source_endpoint": "https://h", "credentials": "Aws_1"}
    found = job(**fields)
    assert found.source == ForeignName("s3", "media", "a b%20?/日", "auto", "https://h")
    assert found.credentials == "Aws_1"


def test_an_object_of_oss_may_be_asked_for_by_a_role() -> None:
    """By the name of the role."""
    found = job(source_url="oss://their-films/a", source_region="cn-beijing", credentials="them")
    assert found.source == ObjectName("cn-beijing", "their-films", "a")
    assert found.credentials == "them"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"source_url": "https://h/a", "credentials": "aws"}, "credentials is for a source_url"),
        ({"source_url": "oss://bucket/a", "source_endpoint": "https://h"}, "source_endpoint is"),
        ({"source_url": "https://h/a", "source_region": "us-east-1"}, "source_region is for"),
        ({"credentials": "AKID:C4n4ry"}, "credentials must be a name"),
        ({"credentials": ""}, "credentials must be a name"),
        ({"source_endpoint": "https://u:C4n4ry@h"}, "source_endpoint must be"),
        ({"source_region": "Somewhere"}, "source_region must be"),
        ({"source_url": "s3://media/a\n"}, "source_url has a line break"),
        ({"target_object_name": "a\n"}, "target_object_name has a line break"),
        ({"source_url": "cos://media/a"}, "source_url must be like cos://"),
        ({"thaw": True}, "thaw is for"),
    ],
)
def test_what_does_not_go_together_is_said(fields: dict[str, object], said: str) -> None:
    """By the field; keys that somebody put into an event are not quoted."""
    with pytest.raises(InvalidEvent, match=said) as caught:
        job(**fields)
    assert "C4n4ry" not in str(caught.value)
