"""What a job keeps in OSS, when answers are lost and two go on with it at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest

import ossferry.ledger.state as room
from ossferry.bulk.wakeup import wake_all
from ossferry.errors import TargetUnavailable
from ossferry.items.row import Row, lines_of
from ossferry.ledger.head import (
    WAITING,
    Cursor,
    Epoch,
    Head,
    due_name,
    epoch_name,
    read_due_name,
    result_name,
)
from ossferry.ledger.state import State, last_of, read_rows
from ossferry.urls import Url
from tests.bulk.simulated import row
from tests.items.staged import Oss
from tests.peers.loopback import soon
from tests.peers.scripted import Reply, Request, Script, Then, in_turn, scripted

LOST = Reply(b"", Then.CLOSE)


class Bucket:
    """As far as a state needs one: records in the memory of a scripted OSS."""

    def __init__(self, oss: Oss, url: str) -> None:
        self._oss = oss
        self._url = url
        self.deadline = soon()
        self.name = "my-bucket"
        self.region = "cn-hangzhou"
        self.steps = 1 << 30  # writes and deletes that it takes until it fails

    def read(self, key: str) -> tuple[bytes, float] | None:
        found = self._oss.objects.get(key)
        return (found[0], 0.0) if found else None

    def write(self, key: str, content: bytes) -> None:
        self._step()
        self._oss.objects[key] = (content, {})

    def delete(self, key: str) -> None:
        self._step()
        self._oss.objects.pop(key, None)

    def _step(self) -> None:
        if self.steps == 0:
            raise TargetUnavailable("the instance is gone")
        self.steps -= 1

    def put_url(self, key: str, headers: object) -> Url:
        return Url(f"{self._url}/my-bucket/{key}")

    def now(self) -> float:
        return 100.0  # after all that is ever due here

    def names(self, prefix: str) -> Iterator[tuple[str, float]]:
        return ((key, 0.0) for key in sorted(self._oss.objects) if key.startswith(prefix))


@contextmanager
def state(script: Callable[[Oss], Script] = lambda oss: oss) -> Iterator[tuple[State, Oss]]:
    oss = Oss()
    with scripted(script(oss)) as server:
        bucket: Any = Bucket(oss, server.url)
        yield State(bucket, "id"), oss


def put(oss: Oss, epoch: int, number: int, *items: int, partial: bool = False) -> None:
    content = lines_of([row(n) for n in items])
    oss.objects[result_name("id", epoch, number, partial=partial)] = (content, {})


def took(ours: State, head: Head, request_id: str) -> tuple[Head, list[Row]]:
    """What who takes a job over gets."""
    taken = ours.take_over(head, request_id)
    assert taken is not None
    return taken


def test_a_job_is_begun_once() -> None:
    """Whoever comes second is told so."""
    with state() as (ours, _):
        assert ours.create(Head("id", 1.0, request_ids=("one",)))
        assert not ours.create(Head("id", 2.0, request_ids=("two",)))
        assert ours.head() == Head("id", 1.0, request_ids=("one",))


def test_a_lost_answer_is_no_other_who_began() -> None:
    """The object is its own, as its content says."""

    def losing(oss: Oss) -> Script:
        def first(request: Request) -> Reply:
            oss(request)
            return LOST

        return in_turn(first, rest=oss)

    with state(losing) as (ours, _):
        assert ours.create(Head("id", 1.0))


def test_what_counts_is_written_down_once_more_by_who_takes_over() -> None:
    """What the head does not sum up: whole results, and partial ones; each item once."""
    with state() as (ours, oss):
        put(oss, 1, 1, 1, 2)  # summed up in the head
        put(oss, 1, 2, 3, 4)
        put(oss, 1, 2, 3, partial=True)
        put(oss, 1, 3, 5, partial=True)
        head = Head("id", 0.0, cursor=Cursor(2), next_slice=2)
        taken, known = took(ours, head, "request")
        assert [each["item"] for each in known] == [3, 4, 5]
        assert ours.rows(taken.epoch, 0) == known
        assert (taken.epoch, taken.epochs, taken.next_slice) == (2, (Epoch(1, 2),), 1)
        assert taken.request_ids == ("request",)
        assert taken.inherited.copied == 3
        assert ours.head() == taken


def test_what_an_earlier_epoch_still_records_counts_no_more() -> None:
    """Its children may outlive whoever called them."""
    with state() as (ours, oss):
        taken, _ = took(ours, Head("id", 0.0), "one")
        put(oss, 1, 5, 50)
        again, known = took(ours, taken, "two")
        assert known == []
        assert again.epoch == 3


def test_what_was_found_once_is_found_by_all_who_take_over_later() -> None:
    """As long as the cursor is before it: nobody copies it a second time."""
    with state() as (ours, oss):
        put(oss, 1, 3, 7, 8)
        taken, _ = took(ours, Head("id", 0.0), "one")
        put(oss, 2, 1, 9)
        again, known = took(ours, taken, "two")
        assert [each["item"] for each in known] == [7, 8, 9]
        assert again.epochs == (Epoch(1, 1), Epoch(2, 1))


def test_of_two_who_take_over_at_once_one_does() -> None:
    """The other one hears that somebody is at it."""
    with state() as (ours, oss):
        put(oss, 1, 1, 1)
        assert ours.take_over(Head("id", 0.0), "one")
        assert ours.take_over(Head("id", 0.0), "two") is None


def test_who_dies_while_taking_over_keeps_nobody_from_it() -> None:
    """An epoch that was claimed, and of which no head ever told, is passed over."""
    with state() as (ours, oss):
        put(oss, 1, 1, 1)
        oss.objects[epoch_name("id", 2)] = (b'"dead"', {})
        oss.objects[epoch_name("id", 3)] = (b'"dead, too"', {})
        taken = ours.take_over(Head("id", 0.0), "one", patience=0.01)
        assert taken is not None
        assert (taken[0].epoch, [each["item"] for each in taken[1]]) == (4, [1])


@pytest.mark.parametrize("partial", [True, False])
def test_what_is_not_on_record_is_nothing(partial: bool) -> None:
    """A slice whose child recorded nothing is to be done as a whole."""
    with state() as (ours, _):
        assert ours.rows(1, 1, partial=partial) == []
        assert ours.results() == []
        assert ours.head() is None
        assert not ours.asked_to_stop
        ours.ask_to_stop()
        assert ours.asked_to_stop


def due_names(oss: Oss) -> list[str]:
    return sorted(name for name in oss.objects if read_due_name(name))


@pytest.mark.parametrize(("before", "due"), [(0.0, 50.0), (20.5, 50.0), (50.0, 20.0), (20.0, 0.0)])
def test_when_somebody_has_to_look_is_a_name_and_in_the_head(before: float, due: float) -> None:
    """One name, or none if nobody has to."""
    with state() as (ours, oss):
        head = ours.save_due(Head("id", 0.0), before) if before else Head("id", 0.0)
        saved = ours.save_due(head, due)
        assert saved == head._replace(due=due)
        assert ours.head() == saved
        assert due_names(oss) == ([due_name("id", due)] if due else [])


def test_a_moment_later_the_name_is_the_same_and_stays() -> None:
    """Names go by seconds."""
    with state() as (ours, oss):
        ours.save_due(ours.save_due(Head("id", 0.0), 20.2), 20.8)
        assert due_names(oss) == [due_name("id", 20)]


@pytest.mark.parametrize("steps", range(4))
@pytest.mark.parametrize(("before", "due"), [(0.0, 50.0), (20.0, 50.0), (50.0, 20.0), (20.0, 0.0)])
def test_whoever_dies_in_between_somebody_looks_after_the_job(
    before: float, due: float, steps: int
) -> None:
    """At the moment that the head tells of there is a name, whatever the moment of the crash; one
    too many is taken away by who comes by."""
    with state() as (ours, oss):
        bucket: Any = ours._bucket
        head = Head("id", 0.0)
        ours.save(head)
        head = ours.save_due(head, before) if before else head
        bucket.steps = steps
        with suppress(TargetUnavailable):
            ours.save_due(head._replace(status=WAITING), due)
        bucket.steps = 1 << 30
        there = ours.head()
        assert there is not None
        names = due_names(oss)
        assert not there.due or due_name("id", there.due) in names
        assert {*names} <= {due_name("id", moment) for moment in (before, due) if moment}
        # Who takes the job over knows what the head says, and who comes by takes the rest away.
        ours.save_due(there, due)
        woken = list[str]()
        cloud: Any = SimpleNamespace(invoke_later=lambda event: woken.append(event["id"]))
        wake_all(bucket, cloud)
        assert due_names(oss) == ([due_name("id", due)] if due else [])
        assert woken == (["id"] if due else [])


def test_what_waits_is_taken_over_with_nothing_on_record_beyond_the_cursor() -> None:
    """Its round was done; the next begins with the moment at which it was due."""
    with state() as (ours, oss):
        put(oss, 1, 1, 1, 2)
        put(oss, 1, 2, 3)
        head = Head("id", 0.0, cursor=Cursor(2), next_slice=2, status=WAITING, due=50.0)
        taken, known = took(ours, head, "request")
        assert known == []
        assert (taken.round, taken.due, taken.cursor) == (1, 50.0, Cursor())
        assert taken.epochs == (Epoch(1, 2, 0, whole=True),)
        assert ours.rows(2, 0) == []
        assert ours.head() == taken


@pytest.mark.parametrize(
    "line", [b'{"item": 1, "sour', b"[]", b"1", b'"x"', b"{}", b"\xff\xfe", b"[" * 100_000]
)
def test_a_damaged_line_counts_as_not_recorded(
    line: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its item is done again, and the others are known."""
    rows = [row(number) for number in (1, 2)]
    first, second = lines_of(rows[:1]), lines_of(rows[1:])
    assert [*read_rows(first + line + b"\n" + second)] == rows
    assert "bulk.row_damaged" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"{", b"7", b"null", b"\xff"])
def test_what_points_to_no_job_is_passed_over(content: bytes) -> None:
    """The event begins a job of its own."""
    bucket: Any = SimpleNamespace(read=lambda name: (content, 0.0))
    assert last_of(bucket, "digest") is None


def test_of_two_with_the_same_epoch_one_ends() -> None:
    """A bucket with versioning lets both create what only one can: the last head says whose it
    is."""
    with state() as (ours, _):
        one, two = (Head("id", 0.0, request_ids=("first", name)) for name in ("one", "two"))
        assert not ours.is_taken_from(one)
        ours.save(two)
        assert ours.is_taken_from(one)
        assert not ours.is_taken_from(two)
        assert not ours.is_taken_from(one._replace(epoch=2))


@pytest.mark.parametrize("status", ["completed", WAITING, None])
def test_who_has_ended_is_not_at_it_any_more(
    status: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A head that is written for the last time is no sign of life, nor is one that is gone."""
    with state() as (ours, oss):
        ours.save(Head("id", 0.0))
        pauses = list[float]()

        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            oss.objects.clear()
            if status:
                ours.save(Head("id", 0.0, status=status))

        monkeypatch.setattr(room, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep))
        assert not ours.is_alive(20.0)
        assert len(pauses) == 1
