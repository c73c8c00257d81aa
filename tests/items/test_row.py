"""The row of an item, where its cause is looked for, and sums."""

from __future__ import annotations

import json
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import (
    ChecksumMismatch,
    ChildFailed,
    FerryError,
    InternalError,
    InvalidEvent,
    ObjectExists,
    OutOfTime,
    SourceBusy,
    SourceChanged,
    SourceGone,
    SourceUnavailable,
    TargetRefused,
    TargetUnavailable,
)
from ossferry.items.row import Row, Tally, cause_of, lines_of, row_of

CAUSES = st.sampled_from([None, "source", "network", "oss"])
ROWS = st.builds(
    lambda outcome, size, cause: {
        "outcome": outcome,
        **({"size": size} if size is not None else {}),
        **({"cause": cause} if outcome == "failed" and cause else {}),
    },
    st.sampled_from(["copied", "unchanged", "skipped", "failed"]),
    st.none() | st.integers(0, 2**40),
    CAUSES,
)


@given(st.lists(st.lists(ROWS, max_size=5), max_size=5))
def test_sums_of_parts_are_the_sum_of_all(parts: list[list[Row]]) -> None:
    """However items are divided: nothing is counted twice, or not at all."""
    everything = [row for rows in parts for row in rows]
    total = reduce(Tally.plus, map(Tally.sum, parts), Tally())
    assert total == Tally.sum(everything)
    assert total.items == len(everything)
    assert sum(total.causes.values()) <= total.failed


@given(st.lists(ROWS, max_size=8))
def test_a_sum_survives_json(rows: list[Row]) -> None:
    """A child's sum is the coordinator's."""
    total = Tally.sum(rows)._replace(source_requests=3, oss_requests=4)
    assert Tally.read(json.loads(json.dumps(total.to_json()))) == total


def test_only_what_was_copied_counts_as_bytes() -> None:
    """What was there already cost nothing."""
    rows = [row_of(1, "s", "k", outcome, size=5) for outcome in ("copied", "unchanged", "skipped")]
    assert Tally.sum(rows).bytes == 5


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (InvalidEvent("x"), "event"),
        (ObjectExists("x"), "event"),
        (SourceUnavailable("x"), "network"),
        (SourceBusy("x"), "network"),
        (SourceGone("x"), "source"),
        (SourceChanged("x"), "source"),
        (ChecksumMismatch("x"), "source"),
        (TargetRefused("x"), "oss"),
        (TargetUnavailable("x"), "oss"),
        (ChildFailed("x"), "function"),
        (OutOfTime("x"), "function"),
        (InternalError("x"), "function"),
    ],
)
def test_a_cause_says_where_to_look(error: FerryError, cause: str) -> None:
    """At the source, on the way to it, at OSS, in the list, or in the function itself."""
    row = row_of(1, "s", "k", "failed", error=error)
    assert row["cause"] == cause_of(error) == cause
    assert row["error_type"] == error.type


@given(st.text(), st.text())
def test_every_row_can_be_recorded(key: str, source: str) -> None:
    """Also with what no encoding takes: lists may say half of a surrogate pair."""
    odd = key + chr(0xD800)
    row = row_of(1, source + chr(0xDFFF), odd, "skipped", reason=odd)
    assert json.loads(lines_of([row])) == row


def test_a_checksum_is_text() -> None:
    """JSON numbers lose what is beyond 53 bits in many a reader."""
    assert row_of(1, "s", "k", "copied", crc64=2**64 - 1)["crc64"] == "18446744073709551615"
