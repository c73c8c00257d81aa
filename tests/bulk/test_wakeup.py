"""Coming back to jobs that wait, by delayed invocations and by a timer: neither is sure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ossferry.bulk.wake import wake
from ossferry.bulk.wakeup import is_early, send_wake, wake_all
from ossferry.errors import BulkFailed, ChildRefused
from ossferry.events.thaw import wake_of
from ossferry.jobs import WakeJob
from ossferry.ledger.head import RUNNING, WAITING, Head, due_name, head_name
from ossferry.names import ObjectName
from ossferry.settings import Settings

NOW = 1_000_000.0
TARGET = ObjectName("cn-hangzhou", "my-bucket", "")


class Bucket:
    """Records in memory, listed in the order of their names."""

    name, region, deadline = "my-bucket", "cn-hangzhou", 0.0

    def __init__(self, *heads: Head, now: float = NOW) -> None:
        self._now = now
        self.objects = {head_name(head.id): head.encode() for head in heads}
        self.objects |= {due_name(head.id, head.due): b"{}" for head in heads if head.due}
        self.listed = 0

    def now(self) -> float:
        return self._now

    def names(self, prefix: str) -> Iterator[tuple[str, float]]:
        for name in sorted(self.objects):
            if name.startswith(prefix):
                self.listed += 1
                yield name, 0.0

    def read(self, key: str) -> tuple[bytes, float] | None:
        return (self.objects[key], 1.0) if key in self.objects else None

    def delete(self, key: str) -> None:
        del self.objects[key]

    @property
    def due(self) -> list[str]:
        return sorted(name for name in self.objects if "/due/" in name)


@dataclass
class Cloud:
    """As far as waking needs one: keeps what was to be invoked."""

    bucket_there: Any
    request_id = "1-2-3"
    fails: ChildRefused | None = None
    invoked: list[tuple[dict[str, Any], int, str]] = field(default_factory=list)

    def bucket(self, target: ObjectName) -> Any:
        return self.bucket_there

    def invoke_later(self, document: Any, *, delay: int = 0, task_id: str = "") -> None:
        if self.fails:
            raise self.fails
        self.invoked.append((document, delay, task_id))


def waiting(job_id: str, due: float, **fields: Any) -> Head:
    return Head(job_id, 0.0, **{"status": WAITING, "due": due, **fields})


def sent(head: Head, now: float = NOW, hop: int = 0) -> tuple[dict[str, Any], int, str]:
    bucket: Any = Bucket()
    cloud: Any = Cloud(bucket)
    send_wake(head, bucket, cloud, now, hop)
    (found,) = cloud.invoked
    event, delay, task_id = found
    return event, delay, task_id


@pytest.mark.parametrize(
    ("wait", "delay"), [(60, 60), (59.1, 60), (3599, 3599), (7200, 3599), (0.2, 1), (0, 1), (-9, 1)]
)
def test_who_is_due_is_called_then_or_as_late_before_as_can_be(wait: float, delay: int) -> None:
    """An invocation is delayed for an hour at most."""
    assert sent(waiting("id", NOW + wait))[1] == delay


def test_the_call_is_an_event_that_is_read() -> None:
    """With when it was sent, and how late it is to come."""
    event, delay, _ = sent(waiting("a-b_c", NOW + 100), hop=4)
    assert wake_of(event, Settings(), "") == WakeJob(TARGET, "a-b_c", NOW, float(delay), 4)


def test_each_call_has_an_id_of_its_own_that_its_repetitions_have_too() -> None:
    """So that who asks twice is called once. FC takes what begins with a letter and has 128."""
    longest = waiting("x" * 64, NOW + 100, epoch=999_999)
    assert re.fullmatch(r"wake-[0-9a-f]{12}-999999-1000000", sent(longest, hop=10**6)[2])
    assert len(sent(longest, hop=10**6)[2]) <= 128
    ids = {
        sent(waiting("id", NOW + 5, epoch=epoch), hop=hop)[2] for epoch in (1, 2) for hop in (0, 1)
    }
    assert len(ids) == 4
    other = waiting("id", NOW + 5)._replace(began=1.0)
    assert sent(other)[2] != sent(waiting("id", NOW + 5))[2]
    assert sent(waiting("id", NOW + 5)) == sent(waiting("id", NOW + 5))


def test_where_nobody_can_be_called_there_is_the_timer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The job waits all the same."""
    bucket: Any = Bucket()
    cloud: Any = Cloud(bucket, ChildRefused("no permission"))
    send_wake(waiting("id", NOW + 60), bucket, cloud, NOW)
    assert cloud.invoked == []
    assert "wake.not_sent" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("delay", "after", "early"),
    [
        (3600, 0, True),
        (3600, 1799, True),
        (3600, 1800, False),
        (3600, 3500, False),
        (30, 1, True),
        (29, 1, False),
        (0, 0, False),
    ],
)
def test_a_delay_that_was_not_kept_is_told_apart(delay: float, after: float, early: bool) -> None:
    """From one that may be inaccurate, and from a call that had none."""
    job = WakeJob(TARGET, "id", NOW, delay)
    assert is_early(job, waiting("id", NOW + 9e5), NOW + after) is early


def woken(bucket: Bucket) -> tuple[dict[str, object], Cloud]:
    there: Any = bucket
    cloud = Cloud(there)
    any_cloud: Any = cloud
    return wake_all(there, any_cloud), cloud


def test_all_that_are_due_are_called_and_nobody_looks_at_the_others() -> None:
    """Each by an invocation of its own; the listing ends at the first that is not due."""
    heads = [waiting(f"job-{n}", NOW - 5 + n) for n in range(20)]
    bucket = Bucket(*heads)
    reply, cloud = woken(bucket)
    due = [f"job-{n}" for n in range(6)]
    assert reply == {"status": "woken", "ids": due}
    assert [(event["id"], delay, task_id) for event, delay, task_id in cloud.invoked] == [
        (each, 0, "") for each in due
    ]
    assert len(bucket.due) == 20
    assert bucket.listed == 7


def test_whoever_died_at_work_is_looked_after_too() -> None:
    """What runs has a moment until which it should be heard of."""
    bucket = Bucket(waiting("id", NOW - 1, status=RUNNING))
    assert woken(bucket)[0]["ids"] == ["id"]


STALE = {
    "no job": Bucket(),
    "over": Bucket(waiting("id", NOW - 9, status="completed", reply={})),
    "due later": Bucket(waiting("id", NOW + 9)),
    "not due": Bucket(waiting("id", 0.0, status=RUNNING)),
}


@pytest.mark.parametrize("bucket", STALE.values(), ids=STALE)
def test_names_that_are_stale_go_away(bucket: Bucket) -> None:
    """Of who died between two steps; nobody is called."""
    stale = due_name("id", NOW - 9)
    bucket.objects[stale] = b"{}"
    reply, cloud = woken(bucket)
    assert (reply["ids"], cloud.invoked) == ([], [])
    assert stale not in bucket.due
    head = waiting("id", NOW + 9)
    assert (due_name("id", NOW + 9) in bucket.due) == (bucket is STALE["due later"])
    assert head.due > NOW


def test_a_job_of_another_version_is_left_to_it() -> None:
    """Whoever deploys that one again finds it waiting."""
    bucket = Bucket(waiting("id", NOW - 1))
    bucket.objects[head_name("id")] = b'{"version_of_head": 99}'
    assert woken(bucket)[0]["ids"] == []
    assert bucket.due == [due_name("id", NOW - 1)]


def test_what_is_no_such_name_stays() -> None:
    """Somebody may keep notes there."""
    bucket = Bucket(waiting("id", NOW - 1))
    bucket.objects[".ossferry/due/000-read-me"] = b""
    bucket.objects[".ossferry/due/read-me"] = b""
    assert woken(bucket)[0]["ids"] == ["id"]
    assert ".ossferry/due/read-me" in bucket.due


def instance(bucket: Bucket) -> tuple[Any, Cloud]:
    @dataclass
    class Instance:
        cloud: Cloud

    cloud = Cloud(bucket)
    return Instance(cloud), cloud


def test_a_wake_of_all_is_one_of_each_that_is_due() -> None:
    there, cloud = instance(Bucket(waiting("id", NOW - 1)))
    assert wake(WakeJob(TARGET), there) == {"status": "woken", "ids": ["id"]}
    assert len(cloud.invoked) == 1


def test_a_job_that_is_gone_or_over_needs_nobody() -> None:
    """Its reply is told once more."""
    there, cloud = instance(Bucket(waiting("over", 0.0, status="completed", reply={"a": 1})))
    assert wake(WakeJob(TARGET, "nobody"), there) == {"status": "gone", "id": "nobody"}
    assert wake(WakeJob(TARGET, "over"), there) == {"a": 1}
    assert cloud.invoked == []


def test_who_ended_it_fails_again_if_tried_again() -> None:
    """Function Compute repeats an event that failed; who is called by chance has done nothing."""
    event = {"kind": "bulk", "items": [], "fail_above": 0, "source": "oss://other/in/"}
    event |= {"target_region": "cn-hangzhou", "target_bucket_name": "my-bucket"}
    reply = {"failed": 1, "items": 2, "report": {"failed_jsonl": "oss://my-bucket/f"}}
    head = waiting("over", 0.0, status="completed", reply=reply, event=event)
    there, _ = instance(Bucket(head._replace(request_ids=("earlier", Cloud.request_id))))
    with pytest.raises(BulkFailed, match="1 of 2 items failed"):
        wake(WakeJob(TARGET, "over"), there)
    there, _ = instance(Bucket(head._replace(request_ids=(Cloud.request_id, "another"))))
    assert wake(WakeJob(TARGET, "over"), there) == reply


def test_who_is_called_before_it_is_due_calls_once_more() -> None:
    """A chain of calls reaches any moment: with the next hop."""
    there, cloud = instance(Bucket(waiting("id", NOW + 5000)))
    reply = wake(WakeJob(TARGET, "id", NOW - 3600, 3600, hop=2), there)
    assert reply["status"] == "waiting"
    ((event, delay, task_id),) = cloud.invoked
    assert (event["hop"], delay, task_id[-4:]) == (3, 3599, "-1-3")


def test_who_is_called_at_once_ends_the_chain() -> None:
    """Else it would turn round and round: there is the timer."""
    there, cloud = instance(Bucket(waiting("id", NOW + 5000)))
    reply = wake(WakeJob(TARGET, "id", NOW - 0.1, 3600), there)
    assert (reply["status"], cloud.invoked) == ("waiting", [])
