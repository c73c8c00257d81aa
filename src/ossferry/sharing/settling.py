"""What becomes of slices that nobody goes on with, because the job is to end."""

from __future__ import annotations

from collections.abc import Iterator

from ..items.row import Tally
from ..ledger.state import State
from .progress import Progress
from .slices import ItemSlice


def settle(progress: Progress, state: State, rest: Iterator[ItemSlice]) -> None:
    """Count what those have recorded who are given up, and the rows of those that nobody began."""
    epoch = progress.head.epoch
    for each in [*progress.open, *progress.numbered(rest)]:
        rows = [*each.rows, *state.rows(epoch, each.number, partial=True)]
        known = {row["item"]: row for row in rows}
        if known:
            state.write_result(epoch, each.number, known.values())
            progress.done(each, Tally.sum(known.values()))
