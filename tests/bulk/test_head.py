"""The head of a job: written and read again, and the names of what is beside it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.bulk.head import (
    Cursor,
    Head,
    epoch_name,
    folder_of,
    head_name,
    read_result_name,
    result_name,
    results_of,
    stop_name,
)
from ossferry.items.row import Tally

COUNTS = st.integers(0, 10**9)
TALLIES = st.builds(
    Tally,
    copied=COUNTS,
    failed=COUNTS,
    bytes=COUNTS,
    causes=st.dictionaries(st.sampled_from(["source", "oss"]), st.integers(1, 9)),
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
    status=st.sampled_from(["running", "handed_over", "completed"]),
    epoch=st.integers(1, 999),
    epochs=st.lists(st.tuples(COUNTS, COUNTS), max_size=3).map(tuple),
    cursor=st.builds(Cursor, COUNTS, st.text()),
    next_slice=COUNTS,
    tally=TALLIES,
    items=st.none() | COUNTS,
    reply=st.none() | EVENTS,
)


@given(HEADS)
def test_a_head_is_read_as_it_was_written(head: Head) -> None:
    """Whatever is in it, also half of a surrogate pair in the event."""
    assert Head.decode(head.encode()) == head
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
