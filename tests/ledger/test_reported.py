"""A job as one document: what went when, and what failed."""

from __future__ import annotations

from typing import Any

import pytest

import ossferry.ledger.reported as room
from ossferry.errors import InvalidEvent, SourceGone
from ossferry.items.row import Row, Tally, row_of
from ossferry.ledger.head import Epoch, Head
from ossferry.ledger.reported import Known, document
from ossferry.ledger.state import State
from tests.ledger.test_state import state

GONE = SourceGone("it is gone")


def came(number: int, outcome: str, **fields: Any) -> Row:
    return row_of(number, "https://x/y", f"out/{number}", outcome, size=5, **fields)


def told(ours: State, known: Known | None = None) -> dict[str, Any]:
    bucket: Any = ours._bucket
    return document(bucket, "id", known)


def test_a_job_that_there_is_not_is_told_so() -> None:
    """With what to look at."""
    with state() as (ours, _), pytest.raises(InvalidEvent, match="look at its id"):
        told(ours)


def test_what_waits_has_come_to_nothing_yet() -> None:
    """It is in no sum; of what was copied bytes count, and of what failed causes."""
    rows = [came(1, "copied"), came(2, "failed", error=GONE), came(3, "waiting")]
    with state() as (ours, _):
        ours.save(Head("id", 0.0, tally=Tally.sum(rows)))
        ours.write_result(1, 1, rows)
        found = told(ours)
    assert found["slices"] == [[1, 0.0, 0.0, 2, 5, 1]]
    assert found["over_time"] == [[0, 2, 5, 1]]
    assert (found["causes"], found["failed_in_all"]) == ({"source": 1}, 1)
    assert {each["item"] for each in found["slowest"]} == {1, 2}
    assert found["counts"]["copied"] == found["counts"]["failed"] == 1


def test_a_document_has_some_failures_and_the_number_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A job may have millions of them."""
    monkeypatch.setattr(room, "_FAILED", 2)
    with state() as (ours, _):
        ours.save(Head("id", 0.0))
        ours.write_result(1, 1, [came(n, "failed", error=GONE) for n in range(5)])
        found = told(ours)
    assert [each["item"] for each in found["failed"]] == [0, 1]
    assert (found["failed_in_all"], found["error_types"]) == (5, {"SourceGone": 5})


@pytest.mark.parametrize("epochs", [(), (Epoch(1, 1),)])
def test_what_others_worked_whom_nobody_heard_is_estimated(epochs: tuple[Epoch, ...]) -> None:
    """An invocation knows the seconds of its own children, and of no others."""
    with state() as (ours, _):
        ours.save(Head("id", -10.0, epoch=1 + len(epochs), epochs=epochs))
        ours.write_result(1 + len(epochs), 1, [came(1, "copied", seconds=4.0)])
        found = told(ours, Known({"busy_seconds": 1.0}, child_seconds=7.0, memory_mb=1024))
    assert found["cost"]["busy_seconds"] == found["cost"]["gb_seconds"] == (5.0 if epochs else 8.0)


def test_of_many_moments_some_are_told_and_the_last() -> None:
    """Which has the sums of all."""
    sums = room._Sums()
    for second in range(1001):
        sums.add(second, float(second), [came(second, "copied")])
    points = sums.over_time()
    assert len(points) <= 400
    assert points[-1] == [1000, 1001, 5005, 0]
