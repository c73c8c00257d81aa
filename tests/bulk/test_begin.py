"""Which job an event means, and what becomes of one that waits when it is sent again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import ossferry.bulk.begin as room
from ossferry.bulk.begin import Begun, begin, failed_before, go_on, recorded, state_of
from ossferry.bulk.source import Opened
from ossferry.errors import InvalidEvent, NotConfirmed
from ossferry.events.bulk import bulk_of
from ossferry.items.row import Tally
from ossferry.jobs import BulkJob
from ossferry.ledger.head import HANDED_OVER, RUNNING, WAITING, Cursor, Head
from ossferry.ledger.state import State
from ossferry.settings import Settings
from tests.bulk.simulated import row
from tests.ledger.test_state import put, state

JOB = bulk_of({"kind": "thaw", "source": "oss://my-bucket/in/"}, Settings(), "cn-hangzhou")
NOW = 100.0  # of that bucket
CLOUD: Any = SimpleNamespace(request_id="r")


def source() -> Opened:
    return Opened("", "prefix", None, False, lambda *_: iter(()))


def confirmed() -> None:
    """Nothing speaks against it."""


def refused() -> None:
    raise NotConfirmed("too much")


def begun(ours: State, job: BulkJob = JOB) -> Begun:
    found = begin(job, source(), ours, CLOUD, confirmed)
    assert isinstance(found, Begun)
    return found


def saved(ours: State, **fields: Any) -> Head:
    """The head of the job, as somebody has left it."""
    there = ours.head()
    assert there is not None
    head = there._replace(**fields)
    ours.save(head)
    return head


def test_a_job_that_is_not_confirmed_leaves_nothing_behind() -> None:
    """Sent again with another limit, it is a new one."""
    with state() as (ours, oss):
        with pytest.raises(NotConfirmed):
            begin(JOB, source(), ours, CLOUD, refused)
        assert oss.objects == {}


def test_a_job_that_has_begun_was_confirmed() -> None:
    """Who goes on with it does not ask again."""
    with state() as (ours, _):
        begun(ours)
        saved(ours, status=HANDED_OVER)
        assert isinstance(begin(JOB, source(), ours, CLOUD, refused), Begun)


def test_what_waits_and_is_not_due_is_left_alone() -> None:
    """Whoever sends it again is told when it is."""
    with state() as (ours, _):
        begun(ours)
        head = saved(ours, status=WAITING, due=NOW + 1, tally=Tally(copied=3, waits={"Archive": 2}))
        reply = begin(JOB, source(), ours, CLOUD, confirmed)
        assert isinstance(reply, dict)
        assert (reply["status"], reply["due"]) == ("waiting", "1970-01-01T00:01:41Z")
        assert (reply["waiting"], reply["waits"], reply["items"]) == (2, {"Archive": 2}, 3)
        assert ours.head() == head


def test_what_is_due_goes_on_with_its_next_round() -> None:
    """From its beginning, with what came of the others."""
    with state() as (ours, oss):
        begun(ours)
        put(oss, 1, 1, 1)
        done = Tally(copied=1, waits={"Archive": 2})
        saved(ours, status=WAITING, due=NOW, tally=done, cursor=Cursor(3), next_slice=2)
        again = begun(ours)
        assert (again.head.round, again.head.cursor, again.known) == (1, Cursor(), ())
        assert again.head.sum == Tally(copied=1)


def test_what_was_handed_over_goes_on_in_its_round() -> None:
    """With what is on record beyond the cursor."""
    with state() as (ours, oss):
        begun(ours)
        put(oss, 1, 2, 5, 6)
        saved(ours, status=HANDED_OVER, round=1, cursor=Cursor(4), next_slice=2)
        again = begun(ours)
        assert (again.head.round, again.head.cursor) == (1, Cursor(4))
        assert [each["item"] for each in again.known] == [5, 6]


def test_what_somebody_is_at_is_left_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless nobody has heard of them for a while."""
    with state() as (ours, _):
        head = begun(ours).head
        monkeypatch.setattr(ours, "is_alive", lambda patience: patience == room._ALIVE)
        reply = go_on(head._replace(status=RUNNING), ours, CLOUD)
        assert isinstance(reply, dict)
        assert reply["status"] == "under_way"
        monkeypatch.setattr(ours, "is_alive", lambda patience: False)
        taken = go_on(head._replace(status=RUNNING), ours, CLOUD)
        assert isinstance(taken, Begun)
        assert taken.head.epoch == 2


@pytest.mark.parametrize(
    ("status", "bare", "look"),
    [(HANDED_OVER, True, 7), (RUNNING, True, room._ALL), (HANDED_OVER, False, room._ALL)],
)
def test_only_who_handed_over_is_sure_of_what_was_begun(
    status: str, bare: bool, look: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing was, what comes behind that needs no look; of a crash nobody knows."""
    with state() as (ours, _):
        begun(ours)
        head = saved(ours, status=status, bare=bare, handed_out=7)
        monkeypatch.setattr(ours, "is_alive", lambda patience: False)
        taken = go_on(head, ours, CLOUD)
        assert isinstance(taken, Begun)
        assert taken.look == look


@pytest.mark.parametrize(
    ("headers", "same"),
    [({"x-token": "new"}, True), ({"x-other": "old"}, False), ({}, False)],
)
def test_other_headers_are_another_job_and_other_values_are_not(
    headers: dict[str, str], same: bool
) -> None:
    """A token is renewed; what it is sent as says what is asked."""
    event = {"kind": "bulk", "list": "https://h/l.urls", "target_bucket_name": "my-bucket"}

    def job(headers: dict[str, str]) -> BulkJob:
        given = {"source_headers": headers} if headers else {}
        return bulk_of({**event, **given, "target_region": "cn-hangzhou"}, Settings(), "")

    with state() as (ours, _):
        begun(ours, job({"x-token": "old"}))
        saved(ours, status=HANDED_OVER)
        if same:
            assert begun(ours, job(headers)).head.event is None
            return
        with pytest.raises(InvalidEvent, match="send this with another id"):
            begin(job(headers), source(), ours, CLOUD, confirmed)


def test_the_same_id_for_something_else_is_refused() -> None:
    """Nobody's job becomes another."""
    with state() as (ours, _):
        begun(ours)
        other = bulk_of({"kind": "thaw", "source": "oss://my-bucket/out/"}, Settings(), "cn-x")
        with pytest.raises(InvalidEvent, match="send this with another id"):
            begin(other, source(), ours, CLOUD, confirmed)


def test_what_is_asked_twice_is_one_job_until_it_is_over() -> None:
    """By requests of other names: whoever is second would copy all of it once more."""
    with state() as (any_of_them, _):
        bucket = any_of_them._bucket
        first = state_of(JOB, source(), bucket, "r1")
        begin(JOB, source(), first, CLOUD, confirmed)
        assert state_of(JOB, source(), bucket, "r2").id == first.id
        saved(first, status="completed", reply={})
        assert state_of(JOB, source(), bucket, "r2").id != first.id
        assert state_of(JOB, source(), bucket, "r1").id == first.id


def test_only_what_failed_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known by what it was, of a job that has ended: else somebody is at it still."""
    outcomes = {1: "copied", 2: "failed", 3: "skipped", 4: "failed"}
    found = [row(number, outcome) for number, outcome in outcomes.items()]
    monkeypatch.setattr(room, "all_rows", lambda head, state: iter(found))
    again = BulkJob(JOB.target, id="id", wants="again", fail_above=3)
    with state() as (ours, _):
        bucket = ours._bucket
        with pytest.raises(InvalidEvent, match="no job id that has ended"):
            failed_before(again, bucket)
        begun(ours)
        with pytest.raises(InvalidEvent, match="no job id that has ended"):
            failed_before(again, bucket)
        saved(ours, status="completed", reply={})
        job, failed = failed_before(again, bucket)
    assert (job.source, job.wants, job.id, job.fail_above) == (JOB.source, "again", "id", 3)
    assert failed == {"out/2", "out/4"}


def test_what_is_on_record_is_the_job_again() -> None:
    """Or, where it has a secret, says what to give."""
    with state() as (ours, _):
        head = begun(ours).head
        assert recorded(head, "cn-chengdu") == JOB
        with pytest.raises(InvalidEvent, match="give the list, and source_headers, once more"):
            recorded(head._replace(event=None), "cn-hangzhou")
