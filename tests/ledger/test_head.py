"""The head of a job: written and read again, and the names of what is beside it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.items.row import Tally
from ossferry.ledger.head import (
    HANDED_OVER,
    RUNNING,
    WAITING,
    Cursor,
    Epoch,
    Head,
    due_name,
    epoch_name,
    folder_of,
    head_name,
    read_due_name,
    read_result_name,
    result_name,
    results_of,
    stop_name,
)

COUNTS = st.integers(0, 10**9)
TALLIES = st.builds(
    Tally,
    copied=COUNTS,
    failed=COUNTS,
    bytes=COUNTS,
    causes=st.dictionaries(st.sampled_from(["source", "oss"]), st.integers(1, 9)),
    waits=st.dictionaries(st.sampled_from(["Archive", "ColdArchive/Bulk"]), st.integers(1, 9)),
)
EVENTS = st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.booleans(), max_size=3)
HEADS = st.builds(
    Head,
    id=st.text(min_size=1),
    began=st.floats(0, 2e9),
    request_ids=st.lists(st.text(), max_size=3).map(tuple),
    event=st.none() | EVENTS,
    version=st.text(),
    format=st.text(),
    status=st.sampled_from([RUNNING, HANDED_OVER, WAITING, "completed"]),
    epoch=st.integers(1, 999),
    epochs=st.lists(st.builds(Epoch, COUNTS, COUNTS, COUNTS, st.booleans()), max_size=3).map(tuple),
    round=COUNTS,
    due=st.floats(0, 2e9),
    cursor=st.builds(Cursor, COUNTS, st.text()),
    next_slice=COUNTS,
    tally=TALLIES,
    inherited=TALLIES,
    items=st.none() | COUNTS,
    bare=st.booleans(),
    thaws=st.booleans(),
    handed_out=COUNTS,
    reply=st.none() | EVENTS,
)


@given(HEADS)
def test_a_head_is_read_as_it_was_written(head: Head) -> None:
    """Whatever is in it, also half of a surrogate pair in the event."""
    again = Head.decode(head.encode())
    assert again == head
    assert again is not None
    assert all(isinstance(each, Epoch) for each in again.epochs)
    odd = head._replace(event={"list": "\ud800"})
    assert Head.decode(odd.encode()) == odd


@pytest.mark.parametrize(
    "text",
    [b"", b"{}", b"[]", b"null", b'{"version_of_head": 2}', b'{"version_of_head": 1}', b"\xff"],
)
def test_what_is_no_head_is_none(text: bytes) -> None:
    """Nor is that of another version, which is not gone on with."""
    assert Head.decode(text) is None


def test_a_head_with_something_unknown_is_none() -> None:
    """Another version has written it, whatever it calls itself."""
    document = json.loads(Head("id", 0.0).encode())
    assert Head.decode(json.dumps({**document, "more": 1}).encode()) is None


@given(st.integers(1, 10**6 - 1), st.integers(0, 10**8 - 1), st.booleans())
def test_names_of_results_are_read_again(epoch: int, number: int, partial: bool) -> None:
    """Epoch, slice and whether it is partial."""
    name = result_name("id", epoch, number, partial=partial)
    assert read_result_name(name) == (epoch, number, partial)
    assert name.startswith(results_of("id"))


@given(st.lists(st.tuples(st.integers(1, 999_999), st.integers(0, 99_999_999)), max_size=9))
def test_results_are_listed_in_their_order(pairs: list[tuple[int, int]]) -> None:
    """By epoch, then by slice."""
    assert sorted(result_name("id", *each) for each in pairs) == [
        result_name("id", *each) for each in sorted(pairs)
    ]


def test_what_else_is_beside_a_head_is_no_result() -> None:
    """Nothing of it is counted."""
    others = [head_name("a"), stop_name("a"), epoch_name("a", 2), f"{folder_of('a')}report.jsonl"]
    assert [read_result_name(name) for name in others] == [None] * 4


@given(HEADS, TALLIES)
def test_who_takes_over_goes_on_where_the_head_says(head: Head, found: Tally) -> None:
    """In the same round, with what was found on record beyond the cursor."""
    taken = head._replace(status=HANDED_OVER).next_epoch(1000, "request", found)
    assert (taken.epoch, taken.next_slice, taken.status) == (1000, 1, RUNNING)
    assert (taken.round, taken.cursor, taken.handed_out) == (
        head.round,
        head.cursor,
        head.handed_out,
    )
    assert taken.epochs == (*head.epochs, Epoch(head.epoch, head.next_slice, head.round))
    assert (taken.tally, taken.inherited) == (head.tally, found)
    assert taken.due == head.due


@given(HEADS, TALLIES)
def test_who_comes_back_to_what_waits_begins_the_next_round(head: Head, found: Tally) -> None:
    """From its beginning; what came of items is kept, and those that waited are counted anew."""
    taken = head._replace(status=WAITING).next_epoch(1000, "request", found)
    assert (taken.round, taken.cursor, taken.handed_out) == (head.round + 1, Cursor(), 0)
    assert taken.epochs[-1] == Epoch(head.epoch, head.next_slice, head.round, whole=True)
    assert taken.sum == head.sum._replace(waits={})
    assert (taken.inherited, taken.status) == (Tally(), RUNNING)


def test_only_the_last_requests_are_remembered() -> None:
    """A job may wait for weeks, and its head stays small."""
    head = Head("id", 0.0)
    for epoch in range(2, 500):
        head = head.next_epoch(epoch, f"r-{epoch}", Tally())
    assert len(head.request_ids) == 21
    assert head.request_ids[-1] == "r-499"


@given(st.floats(1, 2e9), st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", fullmatch=True))
def test_names_of_what_is_due_are_read_again(due: float, job_id: str) -> None:
    """To the second, whatever dashes the id has."""
    assert read_due_name(due_name(job_id, due)) == (float(int(due)), job_id)


@given(st.lists(st.floats(0, 99_999_999_999), max_size=9))
def test_what_is_due_first_is_listed_first(moments: list[float]) -> None:
    names = [due_name("id", moment) for moment in sorted(moments)]
    assert names == sorted(names)


@pytest.mark.parametrize("name", ["", "x", "12", "12-", "x-id.json", "-id.json", ".json"])
def test_what_else_is_beside_them_is_none(name: str) -> None:
    assert read_due_name(f".ossferry/due/{name}") is None
