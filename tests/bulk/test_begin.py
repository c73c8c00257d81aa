"""Which job an event means, and what becomes of one that waits when it is sent again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import ossferry.bulk.begin as room
from ossferry.bulk.begin import Begun, begin, go_on, recorded
from ossferry.bulk.source import Opened
from ossferry.errors import InvalidEvent, NotConfirmed
from ossferry.events.bulk import bulk_of
from ossferry.items.row import Tally
from ossferry.jobs import BulkJob
from ossferry.ledger.head import HANDED_OVER, RUNNING, WAITING, Cursor, Head
from ossferry.ledger.state import State
from ossferry.settings import Settings
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


def test_the_same_id_for_something_else_is_refused() -> None:
    """Nobody's job becomes another."""
    with state() as (ours, _):
        begun(ours)
        other = bulk_of({"kind": "thaw", "source": "oss://my-bucket/out/"}, Settings(), "cn-x")
        with pytest.raises(InvalidEvent, match="send this with another id"):
            begin(other, source(), ours, CLOUD, confirmed)


def test_what_is_on_record_is_the_job_again() -> None:
    """Or, where it has a secret, says what to give."""
    with state() as (ours, _):
        head = begun(ours).head
        assert recorded(head, "cn-chengdu") == JOB
        with pytest.raises(InvalidEvent, match="give the list, and source_headers, once more"):
            recorded(head._replace(event=None), "cn-hangzhou")
