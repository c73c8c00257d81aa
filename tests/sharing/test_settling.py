"""What is known of open slices when a job ends: each item once, as its child recorded it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from ossferry.items.row import Row
from ossferry.ledger.head import Head
from ossferry.sharing.progress import Progress
from ossferry.sharing.settling import settle
from tests.bulk.simulated import Records, row, slices


class Rewritten(Records):
    """A child may have recorded its result already."""

    def write_result(self, epoch: int, number: int, rows: Iterable[Row]) -> None:
        self.results[epoch, number] = list(rows)


@pytest.mark.parametrize("partly", [(), (2,), (2, 3)])
@pytest.mark.parametrize("whole", [True, False])
def test_what_children_have_recorded_counts(partly: tuple[int, ...], whole: bool) -> None:
    """In part, or as a whole whose answer nobody heard; and rows that needed no child."""
    records = Rewritten()
    records.partial[1, 1] = [row(1, "skipped"), *map(row, partly)]
    if whole:
        records.results[1, 1] = [row(1, "skipped"), row(2), row(3)]
    progress, state = Progress(Head("id", 0.0)), records
    first, second, *rest = slices(9, 3, rows=[1, 7])
    [*progress.numbered(iter((first, second)))]
    known: Any = state
    settle(progress, known, iter(rest))
    copied = {2, 3} if whole else {*partly}
    assert {each["item"] for each in records.results[1, 1]} == {1} | copied
    assert len(records.results[1, 1]) == 1 + len(copied)
    assert records.results.keys() == {(1, 1), (1, 3)}
    assert [each["item"] for each in records.results[1, 3]] == [7]
    assert (progress.tally.copied, progress.tally.skipped) == (len(copied), 2)
