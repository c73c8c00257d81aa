"""Copy jobs that no coordinator wrote: a child of somebody else's would PUT anything anywhere."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import fc2
import pytest

from tests.e2e.transfers import Reply, exists
from tests.localcloud.client import LocalCloud
from tests.triggers.recorded import filled

RECORD = ".ossferry/0123456789abcdef/0123456789abcdef-0123456789abcdef.json"
SIZE = 5


@dataclass
class Bait:
    """A listener that nobody may connect to: source and target of the attacker's job."""

    url: str
    _listener: socket.socket

    def was_touched(self) -> bool:
        readable, _, _ = select.select([self._listener], [], [], 0)
        return bool(readable)


@contextmanager
def laid() -> Iterator[Bait]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Bait(f"http://127.0.0.1:{listener.getsockname()[1]}", listener)


@pytest.fixture
def bait() -> Iterator[Bait]:
    """One that is untouched."""
    with laid() as bait:
        yield bait


def test_bait_shows_who_touches_it() -> None:
    """What these tests rely on."""
    with laid() as bait:
        host, port = bait.url.removeprefix("http://").split(":")
        assert not bait.was_touched()
        with socket.create_connection((host, int(port))):
            assert bait.was_touched()


def forged(cloud: LocalCloud, source: str, target: str, **fields: object) -> dict[str, Any]:
    """Return a job as a child is sent one, with all that somebody from outside can know."""
    return {
        "kind": "copy",
        "version": 2,
        "source": {"url": source, "headers": {}, "pin": [SIZE, None, None]},
        "parts": [[1, 0, SIZE, target]],
        "streams": 1,
        "seconds": 10,
        "transfer_id": "",
        "warrant": [cloud.region, cloud.bucket_name, RECORD],
        "seal": "0" * 64,
        **fields,
    }


def answered(cloud: LocalCloud, event: object) -> Reply:
    """Return the reply, or what the function reports as its error."""
    payload = json.dumps(event).encode()
    try:
        reply = cloud.fc.invoke_function(cloud.service, cloud.function, payload=payload)
        return dict(json.loads(reply.data))
    except fc2.FcError as error:
        return dict(json.loads(error.message))


REFUSALS = ("InvalidEvent", "TargetRefused", "NoSuchUpload")
FIELDS: dict[str, dict[str, object]] = {
    "with a record that is not there": {},
    "without a record": {"warrant": ["", "", ""]},
    "with a warrant of no sense": {"warrant": None},
    "of the version before": {"version": 1},
}


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS)
def test_forged_job_touches_neither_source_nor_target(
    cloud: LocalCloud, bait: Bait, fields: dict[str, object]
) -> None:
    """Sent as coordinators send theirs: it is refused before anybody is connected to."""
    error = answered(cloud, forged(cloud, bait.url, bait.url, **fields))
    assert error["errorType"] in REFUSALS
    assert not bait.was_touched()


def test_forged_job_with_a_real_signature_writes_nothing(
    cloud: LocalCloud, bait: Bait, key: str
) -> None:
    """Not even where its sender may write: whoever can sign such a URL needs no child."""
    url = cloud.bucket.sign_url("PUT", key, 60, slash_safe=True)
    error = answered(cloud, forged(cloud, bait.url, url))
    assert error["errorType"] in REFUSALS
    assert not bait.was_touched()
    assert not exists(cloud, key)


def test_record_of_an_objects_own_is_no_permission(cloud: LocalCloud, bait: Bait, key: str) -> None:
    """Somebody who may have objects written can have one that looks like a record."""
    content = json.dumps({"version": 2, "key": key, "secret": "0" * 32}).encode()
    cloud.bucket.put_object(key, content)
    job = forged(cloud, bait.url, bait.url, warrant=[cloud.region, cloud.bucket_name, key])
    assert answered(cloud, job)["errorType"] == "InvalidEvent"
    assert not bait.was_touched()


def over_http(job: dict[str, Any], region: str) -> object:
    return {**json.loads(filled("http", region=region)), "body": json.dumps(job)}


TRIGGERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a list": lambda job: [job],
    "a list in a list": lambda job: [[job]],
    "messages": lambda job: {"messages": [job]},
    "a timer": lambda job: {"triggerTime": "t", "triggerName": "n", "payload": json.dumps(job)},
    "an MNS topic": lambda job: {"TopicName": "t", "Message": json.dumps(job)},
    "an MNS body": lambda job: {"body": json.dumps(job), "attrs": {}},
    "EventBridge": lambda job: {"specversion": "1.0", "type": "t", "data": job},
    "Kafka": lambda job: {"topic": "t", "partition": 0, "value": json.dumps(job)},
    "OSS": lambda job: {"events": [job]},
}


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_no_trigger_takes_a_copy_job(cloud: LocalCloud, bait: Bait, trigger: str) -> None:
    """Children are called by nobody but the function itself."""
    event = TRIGGERS[trigger](forged(cloud, bait.url, bait.url))
    said = answered(cloud, event)
    if trigger == "OSS":  # an entry that does not say that an object is there asks for nothing
        assert said == {"status": "done", "messages": [], "ignored": 1}
    else:
        assert said["errorType"] == "InvalidEvent"
    assert not bait.was_touched()


def test_http_trigger_takes_no_copy_job(cloud: LocalCloud, bait: Bait) -> None:
    """It is the one that strangers reach, where it needs no signature."""
    response = answered(cloud, over_http(forged(cloud, bait.url, bait.url), cloud.region))
    assert response["statusCode"] == 400
    error = json.loads(response["body"])
    assert error["errorType"] == "InvalidEvent"
    assert error["errorMessage"].startswith("kind must be ")
    assert not bait.was_touched()
