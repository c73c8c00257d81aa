"""What becomes of slices that nobody goes on with, because the job is to end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..items.row import Row, Tally
from ..ledger.state import State
from .progress import Progress
from .slices import ItemSlice


def settle(progress: Progress, state: State, rest: Iterator[ItemSlice]) -> None:
    """Count what those have recorded who are given up, and the rows of those that nobody began."""
    epoch = progress.head.epoch
    for each in progress.open:
        recorded = state.rows(epoch, each.number, partial=True)
        # Its child may have got all of it done since it was last heard of.
        recorded += state.rows(epoch, each.number)
        _settle(each, [*each.rows, *recorded], progress, state)
    for each in progress.numbered(rest):
        _settle(each, each.rows, progress, state)


def _settle(each: ItemSlice, rows: Iterable[Row], progress: Progress, state: State) -> None:
    known = {row["item"]: row for row in rows}
    if known:
        state.write_result(progress.head.epoch, each.number, known.values())
        progress.done(each, Tally.sum(known.values()))
