"""How many children a transfer invokes, and what it does when it cannot have them."""

from __future__ import annotations

import time

import pytest

from tests.e2e.conftest import StartCloud
from tests.e2e.contents import bytes_of, crc64_of
from tests.e2e.interrupted import asked_of_oss
from tests.e2e.transfers import headers_of, stored, transferred
from tests.localcloud.client import LocalCloud

PART = 100 * 1024
LARGE = 300_000_001
EAGER = {"OSSFERRY_FAN_OUT_FROM": "1"}


def copies_since(cloud: LocalCloud, started: float) -> list[int]:
    """Return the statuses of the invocations of children, as Function Compute counted them."""
    calls = cloud.invocations(since=started)
    return [call["status"] for call in calls if call["role"] == "copy"]


def test_a_large_source_is_fanned_out(eager_cloud: LocalCloud, key: str) -> None:
    """Children begin before anything is measured; the reply says how many there were."""
    started = time.time()
    reply = transferred(eager_cloud, eager_cloud.generated("large", LARGE), key)
    children = reply["children"]
    assert headers_of(eager_cloud, key)["x-oss-hash-crc64ecma"] == str(crc64_of("large", LARGE))
    assert reply["object"]["size"] == LARGE
    assert reply["proof"] == ["parts", "object"]
    assert 2 <= children["peak"] <= 32
    assert children["invocations"] >= children["peak"]
    assert copies_since(eager_cloud, started).count(200) == children["invocations"]
    # The first thing that anybody does is to start children.
    calls = [each for each in eager_cloud.invocations(since=started) if each["role"] == "copy"]
    assert min(call["started"] for call in calls) < started + reply["seconds"]["total"] / 2


@pytest.mark.parametrize(
    ("size", "fields"), [(1_000_000, {}), (LARGE, {"max_children": 0})], ids=["small", "alone"]
)
def test_no_fan_out_without_need(
    cloud: LocalCloud, key: str, size: int, fields: dict[str, int]
) -> None:
    """1 MB is the coordinator's own work, and so is everything with ``max_children`` 0."""
    started = time.time()
    reply = transferred(cloud, cloud.generated("alone", size), key, **fields)
    assert headers_of(cloud, key)["x-oss-hash-crc64ecma"] == str(crc64_of("alone", size))
    assert reply["children"]["invocations"] == 0
    assert copies_since(cloud, started) == []


@pytest.mark.parametrize("streams", [1, 3])
@pytest.mark.parametrize("parts", [2, 9, 20])
def test_parts_are_those_that_were_asked_for_whoever_copies_them(
    eager_cloud: LocalCloud, key: str, parts: int, streams: int
) -> None:
    """Each is sent once, where nobody is late and nothing fails."""
    started, before = time.time(), asked_of_oss(eager_cloud, "UploadPart")
    url = eager_cloud.generated("plan", parts * PART)
    reply = transferred(eager_cloud, url, key, part_size=PART, streams=streams)
    told = reply["parts"]
    assert (told["count"], told["size"]) == (parts, PART)
    sent = asked_of_oss(eager_cloud, "UploadPart") - before
    twice = told["hedged"] + told["retried"] + parts * reply["children"]["hedged"]
    assert parts <= sent <= parts + twice
    assert 1 <= reply["children"]["invocations"] <= parts
    assert len(copies_since(eager_cloud, started)) == reply["children"]["invocations"]
    assert stored(eager_cloud, key) == bytes_of("plan", parts * PART)


@pytest.mark.parametrize("most", [1, 2])
def test_max_children_bounds_those_in_flight(eager_cloud: LocalCloud, key: str, most: int) -> None:
    """``max_children`` is about children at the same time, not about invocations."""
    reply = transferred(eager_cloud, eager_cloud.generated("most", LARGE), key, max_children=most)
    assert 1 <= reply["children"]["peak"] <= most


def test_streams_are_connections_to_the_source(eager_cloud: LocalCloud, key: str) -> None:
    """``streams`` is how many parts one instance copies at the same time."""
    url = eager_cloud.generated("streams", 12 * PART, "rate:200000")
    reply = transferred(eager_cloud, url, key, part_size=PART, max_children=0, streams=4)
    assert 2 <= reply["pace"]["connections"] <= 4
    assert 2 <= eager_cloud.origin_requests(url)["peak"] <= 4


def test_settings_bound_children_and_streams(start_cloud: StartCloud, key: str) -> None:
    """An operator's settings are the limit for both, where the event says nothing lower."""
    settings = {"OSSFERRY_MAX_CHILDREN": "0", "OSSFERRY_STREAMS": "2", **EAGER}
    cloud = start_cloud(env=settings)
    url = cloud.generated("settings", 5 * PART)
    reply = transferred(cloud, url, key, part_size=PART, max_children=8)
    assert (reply["children"]["invocations"], reply["pace"]["connections"]) == (0, 2)


@pytest.mark.parametrize("instances", [1, 2])
def test_coordinator_goes_on_when_there_are_no_instances(
    start_cloud: StartCloud, key: str, instances: int
) -> None:
    """429 from Function Compute costs time, never the transfer."""
    cloud = start_cloud(instances=instances, env=EAGER)
    started = time.time()
    reply = transferred(cloud, cloud.generated("cap", LARGE), key)
    statuses = copies_since(cloud, started)
    assert headers_of(cloud, key)["x-oss-hash-crc64ecma"] == str(crc64_of("cap", LARGE))
    assert reply["children"]["throttled"] == statuses.count(429) > 0
    assert reply["children"]["invocations"] == statuses.count(200)
    assert (reply["children"]["invocations"] > 0) == (instances > 1)


def test_slow_starts_of_instances_are_waited_for(start_cloud: StartCloud, key: str) -> None:
    """Where instances start at a limited rate, the transfer uses those that it gets."""
    cloud = start_cloud(start_rate="2/1", start_delay=0.5, env=EAGER)
    reply = transferred(cloud, cloud.generated("rate", LARGE), key)
    assert headers_of(cloud, key)["x-oss-hash-crc64ecma"] == str(crc64_of("rate", LARGE))
    assert reply["children"]["invocations"] > 0


@pytest.mark.parametrize("runtime", ["python3.10", "python3.12"])
def test_context_of_either_runtime_is_understood(
    start_cloud: StartCloud, key: str, runtime: str
) -> None:
    """The context of python3.12 has neither service nor credentials; small sources need neither."""
    cloud = start_cloud(runtime=runtime)
    for size in (0, 1, 2 * PART):
        transferred(cloud, cloud.generated("context", size), key, part_size=PART)
        assert stored(cloud, key) == bytes_of("context", size)
