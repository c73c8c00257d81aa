"""Several messages in one event: each is done, or told of by itself until it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.models import Config

from tests.e2e.canary import secrets_in
from tests.e2e.conftest import TRIGGER_PREFIX
from tests.e2e.contents import bytes_of
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import Reply, bucket_named, event_for, exists, stored
from tests.e2e.watched import ARRIVALS, entry
from tests.localcloud.client import FunctionError, LocalCloud, started
from tests.localcloud.patience import eventually

PART = 100 * 1024
CONTENT = b"the content of a message"
SETTINGS = {
    "OSSFERRY_FAN_OUT_FROM": "1",
    "OSSFERRY_TARGET_BUCKET": "ossferry-local",
    "OSSFERRY_TARGET_PREFIX": TRIGGER_PREFIX,
}


@pytest.fixture(scope="module")
def shared_reporting_cloud() -> Iterator[LocalCloud]:
    """A cloud that tries asynchronous calls once, has little time, and reports failures."""
    with started(timeout=6, env=SETTINGS) as running:
        client = Client(
            Config(
                access_key_id=running.access_key_id,
                access_key_secret=running.access_key_secret,
                protocol="HTTP",
                endpoint=running.fc_endpoint.removeprefix("http://"),
                region_id=running.region,
            )
        )
        failures = models.Destination(destination="acs:mns:cn-hangzhou::/queues/failed/messages")
        config = models.PutAsyncInvokeConfigInput(
            max_async_retry_attempts=0,
            destination_config=models.DestinationConfig(on_failure=failures),
        )
        request = models.PutAsyncInvokeConfigRequest(body=config)
        client.put_async_invoke_config(running.function, request)
        yield running


@pytest.fixture
def reporting_cloud(shared_reporting_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The same, to be left spotless."""
    with staying_spotless(shared_reporting_cloud):
        yield shared_reporting_cloud


def sent(cloud: LocalCloud, *messages: object) -> Reply:
    """Return the reply to a list of messages; it shows no secret."""
    payload = json.dumps(messages).encode()
    data = cloud.fc.invoke_function(cloud.service, cloud.function, payload=payload).data
    assert not secrets_in(data.decode(), cloud)
    reply: Reply = json.loads(data)
    return reply


def failures(cloud: LocalCloud, about: str, count: int) -> list[dict[str, Any]]:
    """Return the reports of failed events in which a text occurs, once there are so many."""

    def look() -> list[dict[str, Any]]:
        reports = requests.get(f"{cloud.fc_endpoint}/-/queues/failed", timeout=10).json()
        return [each for each in reports if about in each["requestPayload"]]

    return eventually(look, wanted=lambda found: len(found) == count)


def without_final(payload: str) -> dict[str, Any]:
    """Return the event of a report without the error that it was sent on with."""
    event: dict[str, Any] = json.loads(payload)
    assert event.pop("final")[0] in ("InvalidEvent", "SourceGone")
    return event


def statuses(reply: Reply) -> list[str]:
    return [each["status"] for each in reply["messages"]]


def test_message_that_fails_is_reported_alone_and_replaying_it_is_enough(
    reporting_cloud: LocalCloud, key: str
) -> None:
    """The others are done; what the failure destination is told can be sent again. Until then the
    source is not asked any more."""
    there = reporting_cloud.serve_file("there.bin", CONTENT)
    missing = reporting_cloud.serve_file("missing.bin", b"")
    (reporting_cloud.origin_root / "missing.bin").unlink()
    messages = [
        event_for(reporting_cloud, there, f"{key}/1"),
        event_for(reporting_cloud, missing, f"{key}/2"),
        f"{key}: no JSON",
        event_for(reporting_cloud, there, f"{key}/3"),
    ]
    reply = sent(reporting_cloud, *messages)
    assert statuses(reply) == ["copied", "failed", "failed", "copied"]
    asked = len(reporting_cloud.origin_requests(missing)["requests"])
    gone, unreadable = reply["messages"][1:3]
    assert (gone["index"], gone["key"]) == (1, f"{key}/2")
    assert unreadable["index"] == 2
    assert (gone["error_type"], gone["resent"]) == ("SourceGone", True)
    assert (unreadable["error_type"], unreadable["resent"]) == ("InvalidEvent", True)
    assert exists(reporting_cloud, f"{key}/1")
    assert exists(reporting_cloud, f"{key}/3")

    reports = {
        json.loads(each["responsePayload"])["errorType"]: each["requestPayload"]
        for each in failures(reporting_cloud, key, 2)
    }
    assert without_final(reports["SourceGone"]) == messages[1]
    assert without_final(reports["InvalidEvent"]) == {"messages": [messages[2]]}
    assert len(reporting_cloud.origin_requests(missing)["requests"]) == asked
    reporting_cloud.serve_file("missing.bin", CONTENT)
    reporting_cloud.invoke(without_final(reports["SourceGone"]))
    assert stored(reporting_cloud, f"{key}/2") == CONTENT


def test_entry_of_an_oss_event_that_fails_is_reported_alone(
    reporting_cloud: LocalCloud, key: str
) -> None:
    """As an event of OSS that tells of this object only."""
    bucket = bucket_named(reporting_cloud, ARRIVALS)
    bucket.create_bucket()
    keys = [f"{key}/{number}" for number in range(3)]
    bucket.put_object(keys[0], CONTENT)
    bucket.put_object(keys[2], CONTENT)
    reply = reporting_cloud.invoke({"events": [entry(each) for each in keys]})
    assert statuses(reply) == ["copied", "failed", "copied"]
    (report,) = failures(reporting_cloud, key, 1)
    assert without_final(report["requestPayload"]) == {"events": [entry(keys[1])]}
    bucket.put_object(keys[1], CONTENT)
    reporting_cloud.invoke(without_final(report["requestPayload"]))
    for each in keys:
        assert stored(reporting_cloud, TRIGGER_PREFIX + each) == CONTENT


def test_message_that_is_alone_fails_as_itself(reporting_cloud: LocalCloud, key: str) -> None:
    """Sending it on would only be the same again."""
    missing = event_for(reporting_cloud, f"{reporting_cloud.origin}/nothing", key)
    before = len(reporting_cloud.invocations())
    with pytest.raises(FunctionError) as caught:
        reporting_cloud.invoke({"messages": [missing]})
    assert caught.value.error_type == "SourceGone"
    assert len(reporting_cloud.invocations()) == before + 1


def test_message_that_cannot_be_sent_on_fails_the_batch(
    reporting_cloud: LocalCloud, key: str
) -> None:
    """After the others are done, so that another delivery finds only it to do."""
    there = reporting_cloud.serve_file("there.bin", CONTENT)
    batch = {
        "messages": [
            event_for(reporting_cloud, f"{reporting_cloud.origin}/nothing", f"{key}/1"),
            event_for(reporting_cloud, there, f"{key}/2"),
        ]
    }
    reporting_cloud.faults("fc", [{"operation": "InvokeFunction", "nth": 2, "status": 403}])
    with pytest.raises(FunctionError) as caught:
        reporting_cloud.invoke(batch)
    assert caught.value.error_type == "BatchFailed"
    assert caught.value.message.startswith(
        "1 of 2 messages failed and could not be sent on: message 0: Sour"
    )
    assert stored(reporting_cloud, f"{key}/2") == CONTENT
    reporting_cloud.faults("fc")
    assert statuses(reporting_cloud.invoke(batch)) == ["failed", "unchanged"]
    failures(reporting_cloud, key, 1)


def test_message_that_comes_twice_is_one_copy(reporting_cloud: LocalCloud, key: str) -> None:
    """In one batch as between two."""
    message = event_for(reporting_cloud, reporting_cloud.serve_file("there.bin", CONTENT), key)
    assert statuses(sent(reporting_cloud, message, message)) == ["copied", "unchanged"]
    assert stored(reporting_cloud, key) == CONTENT


def test_batch_longer_than_the_timeout_is_handed_over_until_it_is_done(
    reporting_cloud: LocalCloud, key: str
) -> None:
    """What is small is done at once; what is left goes on where it was, alone if it takes all of an
    invocation again."""
    quick = reporting_cloud.serve_file("there.bin", CONTENT)
    slow = reporting_cloud.generated("long", 12 * PART, "rate:100000")
    narrow = {"part_size": PART, "streams": 2, "max_children": 0}
    reply = sent(
        reporting_cloud,
        event_for(reporting_cloud, quick, f"{key}/1", overwrite="always"),
        event_for(reporting_cloud, f"{reporting_cloud.origin}/nothing", f"{key}/2"),
        event_for(reporting_cloud, slow, f"{key}/3", **narrow),
        event_for(reporting_cloud, quick, f"{key}/4"),
    )
    assert (reply["status"], statuses(reply)) == ("handed_over", ["copied", "failed", "copied"])
    assert [each["index"] for each in reply["messages"]] == [0, 1, 3]
    eventually(lambda: exists(reporting_cloud, reply["outcome"]), within=60)
    eventually(lambda: exists(reporting_cloud, f"{key}/3"), within=60)
    last = json.loads(stored(reporting_cloud, reply["outcome"]))
    assert (last["status"], statuses(last)[-1]) == ("done", "copied")
    assert reporting_cloud.origin_requests(slow)["bytes"] < 2 * 12 * PART
    assert stored(reporting_cloud, f"{key}/3") == bytes_of("long", 12 * PART)
    assert stored(reporting_cloud, f"{key}/4") == CONTENT
    failures(reporting_cloud, f"{key}/2", 1)


def test_message_that_stalls_does_not_keep_those_behind_it_waiting(
    reporting_cloud: LocalCloud, key: str
) -> None:
    """It takes one invocation, and then is tried alone: each retry of the batch would else begin,
    and end, with it."""
    slow = reporting_cloud.generated("stall", 8 * PART, "stall:5000,after:1")
    quick = reporting_cloud.serve_file("there.bin", CONTENT)
    narrow = {"part_size": PART, "streams": 2, "max_children": 0}
    reply = sent(
        reporting_cloud,
        event_for(reporting_cloud, slow, f"{key}/1", **narrow),
        event_for(reporting_cloud, quick, f"{key}/2"),
    )
    first = reply["messages"][0]
    assert (first["status"], first["resent"], first["index"]) == ("failed", True, 0)
    assert reply["status"] == "handed_over"
    eventually(lambda: exists(reporting_cloud, reply["outcome"]), within=60)
    assert stored(reporting_cloud, f"{key}/2") == CONTENT
    assert statuses(json.loads(stored(reporting_cloud, reply["outcome"]))) == ["copied"]
    (report,) = failures(reporting_cloud, f"{key}/1", 1)
    assert json.loads(report["requestPayload"])["target_object_name"] == f"{key}/1"
