"""The function's timeout ends a transfer in good order, before Function Compute would."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e.contents import bytes_of
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import Reply, exists, refused, stored, transferred
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.patience import eventually

PART = 100 * 1024
OLD = b"what was there before"
EAGER = {"OSSFERRY_FAN_OUT_FROM": "1"}
TIMEOUT = 6
SLOW = {
    "children": ("rate:10000", {"streams": 1}),
    "coordinator-alone": ("rate:10000", {"max_children": 0}),
    "front-to-back": ("range:ignored,rate:10000", {}),
    "no-length": ("range:ignored,length:chunked,rate:10000", {}),
    "source-stalls": ("stall:5000,after:1", {"streams": 1}),
    "source-stalls-front-to-back": ("range:ignored,stall:250000", {}),
    "source-stalls-without-length": ("range:ignored,length:close,stall:250000", {}),
}


@pytest.fixture(scope="module")
def shared_brief_cloud() -> Iterator[LocalCloud]:
    """A cloud whose function has only a few seconds."""
    with started(timeout=TIMEOUT, env=EAGER) as running:
        yield running


@pytest.fixture
def brief_cloud(shared_brief_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The same, to be left spotless."""
    with staying_spotless(shared_brief_cloud):
        yield shared_brief_cloud


@pytest.mark.parametrize("way", SLOW)
def test_transfer_that_takes_too_long_ends_in_time(
    brief_cloud: LocalCloud, key: str, way: str
) -> None:
    """It is OutOfTime, which only the function itself can say, and so before the timeout; and what
    was there is still there."""
    behaviour, fields = SLOW[way]
    brief_cloud.bucket.put_object(key, OLD)
    url = brief_cloud.generated("slow", 8 * PART, behaviour)
    error = refused(brief_cloud, url, key, part_size=PART, **fields)
    assert error.error_type == "OutOfTime"
    assert stored(brief_cloud, key) == OLD


def test_front_to_back_copy_that_hangs_at_oss_ends_in_time(
    brief_cloud: LocalCloud, key: str
) -> None:
    """Where OSS takes no more bytes, there is still time to abort and to say so."""
    brief_cloud.bucket.put_object(key, OLD)
    brief_cloud.faults("oss", [{"operation": "UploadPart", "part": 2, "stall_after": 1000}])
    url = brief_cloud.generated("stuck", 4 * PART, "range:ignored")
    error = refused(brief_cloud, url, key, part_size=PART, max_children=0)
    assert error.error_type == "OutOfTime"
    assert stored(brief_cloud, key) == OLD


@pytest.mark.parametrize("fields", [{"max_children": 0}, {"streams": 1}], ids=["alone", "children"])
def test_hand_overs_end_where_no_progress_is_made(
    brief_cloud: LocalCloud, key: str, fields: dict[str, int]
) -> None:
    """What is done is kept for the next run of the event, which goes on as soon as it can."""
    brief_cloud.bucket.put_object(key, OLD)
    brief_cloud.faults("oss", [{"operation": "UploadPart", "part": 2, "stall_after": 1000}])
    url = brief_cloud.generated("stuck", 4 * PART)
    reply = transferred(brief_cloud, url, key, part_size=PART, **fields)
    assert reply["status"] == "handed_over"
    assert outcome(brief_cloud, reply)["error_type"] == "Unfinished"
    assert stored(brief_cloud, key) == OLD
    brief_cloud.faults("oss")
    again = transferred(brief_cloud, url, key, part_size=PART, **fields)
    assert again["parts"]["reused"] == 3
    assert stored(brief_cloud, key) == bytes_of("stuck", 4 * PART)


@pytest.mark.parametrize("fields", [{"max_children": 0}, {"max_children": 2}])
def test_transfer_longer_than_the_timeout_is_handed_over_until_it_is_done(
    brief_cloud: LocalCloud, key: str, fields: dict[str, int]
) -> None:
    """Each invocation goes on where the last one stopped, and the last one tells the outcome."""
    size = 24 * PART
    url = brief_cloud.generated("long", size, "rate:90000")
    reply = transferred(brief_cloud, url, key, part_size=PART, streams=2, **fields)
    assert reply["status"] == "handed_over"
    last = outcome(brief_cloud, reply)
    assert last.get("status") == "copied", last
    assert last["parts"]["reused"] > 0
    assert last["proof"] == ["parts", "object"]
    assert stored(brief_cloud, key) == bytes_of("long", size)


def test_hand_over_that_meets_a_busy_moment_is_tried_again(
    brief_cloud: LocalCloud, key: str
) -> None:
    """One 503 of Function Compute is no reason to leave a transfer undone."""
    size = 16 * PART
    brief_cloud.faults("fc", [{"operation": "InvokeFunction", "nth": 2, "status": 503}])
    url = brief_cloud.generated("busy", size, "rate:100000")
    reply = transferred(brief_cloud, url, key, part_size=PART, streams=2, max_children=0)
    assert reply["status"] == "handed_over"
    assert outcome(brief_cloud, reply)["status"] in ("copied", "unchanged")
    assert stored(brief_cloud, key) == bytes_of("busy", size)


def outcome(cloud: LocalCloud, reply: Reply) -> Reply:
    """Return what the last of the invocations wrote, once it has."""
    name = reply["outcome"]
    eventually(lambda: exists(cloud, name), within=60)
    told: Reply = json.loads(stored(cloud, name))
    return told
