"""How far a job is: which slices are open, and behind which item everything is still to do. Pure.

Slices end in any order, and large items are found while others are copied. The cursor stands behind
windows of which nothing is open; what is done beyond it is on record, in slices that whoever takes
the job over looks through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count

from ..items.row import Tally
from ..ledger.head import Cursor, Head
from .slices import ItemSlice


class Progress:
    """One epoch of a job. ``head`` is what is on record, ``tally`` what is known."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self.tally = head.sum
        self._numbers = count(head.next_slice)
        self._open: dict[int, ItemSlice] = {}
        self._of_window = Counter[int]()  # slices that are open
        self._behind: dict[int, Cursor] = {}  # windows of which all slices are known
        self._window = 0  # the first that is not through
        self._through: dict[int, tuple[int, Tally]] = {}  # windows and sums, by number

    @property
    def open(self) -> list[ItemSlice]:
        return [*self._open.values()]

    def numbered(self, slices: Iterator[ItemSlice]) -> Iterator[ItemSlice]:
        """Slices that are open from now on."""
        for each in slices:
            numbered = each._replace(number=next(self._numbers))
            self._open[numbered.number] = numbered
            self._of_window[each.window] += 1
            if each.cursor is not None:
                self._behind[each.window] = each.cursor
            yield numbered

    def handed_out(self, each: ItemSlice) -> None:
        self._open[each.number] = each
        self.head = self.head._replace(handed_out=max(self.head.handed_out, each.last))

    def done(self, each: ItemSlice, tally: Tally) -> None:
        self.tally = self.tally.plus(tally)
        del self._open[each.number]
        self._of_window[each.window] -= 1
        self._through[each.number] = each.window, tally
        head = self.head
        while self._window in self._behind and not self._of_window[self._window]:
            head = head._replace(cursor=self._behind.pop(self._window))
            del self._of_window[self._window]
            self._window += 1
        # Results that the head counts have only items before the cursor.
        while (found := self._through.get(head.next_slice)) and found[0] < self._window:
            del self._through[head.next_slice]
            head = head._replace(tally=head.tally.plus(found[1]), next_slice=head.next_slice + 1)
        self.head = head

    def sent(self, oss_requests: int) -> None:
        """Requests that nobody sent who did a slice."""
        more = Tally(oss_requests=oss_requests)
        self.tally = self.tally.plus(more)
        self.head = self.head._replace(tally=self.head.tally.plus(more))
