"""Jobs that wait for archived objects: sending them, letting time pass, and what was asked."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import oss2
import requests

from tests.e2e.bulk_jobs import assert_consistent, bulk_event
from tests.e2e.interrupted import record_names
from tests.e2e.transfers import Reply, replied
from tests.localcloud.client import LocalCloud
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import idle

CLASSES = ("Archive", "ColdArchive", "DeepColdArchive")
MINUTE, HOUR, DAY = 60, 3600, 86_400
CONTENT = b"as cold as ice"
DUE = ".ossferry/due/"
AT_WORK = ("running", "handed_over", "under_way", "stopping")


def put(
    cloud: LocalCloud, key: str, storage_class: str = "Archive", bucket: oss2.Bucket | None = None
) -> str:
    """Keep an object of this class, and return how events name it."""
    bucket = bucket or cloud.bucket
    bucket.put_object(key, CONTENT, headers={"x-oss-storage-class": storage_class})
    return f"oss://{bucket.bucket_name}/{key}"


def freeze(cloud: LocalCloud, prefix: str, count: int, classes: tuple[str, ...] = CLASSES) -> str:
    """Keep so many objects below a prefix, of these classes in turn; how events name it."""
    with ThreadPoolExecutor(4) as threads:
        for _ in threads.map(
            lambda n: put(cloud, f"{prefix}{n:05}", classes[n % len(classes)]), range(count)
        ):
            pass
    return f"oss://{cloud.bucket_name}/{prefix}"


def thaw_event(cloud: LocalCloud, **fields: object) -> dict[str, object]:
    """Return the event of a job that only restores."""
    where = {"target_region": cloud.region, "target_bucket_name": cloud.bucket_name}
    return {"kind": "thaw", **where, **fields}


def now(cloud: LocalCloud) -> float:
    """Return what time it is in OSS."""
    date = requests.get(f"{cloud.oss_endpoint}/-/bill", timeout=30).headers["Date"]
    return parsedate_to_datetime(date).timestamp()


def status(cloud: LocalCloud, job_id: str) -> Reply:
    return replied(cloud, bulk_event(cloud, "", id=job_id, status=True))


def stopped(cloud: LocalCloud, job_id: str) -> Reply:
    return replied(cloud, bulk_event(cloud, "", id=job_id, stop=True))


def due_of(reply: Mapping[str, Any]) -> float:
    return datetime.strptime(f"{reply['due']}+0000", "%Y-%m-%dT%H:%M:%SZ%z").timestamp()


def pass_until_due(cloud: LocalCloud, reply: Mapping[str, Any]) -> None:
    """Let time pass until a job that waits is due."""
    cloud.advance(max(0.0, due_of(reply) - now(cloud)) + 1)


def rested(cloud: LocalCloud, job_id: str, within: float = 60) -> Reply:
    """Return what a job says when it is neither at work nor due: it waits, or is over."""

    def resting() -> Reply | None:
        reply = status(cloud, job_id)
        if reply["status"] in AT_WORK:
            return None
        waits = reply["status"] == "waiting"
        return None if waits and due_of(reply) <= now(cloud) else reply

    found = eventually(resting, within=within)
    assert found is not None
    idle(cloud)  # only then is it to be woken at that moment, whatever the clock does
    return found


def slept(cloud: LocalCloud, job_id: str) -> Reply:
    """Let time pass from one due moment to the next, until the job is over; what it says then."""
    for _ in range(200):
        reply = rested(cloud, job_id)
        if reply["status"] != "waiting":
            return reply
        pass_until_due(cloud, reply)
    raise AssertionError(f"it never came to its end: {reply}")


def begun(cloud: LocalCloud, event: Mapping[str, object]) -> Reply:
    """Send the event of a job that has to wait."""
    reply = replied(cloud, event)
    assert reply["status"] == "waiting", reply
    return reply


def thawed(cloud: LocalCloud, event: Mapping[str, object]) -> Reply:
    """Send an event, and let time pass until its job is over; its counts add up."""
    reply = replied(cloud, event)
    if reply["status"] == "waiting":
        reply = slept(cloud, reply["id"])
    assert "report" in reply, reply
    assert_consistent(cloud, reply)
    assert_not_due(cloud)
    return reply


def due_names(cloud: LocalCloud) -> list[str]:
    return [name for name in record_names(cloud) if name.startswith(DUE)]


def assert_not_due(cloud: LocalCloud) -> None:
    """Nobody comes back to a job that is over."""
    assert not due_names(cloud)


class Asked:
    """What OSS is asked to restore from now on."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._before = cloud.restores()

    def by_key(self, bucket: str = "") -> dict[str, Counter[int]]:
        """How often each object of a bucket was to be restored, by the status of the answer."""
        place = f"{bucket or self._cloud.bucket_name}/"
        found = {}
        for name, counts in self._cloud.restores().items():
            new = Counter(counts)
            new.subtract(self._before.get(name, {}))
            if name.startswith(place) and +new:
                found[name.removeprefix(place)] = +new
        return found

    @property
    def statuses(self) -> Counter[int]:
        """Of all objects together."""
        return sum(self.by_key().values(), Counter())


def once(keys: Mapping[str, object] | list[str] | set[str]) -> dict[str, Counter[int]]:
    """What was asked if each of these was asked for once, and none was under way."""
    return {key: Counter({202: 1}) for key in keys}


def billed(cloud: LocalCloud, since: float) -> float:
    """Seconds that all invocations took that began at ``since``, by the real time, or later."""
    return sum(float(each["duration_ms"]) for each in cloud.invocations(since)) / 1000


def wake_event(cloud: LocalCloud, **fields: object) -> dict[str, object]:
    """Return the event that wakes one job, or those that are due."""
    return {**thaw_event(cloud), "kind": "wake", **fields}


def wakes(cloud: LocalCloud, since: float = 0.0) -> list[dict[str, Any]]:
    """Invocations that looked after jobs that wait."""
    return [each for each in cloud.invocations(since) if each["role"] == "wake"]


@contextmanager
def lost_wakes(cloud: LocalCloud, status: int = 202) -> Iterator[None]:
    """Function Compute takes what is to wake a job, and forgets it; or does not take it."""
    lose = {"server": "fc", "operation": "InvokeFunction", "key": "wake", "status": status}
    cloud.faults("fc", [lose])
    try:
        yield
    finally:
        cloud.faults("fc")


def woken_by_timer(cloud: LocalCloud) -> None:
    """The timer of the deployment fires, and what it woke has ended."""
    before = time.time()
    cloud.fire_timer("wake")
    eventually(lambda: _timer_ended(cloud, before), within=30)


def _timer_ended(cloud: LocalCloud, since: float) -> bool:
    found = [each for each in cloud.invocations(since) if each["type"] == "async"]
    return bool(found) and all(each["ended"] for each in found)
