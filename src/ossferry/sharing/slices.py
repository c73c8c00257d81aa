"""Items packed for children: by count, and by bytes as far as they are known. Pure.

Within a window of some thousand items they are taken in an order of their own: the largest first,
a few of them for a child, and the others by when their URLs end. What a list or listing has beyond
the window waits, so that memory does not grow with it, and a job that is interrupted goes on behind
the last window that was through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ..byte_range import MIB
from ..items.row import Row
from ..ledger.head import Cursor
from ..small.item import Item
from .supplied import Supplied, Supply

MOST = 250  # items of a slice: a few seconds' work
FEWEST = 16  # for which a child is worth its invocation
_SHARING = 8  # children that have two slices each, where there are not many items
BYTES = 256 * MIB
ROWS = 5000  # that need no copying, and are only recorded
LARGE = 8 * MIB  # bytes, above which an item is a transfer of its own
_LARGE_BYTES = 128 * MIB  # of large items that share a slice: some seconds' work
_FIRST, WINDOW = 1000, 4000  # items; the first window is soon there
_TEXT = 4 * MIB  # characters of all URLs in a window


class ItemSlice(NamedTuple):
    """``number`` counts within an epoch, from 1, once it is known, and windows from 0; ``cursor``
    is behind the window, of which this is the last slice. ``large``: its items are transfers."""

    number: int
    items: tuple[Item, ...]
    rows: tuple[Row, ...] = ()
    window: int = 0
    cursor: Cursor | None = None
    large: bool = False

    @property
    def last(self) -> int:
        """The number of its last item."""
        return max((item.number for item in self.items), default=0)


class Order(NamedTuple):
    """How many bytes of an item pass through the function, None if nobody knows; and when its URL
    ends, in epoch seconds."""

    size: Callable[[Item], int | None] = lambda item: item.size
    ends: Callable[[Item], float] = lambda item: float("inf")


def slices_of(
    supply: Supply,
    most: int = MOST,
    order: Order = Order(),  # noqa: B008
    at_most: int = WINDOW,
) -> Iterator[ItemSlice]:
    """Window by window, without numbers; a window has ``at_most`` so many items."""
    for number, window in enumerate(windows(supply, at_most)):
        items = [each.content for each in window if isinstance(each.content, Item)]
        rows = [each.content for each in window if not isinstance(each.content, Item)]
        few = number == 0 and len(items) <= most and _sum(items, order) <= BYTES
        small, large = _small(items, most, order), list[tuple[Item, ...]]()
        if not few:
            small = _small((each for each in items if not _is_large(each, order)), most, order)
            large = large_ones(each for each in items if _is_large(each, order))
        packed = [
            *(ItemSlice(0, each, (), number, large=True) for each in large),
            *_with_rows(small, rows, number),
        ]
        yield from packed[:-1]
        yield packed[-1]._replace(cursor=window[-1].cursor)


def windows(supply: Supply, at_most: int = WINDOW) -> Iterator[list[Supplied]]:
    window, text, most = list[Supplied](), 0, _FIRST
    for supplied in supply:
        window.append(supplied)
        if supplied.item:
            text += len(str(supplied.item.event.get("source_url")))
        if len(window) >= most or text >= _TEXT:
            yield window
            window, text, most = [], 0, at_most
    if window:
        yield window


def _is_large(item: Item, order: Order) -> bool:
    return (order.size(item) or 0) > LARGE


def _sum(items: Iterable[Item], order: Order) -> int:
    return sum(order.size(item) or 0 for item in items)


def _small(items: Iterable[Item], most: int, order: Order) -> list[tuple[Item, ...]]:
    """Those whose URLs end soonest come first; else in the order of the list."""
    return _packed(sorted(items, key=order.ends), most, BYTES, order.size)


def large_ones(items: Iterable[Item]) -> list[tuple[Item, ...]]:
    """The largest first, and of those that are not so large some together."""
    ordered = sorted(items, key=lambda item: -(item.size or 0))
    return _packed(ordered, MOST, _LARGE_BYTES, lambda item: item.size)


def _packed(
    items: Iterable[Item], most: int, size: int, size_of: Callable[[Item], int | None]
) -> list[tuple[Item, ...]]:
    """In this order."""
    packed, some, left = list[tuple[Item, ...]](), list[Item](), size
    for item in items:
        more = size_of(item) or 0
        if some and (len(some) >= most or more > left):
            packed.append(tuple(some))
            some, left = [], size
        some.append(item)
        left -= more
    return [*packed, tuple(some)] if some else packed


def _with_rows(small: list[tuple[Item, ...]], rows: list[Row], window: int) -> Iterator[ItemSlice]:
    pieces = [tuple(rows[start : start + ROWS]) for start in range(0, len(rows), ROWS)]
    for place in range(max(len(small), len(pieces))):
        items = small[place] if place < len(small) else ()
        yield ItemSlice(0, items, pieces[place] if place < len(pieces) else (), window)


def most_for(items: int | None, children: int) -> int:
    """How many items a slice has: fewer where there are not many, so that some children share
    them. Not all that there may be: each begins with few streams and new connections."""
    if items is None:
        return MOST
    return max(FEWEST, min(MOST, -(-items // max(1, 2 * min(children, _SHARING)))))
