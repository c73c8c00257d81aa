"""How a round of a job ends: with a report, or until its sources may be readable."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

import ossferry.bulk.work as room
from ossferry.bulk.begin import Begun
from ossferry.bulk.work import Instance, Work
from ossferry.errors import OutOfTime, Stopped, Unfinished
from ossferry.items.row import Tally
from ossferry.items.waiting import waiting_row
from ossferry.jobs import BulkJob, Thaw
from ossferry.ledger.head import HANDED_OVER, WAITING, Head
from ossferry.names import ObjectName
from ossferry.sharing.gathering import Stopping
from ossferry.sharing.slices import WINDOW
from ossferry.sharing.supplied import Supply
from ossferry.small.item import Item
from tests.bulk.simulated import supply
from tests.bulk.test_wakeup import NOW, Bucket, Cloud

EVENT = {"source_url": "oss://my-bucket/a"}
JOB = BulkJob(ObjectName("cn-hangzhou", "my-bucket", ""), thaw=Thaw(3, None))


class State:
    """Keeps the last head."""

    def __init__(self, *, asked_to_stop: bool = False, taken: bool = False) -> None:
        self.asked_to_stop = asked_to_stop
        self.taken = taken
        self.saved: Head | None = None

    def now(self) -> float:
        return NOW

    def is_taken_from(self, head: Head) -> bool:
        return self.taken

    def save(self, head: Head) -> None:
        self.saved = head

    def save_due(self, head: Head, due: float) -> Head:
        self.saved = head._replace(due=due)
        return self.saved


def work_of(state: State, job: BulkJob = JOB) -> tuple[Work, Cloud]:
    bucket: Any = Bucket()
    cloud, nobody, ours = Cloud(bucket), cast(Any, None), cast(Any, state)
    return Work(job, ours, bucket, Instance(cast(Any, cloud), nobody, nobody, 0), None), cloud


def ended(
    monkeypatch: pytest.MonkeyPatch, tally: Tally, *, asked_to_stop: bool = False
) -> tuple[dict[str, Any], Head, Cloud, list[bool]]:
    """The reply, the head, who was called, and whether reports are of a job that was stopped."""
    reports = list[bool]()

    def report(*_: Any, stopped: bool) -> dict[str, str]:
        reports.append(stopped)
        return {"report_csv": "oss://my-bucket/r"}

    monkeypatch.setattr(room, "write_report", report)
    state = State(asked_to_stop=asked_to_stop)
    work, cloud = work_of(state)
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


@pytest.mark.parametrize("waits", [{}, {"Archive": 3}])
def test_whose_job_another_has_taken_leaves_it_alone(
    waits: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a report nor a head of this one is to replace those of the other."""
    monkeypatch.setattr(room, "write_report", lambda *_, **__: pytest.fail("it is another's"))
    state = State(taken=True)
    work, cloud = work_of(state)
    tally = Tally(copied=2, waits=waits)
    gathering: Any = SimpleNamespace(head=Head("id", NOW, tally=tally), tally=tally)
    reply = room._end(work, gathering, 1.0, stopped=False)
    assert reply == {"status": "under_way", "id": "id", "items": tally.items}
    assert (state.saved, cloud.invoked) == (None, [])


@pytest.mark.parametrize("thaws", [True, False])
def test_who_is_told_to_stop_tells_what_was_asked_for(thaws: bool) -> None:
    """What OSS was asked to restore is paid for; of a copy that has not begun there is nothing."""
    work, _ = work_of(State(), JOB if thaws else BulkJob(JOB.target))
    settled = list[int]()

    def stopping(slices: object) -> None:
        raise Stopping

    gathering: Any = SimpleNamespace(
        run=stopping,
        settle=lambda rest: settled.append(len([*rest])),
        sent=lambda requests: settled.append(-requests),
        look_around=lambda: None,
        stopping=True,
    )
    thawing: Any = SimpleNamespace(of=lambda supply, *_: supply, window=WINDOW, requests=5)
    assert room._gathered(work, gathering, thawing, iter(supply(2, [1, 2])), None)
    assert settled == [1 if thaws else 0, -5]


def test_what_is_on_record_is_not_done_again() -> None:
    """Nor, of a job that is done again, what had not failed."""
    numbers = [each.content for each in room.without(JOB, iter(supply(4)), frozenset({2}), None)]
    assert [each.number for each in numbers if isinstance(each, Item)] == [1, 3, 4]
    some = room.without(JOB, iter(supply(4)), frozenset({2}), frozenset({2, 3}))
    assert [each.cursor.number for each in some] == [3]


@pytest.mark.parametrize(("turn", "numbers"), [(0, [1, 2, 3, 4]), (1, [2, 4])])
def test_a_later_round_is_of_what_waits(
    turn: int, numbers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the rounds before were done with is not done, or counted, once more."""
    rows = (waiting_row(Item(n, {**EVENT, "target_object_name": f"{n}"}), "again") for n in (2, 4))
    monkeypatch.setattr(room, "waiting_rows", lambda head, state: rows)
    monkeypatch.setattr(room, "_end", lambda *_, **__: {"status": "ended"})
    done = list[int]()

    def gathered(work: Work, gathering: Any, thawing: Any, supply: Supply, rounds: Any) -> bool:
        done.extend(each.content.number for each in supply if isinstance(each.content, Item))
        return False

    monkeypatch.setattr(room, "_gathered", gathered)
    work, _ = work_of(State(), BulkJob(JOB.target))
    begun = Begun(Head("id", NOW, round=turn))
    assert room.done(work, begun, lambda *_: iter(supply(4))) == {"status": "ended"}
    assert done == numbers


@pytest.mark.parametrize("error", [OutOfTime("no time"), Stopped("stopped")])
@pytest.mark.parametrize("taken", [False, True])
def test_who_has_no_time_hands_over_what_is_still_theirs(
    taken: bool, error: OutOfTime | Stopped, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another has taken is that one's, whose head stays as it is."""

    def gathered(*_: object) -> bool:
        raise error

    monkeypatch.setattr(room, "_gathered", gathered)
    ours = State(taken=taken)
    work, _ = work_of(ours, BulkJob(JOB.target))
    begun = Begun(Head("id", NOW))
    if taken:
        assert room.done(work, begun, lambda *_: iter(()))["status"] == "under_way"
        assert ours.saved is None
        return
    told = Unfinished if isinstance(error, OutOfTime) else Stopped
    with pytest.raises(told, match="0 items are done, and the same event goes on") as raised:
        room.done(work, begun, lambda *_: iter(()))
    assert ours.saved
    assert ours.saved.status == HANDED_OVER
    assert not getattr(raised.value, "progress", False)


@pytest.mark.parametrize(("asked", "most"), [(None, 8), (3, 3), (0, 0), (99, 8)])
def test_children_are_as_few_as_anybody_says(asked: int | None, most: int) -> None:
    """The event, or the function's setting; to restore alone takes none."""
    work, _ = work_of(State(), BulkJob(JOB.target, max_children=asked))
    work = replace(work, instance=replace(work.instance, most_children=8))
    assert work.most == most
    restores = replace(work.job, thaw=Thaw(3, None, copies=False))
    assert replace(work, job=restores).most == 0


def test_who_restores_is_looked_after_from_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody sends the event again once OSS was asked: if the instance dies, somebody has to."""
    dues = list[float]()
    closed = list[bool]()

    def gathered(work: Work, *_: object) -> bool:
        dues.append(cast(Any, work.state).saved.due)
        return False

    monkeypatch.setattr(room, "_gathered", gathered)
    monkeypatch.setattr(room, "_end", lambda *_, **__: {})
    restorer: Any = SimpleNamespace(requests=0, close=lambda: closed.append(True))
    work, _ = work_of(State())
    work = replace(work, instance=replace(work.instance, restorer=lambda: restorer))
    room.done(work, Begun(Head("id", NOW)), lambda *_: iter(()))
    assert (dues, closed) == ([NOW + 900], [True])
