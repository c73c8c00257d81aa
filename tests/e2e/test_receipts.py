"""What children have done is not lost with their coordinator, on a source that takes long."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.async_tasks import AsyncTasks
from tests.e2e.contents import bytes_of
from tests.e2e.interrupted import (
    asked_of_oss,
    copied_again,
    kill_coordinator,
    leaving_nothing,
    lost_at_most,
    receipts,
    record_names,
    records,
    swept,
    told,
)
from tests.e2e.spotless import log_of
from tests.e2e.transfers import event_for, headers_of, replied, stored, transferred
from tests.localcloud.client import FunctionError, LocalCloud
from tests.localcloud.patience import eventually

PART = 100 * 1024
SIZE = 80 * PART - 1
SLOW = "rate:60000"  # bytes per second of each connection: a part takes it two seconds
FIELDS = {"part_size": PART, "streams": 4, "max_children": 2}
# Seconds until what is done is told, and in which a busy machine has written that down.
TOLD = 2.0 + 2.0


@pytest.fixture
def cloud(eager_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """A cloud whose function uses children for small sources, and where nothing stays."""
    with leaving_nothing(eager_cloud):
        yield eager_cloud


def killed_when_told(cloud: LocalCloud, url: str, key: str) -> tuple[float, set[int]]:
    """Begin a transfer and kill it when a child has left a receipt: when, and what was told."""
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, event_for(cloud, url, key, **FIELDS))
        eventually(lambda: [each for each in receipts(cloud) if each["parts"]], within=30)
        killed = time.time()
        assert kill_coordinator(cloud)
        with pytest.raises(FunctionError, match="exited unexpectedly"):
            call.result()
    eventually(lambda: not any(each["busy"] for each in cloud.instances()))
    return killed, told(cloud)


def test_what_receipts_tell_of_is_not_copied_again(cloud: LocalCloud, key: str) -> None:
    """A killed coordinator had heard of no child; the next one knows what all of them did."""
    url = cloud.generated(key, SIZE, SLOW)
    killed, parts = killed_when_told(cloud, url, key)
    [record] = records(cloud)
    assert len(parts) > len(record["parts"])
    most = lost_at_most(cloud, url, killed, TOLD)
    before = asked_of_oss(cloud, "UploadPart")
    reply = transferred(cloud, cloud.generated(key, SIZE), key, **FIELDS)
    assert reply["parts"]["reused"] == len(parts)
    hedged = reply["parts"]["hedged"] + reply["children"]["hedged"]
    assert asked_of_oss(cloud, "UploadPart") - before <= 80 - len(parts) + hedged
    assert copied_again(cloud, url, SIZE, reply) <= most + 100
    assert stored(cloud, key) == bytes_of(key, SIZE)


def test_receipts_that_were_altered_are_not_believed(cloud: LocalCloud, key: str) -> None:
    """Their parts are copied again, and the object is right."""
    killed_when_told(cloud, cloud.generated(key, SIZE, SLOW), key)
    names = [name for name in record_names(cloud) if name.endswith(".receipt")]
    for name in names:
        receipt = json.loads(stored(cloud, name))
        cloud.bucket.put_object(name, json.dumps({**receipt, "sent": receipt["sent"] + 1}))
    [record] = records(cloud)
    reply = transferred(cloud, cloud.generated(key, SIZE), key, **FIELDS)
    assert reply["parts"]["reused"] == len(record["parts"])
    assert stored(cloud, key) == bytes_of(key, SIZE)


def test_an_abandoned_transfer_is_swept_with_its_receipts(cloud: LocalCloud, key: str) -> None:
    """Nobody went on with it."""
    killed_when_told(cloud, cloud.generated(key, SIZE, SLOW), key)
    assert swept(cloud) == {"status": "swept", "swept": 1, "kept": 0, "failed": 0}
    assert record_names(cloud) == []


def test_a_long_transfer_leaves_no_receipt(cloud: LocalCloud, key: str) -> None:
    """They were there on the way, as the role of the function allows; nobody complained."""
    began = time.time()
    url = cloud.generated(key, SIZE, SLOW)
    before = asked_of_oss(cloud, "DeleteMultipleObjects")
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(replied, cloud, event_for(cloud, url, key, **FIELDS))
        eventually(lambda: receipts(cloud), within=30)
        assert call.result()["status"] == "copied"
    assert record_names(cloud) == []
    assert asked_of_oss(cloud, "DeleteMultipleObjects") > before
    printed = [log_of(cloud, each["request_id"]) for each in cloud.invocations(since=began)]
    assert not [text for text in printed if "receipt.not" in text or "checkpoint.not" in text]


def test_a_transfer_without_its_receipts_is_copied_all_the_same(
    cloud: LocalCloud, key: str
) -> None:
    """OSS refuses them; the log says so, once for each child."""
    began = time.time()
    denied = {"status": 403, "code": "AccessDenied"}
    cloud.faults("oss", [{"operation": "PutObject", "key": "*.receipt", **denied}])
    url = cloud.generated(key, SIZE, SLOW)
    reply = transferred(cloud, url, key, **FIELDS)
    assert reply["children"]["retried"] == 0
    children = [each for each in cloud.invocations(since=began) if each["role"] == "copy"]
    lines = [log_of(cloud, each["request_id"]).count("receipt.not_written") for each in children]
    assert max(lines) == 1
    assert headers_of(cloud, key)["Content-Length"] == str(SIZE)


def test_a_stop_keeps_what_receipts_say(cloud: LocalCloud, key: str) -> None:
    """Also that of children which nobody hears any more."""
    tasks, task = AsyncTasks(cloud), re.sub(r"[^a-z0-9_]", "-", key)
    url = cloud.generated(key, SIZE, SLOW)
    tasks.submit(event_for(cloud, url, key, **FIELDS), task)
    eventually(lambda: [each for each in receipts(cloud) if each["parts"]], within=30)
    before = told(cloud)
    tasks.stop(task)
    assert tasks.ended(task).status == "Stopped"
    for name in record_names(cloud):
        if "outcome" in name:
            cloud.bucket.delete_object(name)
    reply = transferred(cloud, cloud.generated(key, SIZE), key, **FIELDS)
    assert reply["parts"]["reused"] >= len(before) > 0
    assert stored(cloud, key) == bytes_of(key, SIZE)
