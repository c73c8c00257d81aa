"""What a job consists of, one item after another, as it is supplied. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..entries import Entry
from ..items.row import Row
from ..ledger.head import Cursor
from ..small.item import Item


class Supplied(NamedTuple):
    """An item, or the row that it already is, and where the supply goes on behind it.

    ``entry`` is what a listing says of its source; ``waits`` whether it was waited for.
    """

    content: Item | Row
    cursor: Cursor
    entry: Entry | None = None
    waits: bool = False

    @property
    def item(self) -> Item | None:
        return self.content if isinstance(self.content, Item) else None

    @property
    def size(self) -> int:
        """Bytes, as far as they are known."""
        return (self.item.size if self.item else None) or 0


Supply = Iterator[Supplied]
