"""Items packed for children: by count, and by bytes as far as they are known. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..byte_range import MIB
from ..items.job import Item
from ..items.row import Row
from .head import Cursor
from .supply import Supplied, Supply

MOST = 250  # items of a slice: a few seconds' work
FEWEST = 16  # for which a child is worth its invocation
_SHARING = 8  # children that have two slices each, where there are not many items
_BYTES = 256 * MIB
_ROWS = 5000  # that need no copying, and are only recorded


class ItemSlice(NamedTuple):
    """``number`` counts within an epoch, from 1; ``cursor`` is behind its last item."""

    number: int
    items: tuple[Item, ...]
    rows: tuple[Row, ...]
    cursor: Cursor


def slices_of(supply: Supply, first: int, most: int = MOST) -> Iterator[ItemSlice]:
    """In the order of the supply."""
    number, items, rows, size = first, [], [], 0  # type: int, list[Item], list[Row], int
    last: Supplied | None = None
    for supplied in supply:
        if last and _full(items, rows, size, supplied.size, most):
            yield ItemSlice(number, tuple(items), tuple(rows), last.cursor)
            number, items, rows, size = number + 1, [], [], 0
        last = supplied
        size += supplied.size
        if isinstance(supplied.content, Item):
            items.append(supplied.content)
        else:
            rows.append(supplied.content)
    if last and (items or rows):
        yield ItemSlice(number, tuple(items), tuple(rows), last.cursor)


def _full(items: list[Item], rows: list[Row], size: int, more: int, most: int) -> bool:
    return len(items) >= most or len(rows) >= _ROWS or bool(items and size + more > _BYTES)


def most_for(items: int | None, children: int) -> int:
    """How many items a slice has: fewer where there are not many, so that some children share
    them. Not all that there may be: each begins with few streams and new connections."""
    if items is None:
        return MOST
    return max(FEWEST, min(MOST, -(-items // max(1, 2 * min(children, _SHARING)))))
