"""Which messages may be done in any order, and how they are packed into events."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import InvalidEvent
from ossferry.events.parse import parse
from ossferry.invocation.messages import in_events, small_and_free
from ossferry.jobs import BatchJob, Message, TransferJob, as_event
from ossferry.settings import Settings

BASE = {"target_region": "cn-hangzhou", "target_bucket_name": "my-bucket"}
BULK = {**BASE, "kind": "bulk"}
EAGER = {**BASE, "kind": "sweep", "older_than_hours": 0}


def to(key: str, source: str = "https://h/x", **fields: object) -> dict[str, Any]:
    return {**BASE, "source_url": source, "target_object_name": key, **fields}


def messages(*events: object) -> tuple[Message, ...]:
    job = parse({"messages": list(events)}, Settings(), "cn-hangzhou")
    assert isinstance(job, BatchJob)
    return job.messages


@pytest.mark.parametrize(
    ("events", "free"),
    [
        ([to("a"), to("b")], {0, 1}),
        ([to("a"), to("b"), to("a")], {1}),
        ([to("a"), to("a", target_bucket_name="other")], {0, 1}),
        ([to("a", part_size=102400), to("b", streams=1), to("c", max_children=0)], {2}),
        ([to("a", expected_size=1, overwrite="never", metadata={"a": "b"})], {0}),
        ([to("b", "oss://my-bucket/a"), to("a"), to("c")], {2}),
        ([to("b", "oss://my-bucket/x"), to("c", "oss://my-bucket/x")], {0, 1}),
        ([{**BASE, "kind": "sweep"}, to("a"), "no JSON", 5], {1}),
        ([{**BULK, "list": "https://h/x.urls", "target_prefix": "in/"}, to("in/a"), to("b")], {2}),
        ([{**BULK, "list": "oss://my-bucket/x.urls", "target_prefix": "i"}, to("x.urls")], set()),
        ([{**BULK, "source": "oss://other/p/", "target_prefix": "i"}, to("a")], {1}),
        (
            [
                {**BULK, "source": "oss://other/p/", "target_prefix": "i"},
                to("p/a", target_bucket_name="other"),
                to("a", "oss://my-bucket/ib"),
            ],
            set(),
        ),
    ],
)
def test_what_writes_or_reads_what_another_one_writes_keeps_its_place(
    events: list[object], free: set[int]
) -> None:
    """All else that may be small is free; what only one by one has is none of that."""
    found = messages(*events)
    assert {*small_and_free(found)} == free
    assert all(found[place].job is job for place, job in small_and_free(found).items())


def test_a_key_that_may_be_two_is_read_one_by_one() -> None:
    """As the event of OSS has it, or decoded: the second look depends on the first."""
    job = messages(to("a"))[0].job
    assert isinstance(job, TransferJob)
    doubtful = TransferJob(job.source, job.target, fallback=job)
    assert small_and_free([Message(doubtful, {})]) == {}


@given(st.lists(st.integers(0, 300), max_size=40))
def test_events_hold_every_message_once_and_no_more_than_they_may(sizes: list[int]) -> None:
    """In as few as their order allows."""
    asked = [Message(InvalidEvent("x"), {"n": n, "x": "鍵" * s}) for n, s in enumerate(sizes)]
    events = in_events(asked, 2048)
    assert [each["n"] for event in events for each in event["messages"]] == [*range(len(sizes))]
    assert all(len(as_event(event)) <= 2048 - 1000 for event in events)
    for one, other in pairwise(events):
        assert len(as_event(one)) + len(as_event(other["messages"][0])) > 1000


def test_those_that_depend_on_each_other_stay_in_one_event_in_their_order() -> None:
    """Events are done side by side."""
    asked = messages(*(to(f"{n % 9}", "https://h/" + "x" * 900) for n in range(12)))
    events = in_events(asked, 8192)
    keys = [[each["target_object_name"] for each in event["messages"]] for event in events]
    assert [key for event in keys for key in event] == [*"012012", *"345678"]
    assert keys[0][:6] == [*"012012"]
    assert len(keys) == 2


def test_what_would_be_ended_by_a_sweep_stays_with_it() -> None:
    """One that spares nothing ends also what is under way beside it."""
    events = in_events(messages(to("a"), EAGER, to("b", "https://h/" + "x" * 8000)), 4096)
    assert len(events) == 1
    assert len(in_events(messages(to("a"), to("b", "https://h/" + "x" * 8000)), 4096)) == 2


def test_odd_text_has_a_size_too() -> None:
    """Half of a surrogate pair is sent as the escape that it came as."""
    message = messages(json.loads(json.dumps(to("\ud800"))))[0]
    (event,) = in_events([message], 4096)
    assert json.loads(as_event(event)) == event
