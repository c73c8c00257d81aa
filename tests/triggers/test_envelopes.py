"""Events of every form: what is in them is found, and nothing else comes out but refusals."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossferry.errors import InvalidEvent
from ossferry.events.parse import MOST_MESSAGES, parse
from ossferry.jobs import BatchJob, Message, SweepJob, TransferJob
from ossferry.names import ObjectName
from ossferry.settings import Settings
from ossferry.triggers.envelopes import ENVELOPES
from ossferry.urls import Url
from tests.triggers.recorded import FROM_OSS, NAMES, TWO, filled

SETTINGS = Settings(target_bucket="my-bucket")
URL = "https://example.com/a?sig=C4n4ry"
REQUEST = {
    "source_url": URL,
    "target_object_name": "a.bin",
    "target_region": "cn-hangzhou",
    "target_bucket_name": "my-bucket",
}
SWEEP = {"kind": "sweep", "target_region": "cn-hangzhou", "target_bucket_name": "my-bucket"}
TIMER = {"triggerTime": "2023-12-26T07:49:00Z", "triggerName": "t"}
NOT_OVER_HTTP = [name for name in NAMES if name != "http"]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
MESSAGE = st.sampled_from([REQUEST, SWEEP, {**REQUEST, "overwrite": "never"}, 5, "no job", {}])


def in_envelopes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What may be made of a message on its way: text, a list, any envelope, or two at once."""
    marks = st.sampled_from(ENVELOPES).map(lambda each: dict.fromkeys(each.marks, "oss:x"))
    fields = st.sampled_from(["payload", "Message", "body", "data", "value", "events", "messages"])
    wrapped = st.builds(lambda marks, field, held: {**marks, field: held}, marks, fields, inner)
    return inner.map(json.dumps) | st.lists(inner, max_size=3) | wrapped


EVENT = st.recursive(MESSAGE | JSON, in_envelopes, max_leaves=6)


def recorded(name: str) -> Any:
    event = filled(
        name, url=URL, bucket="my-bucket", region="cn-hangzhou", key="a.bin", watched="uploads"
    )
    return json.loads(event)


def jobs(event: object) -> list[object]:
    """Everything that an event asks for."""
    job = parse(event, SETTINGS)
    return [message.job for message in job.messages] if isinstance(job, BatchJob) else [job]


def messages(event: object) -> tuple[Message, ...]:
    job = parse(event, SETTINGS)
    assert isinstance(job, BatchJob)
    return job.messages


@pytest.mark.parametrize("name", NOT_OVER_HTTP)
def test_recorded_event_asks_for_the_transfers_in_it(name: str) -> None:
    """Whatever it is wrapped in, it is the same as the job by itself."""
    keys = ["a.bin", "a.bin.2"] if name in TWO else ["a.bin"]
    source = [ObjectName("cn-hangzhou", "uploads", each) for each in keys]
    assert jobs(recorded(name)) == [
        TransferJob(
            source=source[number] if name in FROM_OSS else Url(URL),
            target=ObjectName("cn-hangzhou", "my-bucket", key),
        )
        for number, key in enumerate(keys)
    ]


def test_every_envelope_is_among_the_recorded_events() -> None:
    """A row of the table that no example has is one that nobody has tried."""
    everything = json.dumps([recorded(name) for name in NAMES]).replace("\\", "")
    for envelope in ENVELOPES:
        if envelope.marks != ("messages",):
            assert all(f'"{mark}"' in everything for mark in envelope.marks), envelope.what


@pytest.mark.parametrize("held", [SWEEP, json.dumps(SWEEP), json.dumps(json.dumps(SWEEP))])
def test_a_timer_can_ask_for_a_sweep(held: object) -> None:
    """As any message can ask for whatever an event can."""
    assert isinstance(parse({**TIMER, "payload": held}, SETTINGS), SweepJob)


@pytest.mark.parametrize("payload", ["", "  ", None, "awesome-fc", "[1", 5, True, "null", "7"])
def test_a_timer_without_a_job_is_refused_by_the_name_of_its_payload(payload: object) -> None:
    """Nobody is there to see it but in the log, so it says where to look."""
    for event in ({**TIMER, "payload": payload}, TIMER):
        with pytest.raises(InvalidEvent, match="the payload of the timer"):
            parse(event, SETTINGS)


@pytest.mark.parametrize(
    ("event", "holder"),
    [
        ({"TopicName": "t", "Message": "hello topic"}, "MNS topic"),
        ({"body": "hello topic", "attrs": {}}, "MNS topic"),
        ({"specversion": "1.0", "type": "x", "data": "TEST"}, "EventBridge event"),
        ({"specversion": "1.0", "type": "x"}, "EventBridge event"),
        ({"topic": "t", "partition": 1, "value": None}, "Kafka record"),
        ({"messages": 5}, "messages"),
    ],
)
def test_what_holds_no_job_is_refused_by_its_name(event: object, holder: str) -> None:
    """A message that was meant for somebody else, or was not written as JSON."""
    with pytest.raises(InvalidEvent, match=holder):
        parse(event, SETTINGS)


def test_an_event_of_oss_is_known_by_its_type_where_its_data_has_no_name() -> None:
    """EventBridge says in the type what OSS's own trigger says in the data."""
    event = recorded("oss-by-eventbridge")
    name = event["data"].pop("eventName")
    assert len(jobs(event)) == 1
    removed = {**event, "type": event["type"].replace(name, "ObjectRemoved:DeleteObject")}
    assert parse(removed, SETTINGS) == BatchJob((), ignored=1)


def test_a_batch_keeps_its_order_and_what_is_wrong_in_it() -> None:
    """Each message is read by itself, whatever its neighbours are."""
    first, second, third, fourth = jobs([REQUEST, "no job", {**REQUEST, "x": 1}, SWEEP])
    assert isinstance(first, TransferJob)
    assert isinstance(second, InvalidEvent)
    assert isinstance(third, InvalidEvent)
    assert isinstance(fourth, SweepJob)


def test_lists_in_lists_are_one_batch() -> None:
    """So a message of a queue may itself be a list of jobs; there is an end to it."""
    text = json.dumps([REQUEST, REQUEST])
    assert len(jobs([text, {**TIMER, "payload": text}])) == 4
    (deep,) = jobs([[[[[REQUEST]]]]])
    assert isinstance(deep, InvalidEvent)
    assert "flat" in str(deep)


def test_the_number_of_messages_is_bounded() -> None:
    """Wherever they stand; the sentence says what to change."""
    assert len(jobs([REQUEST] * MOST_MESSAGES)) == MOST_MESSAGES
    half = [REQUEST] * (MOST_MESSAGES // 2)
    for many in ([REQUEST] * (MOST_MESSAGES + 1), [half, half, REQUEST]):
        with pytest.raises(InvalidEvent, match=r"1000 messages.*smaller"):
            parse(many, SETTINGS)


def test_envelopes_in_envelopes_come_to_an_end() -> None:
    """However deep somebody nests them."""
    event: object = REQUEST
    for _ in range(50):
        event = {**TIMER, "payload": event}
    with pytest.raises(InvalidEvent, match="envelopes"):
        parse(event, SETTINGS)


def test_text_that_is_too_deep_to_read_is_refused() -> None:
    """The reader of JSON has limits of its own."""
    with pytest.raises(InvalidEvent):
        parse({**TIMER, "payload": "[" * 100_000}, SETTINGS)


def test_fields_beside_messages_are_refused() -> None:
    """An option there would seem to be for all of them, and be for none."""
    with pytest.raises(InvalidEvent, match="messages"):
        parse({"messages": [REQUEST], "part_size": 1 << 20}, SETTINGS)


def test_a_message_shows_no_secret() -> None:
    """What it came as is kept, and not shown."""
    (message,) = messages([REQUEST])
    assert message.document == REQUEST
    assert "C4n4ry" not in repr(message)


@settings(max_examples=300)
@given(EVENT)
def test_any_event_is_a_job_or_an_invalid_event(event: object) -> None:
    """Whatever is in whatever; nothing else happens, and every refusal is one sentence."""
    try:
        found = jobs(event)
    except InvalidEvent as error:
        found = [error]
    for each in found:
        assert isinstance(each, TransferJob | SweepJob | InvalidEvent)
        assert "\n" not in str(each)


@settings(max_examples=300)
@given(EVENT)
def test_any_message_can_be_asked_for_again_alone(event: object) -> None:
    """Its document makes the same of it, and never several: that is what ends all sending on."""
    with contextlib.suppress(InvalidEvent):
        job = parse(event, SETTINGS)
        for message in job.messages if isinstance(job, BatchJob) else ():
            assert isinstance(message.document, Mapping)
            sent = json.loads(json.dumps(message.document))
            try:
                (again,) = jobs(sent)
            except InvalidEvent as error:
                again = error
            assert str(again) == str(message.job)
