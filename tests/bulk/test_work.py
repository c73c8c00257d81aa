"""How a round of a job ends: with a report, or until its sources may be readable."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import ossferry.bulk.work as room
from ossferry.bulk.work import Instance, Work
from ossferry.items.row import Tally
from ossferry.jobs import BulkJob, Thaw
from ossferry.ledger.head import WAITING, Head
from ossferry.names import ObjectName
from tests.bulk.test_wakeup import NOW, Bucket, Cloud

JOB = BulkJob(ObjectName("cn-hangzhou", "my-bucket", ""), thaw=Thaw(3, None))


class State:
    """Keeps the last head."""

    def __init__(self, *, asked_to_stop: bool) -> None:
        self.asked_to_stop = asked_to_stop
        self.saved: Head | None = None

    def now(self) -> float:
        return NOW

    def is_taken_from(self, head: Head) -> bool:
        return False

    def save(self, head: Head) -> None:
        self.saved = head

    def save_due(self, head: Head, due: float) -> Head:
        self.saved = head._replace(due=due)
        return self.saved


def ended(
    monkeypatch: pytest.MonkeyPatch, tally: Tally, *, asked_to_stop: bool = False
) -> tuple[dict[str, Any], Head, Cloud, list[bool]]:
    """The reply, the head, who was called, and whether reports are of a job that was stopped."""
    reports = list[bool]()

    def report(*_: Any, stopped: bool) -> dict[str, str]:
        reports.append(stopped)
        return {"report_csv": "oss://my-bucket/r"}

    monkeypatch.setattr(room, "write_report", report)
    bucket: Any = Bucket()
    state: Any = State(asked_to_stop=asked_to_stop)
    cloud: Any = Cloud(bucket)
    nobody: Any = None
    work = Work(JOB, state, bucket, Instance(cloud, nobody, nobody, 0), None)
    head = Head("id", NOW - 100, thaws=True, tally=tally, due=NOW + 800)
    gathering: Any = SimpleNamespace(head=head, tally=tally, invocations=0)
    reply = room._end(work, gathering, 1.0, stopped=False)
    assert state.saved is not None
    return reply, state.saved, cloud, reports


def test_a_round_after_which_nothing_waits_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to look after the job any more, also if somebody wanted it to stop too late."""
    for asked in (False, True):
        done = ended(monkeypatch, Tally(copied=2, restored=1), asked_to_stop=asked)
        reply, head, cloud, reports = done
        assert (reply["status"], reply["restored"]) == ("completed", 1)
        assert head.over
        assert (head.due, cloud.invoked, reports) == (0.0, [], [False])


def test_what_waits_is_left_until_it_may_be_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a report, and somebody is called then."""
    tally = Tally(copied=2, waits={"ColdArchive/Standard": 3})
    reply, head, cloud, reports = ended(monkeypatch, tally)
    assert (reply["status"], reply["waiting"]) == ("waiting", 3)
    assert (head.status, head.due, reports) == (WAITING, NOW + 3600, [])
    assert [(delay, name[-4:]) for _, delay, name in cloud.invoked] == [(3599, "-1-0")]


def test_who_is_to_stop_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing was left to do in the round, so that nobody came to look."""
    tally = Tally(copied=2, waits={"Archive": 3})
    reply, head, cloud, reports = ended(monkeypatch, tally, asked_to_stop=True)
    assert (reply["status"], reply["waiting"]) == ("stopped", 3)
    assert head.over
    assert (head.due, cloud.invoked, reports) == (0.0, [], [True])
