"""Transfers whose coordinator is killed, and what is left of them in OSS."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import oss2
import pytest
import requests

from tests.e2e.transfers import Reply, event_for, replied, stored
from tests.localcloud.client import FunctionError, LocalCloud
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import open_uploads

_RECORDS = ".ossferry/"


def asked_of_oss(cloud: LocalCloud, operation: str) -> int:
    """Return how often OSS was asked for an operation."""
    reply = requests.get(f"{cloud.oss_endpoint}/-/requests", timeout=30)
    reply.raise_for_status()
    return int(reply.json().get(operation, 0))


def killed_after(cloud: LocalCloud, parts: int, url: str, key: str, **fields: object) -> None:
    """Begin a transfer and kill its coordinator when so many parts were sent to OSS."""
    before = asked_of_oss(cloud, "UploadPart")
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, event_for(cloud, url, key, **fields))
        eventually(lambda: asked_of_oss(cloud, "UploadPart") - before >= parts, within=30)
        assert kill_coordinator(cloud)
        with pytest.raises(FunctionError, match="exited unexpectedly"):
            call.result()
    eventually(lambda: not any(each["busy"] for each in cloud.instances()))


def killed_when_recorded(cloud: LocalCloud, url: str, key: str, **fields: object) -> set[int]:
    """Begin a transfer and kill its coordinator when some parts are told of; their numbers."""
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, event_for(cloud, url, key, **fields))
        eventually(lambda: told(cloud), within=30)
        assert kill_coordinator(cloud)
        with pytest.raises(FunctionError, match="exited unexpectedly"):
            call.result()
    eventually(lambda: not any(each["busy"] for each in cloud.instances()))
    return told(cloud)


def kill_coordinator(cloud: LocalCloud, role: str = "transfer") -> bool:
    """Kill the one coordinator that is at work; whether there was one."""
    asked = {call["request_id"] for call in cloud.invocations() if call["role"] == role}
    busy = [each for each in cloud.instances() if each["busy"]]
    pids = [each["pid"] for each in busy if each["request_id"] in asked]
    if not pids:
        return False
    [pid] = pids
    os.kill(pid, signal.SIGKILL)
    return True


def lost_at_most(cloud: LocalCloud, url: str, killed: float, seconds: float) -> int:
    """Return how many bytes the source gave that nobody can have told OSS of by then.

    What was in flight, or came within so many seconds before; asked before anybody goes on.
    """
    asked = cloud.origin_requests(url)["requests"]
    late = (each for each in asked if each["ended"] is None or each["ended"] >= killed - seconds)
    return sum(int(each["bytes"]) for each in late)


def copied_again(cloud: LocalCloud, url: str, size: int, reply: Reply) -> int:
    """Return how many bytes the source gave more than once, but for parts that were hedged."""
    hedged = int(reply["parts"]["hedged"] + reply["children"]["hedged"])
    given = int(cloud.origin_requests(url)["bytes"])
    return given - size - hedged * int(reply["parts"]["size"])


def record_names(cloud: LocalCloud) -> list[str]:
    """Return the keys of all records, receipts and outcomes."""
    return [each.key for each in oss2.ObjectIterator(cloud.bucket, prefix=_RECORDS)]


def records(cloud: LocalCloud) -> list[dict[str, Any]]:
    """Return what the records say."""
    return _saying(cloud, ".json")


def receipts(cloud: LocalCloud) -> list[dict[str, Any]]:
    """Return what the receipts say."""
    return _saying(cloud, ".receipt")


def told(cloud: LocalCloud) -> set[int]:
    """Return the numbers of all parts that records and receipts tell of."""
    documents = [*records(cloud), *receipts(cloud)]
    return {part[0] for each in documents for part in each.get("parts", ())}


def _saying(cloud: LocalCloud, ending: str) -> list[dict[str, Any]]:
    names = [name for name in record_names(cloud) if name.endswith(ending)]
    return [json.loads(text) for name in names if (text := _content(cloud, name))]


def _content(cloud: LocalCloud, name: str) -> bytes:
    """Return an object that somebody else may delete just now."""
    try:
        return stored(cloud, name)
    except oss2.exceptions.NoSuchKey:
        return b""


def sweep_event(cloud: LocalCloud, hours: int = 0) -> dict[str, object]:
    """Return the event of a sweep of the bucket."""
    return {
        "kind": "sweep",
        "target_region": cloud.region,
        "target_bucket_name": cloud.bucket_name,
        "older_than_hours": hours,
    }


def swept(cloud: LocalCloud, hours: int = 0) -> Reply:
    """Return the reply to a sweep."""
    return replied(cloud, sweep_event(cloud, hours))


@contextlib.contextmanager
def leaving_nothing(cloud: LocalCloud) -> Iterator[None]:
    """Neither an open upload nor a record stays after a test, whatever it left half done."""
    try:
        yield
        assert_nothing_left(cloud)
    finally:
        for name in record_names(cloud):  # or one test's failure would be the next one's too
            cloud.bucket.delete_object(name)


def assert_nothing_left(cloud: LocalCloud) -> None:
    """No upload is open and no record there."""
    assert not open_uploads(cloud)
    assert not record_names(cloud)
