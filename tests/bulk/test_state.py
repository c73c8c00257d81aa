"""What a job keeps in OSS, when answers are lost and two go on with it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ossferry.bulk.head import Cursor, Head, epoch_name, result_name
from ossferry.bulk.state import State
from ossferry.items.copy import lines_of
from ossferry.items.row import Row
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

    def read(self, key: str) -> tuple[bytes, float] | None:
        found = self._oss.objects.get(key)
        return (found[0], 0.0) if found else None

    def write(self, key: str, content: bytes) -> None:
        self._oss.objects[key] = (content, {})

    def put_url(self, key: str, headers: object) -> Url:
        return Url(f"{self._url}/my-bucket/{key}")

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
        assert (taken.epoch, taken.epochs, taken.next_slice) == (2, ((1, 2),), 1)
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
        assert again.epochs == ((1, 1), (2, 1))


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
