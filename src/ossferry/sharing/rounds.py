"""Slices of items that are given to a program: a few each, because each may take minutes.

As many as an instance does at once, and more of those that are soon done: what its description
allows a program, and what it took until now, tell how many rounds of them are some seconds' work.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from ..items.row import Row
from ..small.item import Item
from .slices import BYTES, MOST, ROWS, ItemSlice, windows
from .supplied import Supply

_WORK = 10.0  # seconds of a slice, where items are soon done
_LEAST = 5.0  # seconds that a child has to have
_SHARE = 0.5  # of the function's time: nobody is given less than that for want of knowledge
_WEIGHT = 0.3  # of the last slice in the mean
_SPARE = 1.5  # times what items took


class Rounds:
    """How many items a slice has, and how many seconds its child has to have.

    ``seconds`` are what a program may take, ``timeout`` the function's."""

    def __init__(self, at_once: int, seconds: float | None, timeout: float) -> None:
        self._at_once = at_once
        self._declared = seconds
        self._timeout = timeout
        self._mean: float | None = None  # seconds of a round

    @property
    def most(self) -> int:
        round_takes = self._mean or self._declared or _WORK
        return max(1, min(MOST, self._at_once * max(1, int(_WORK / round_takes))))

    @property
    def least(self) -> float:
        """What is begun with less would be ended before it is done, and begun again."""
        declared = self._declared or 0.0
        measured = (self._mean or 0.0) * _SPARE
        needed = min(declared, measured) if declared and measured else declared or measured
        return max(min(_LEAST, self._timeout * 0.2), min(needed, self._timeout * _SHARE))

    def measured(self, items: int, seconds: float) -> None:
        """A slice of so many took so long."""
        took = seconds / max(1.0, items / self._at_once)
        self._mean = took if self._mean is None else _WEIGHT * took + (1 - _WEIGHT) * self._mean


def rounds_of(supply: Supply, rounds: Rounds) -> Iterator[ItemSlice]:
    """Window by window, without numbers; each is made when its turn is, by what is known then."""
    for number, window in enumerate(windows(supply)):
        items = deque(each.content for each in window if isinstance(each.content, Item))
        rows = deque(each.content for each in window if not isinstance(each.content, Item))
        while items or rows:
            some, told = _some(items, rounds.most), _told(rows)
            cursor = None if items or rows else window[-1].cursor
            yield ItemSlice(0, some, told, number, cursor)


def _some(items: deque[Item], most: int) -> tuple[Item, ...]:
    """In their order; a large one is alone in its instance."""
    some, left = list[Item](), BYTES
    while items and len(some) < most:
        left -= items[0].size or 0
        if some and left < 0:
            break
        some.append(items.popleft())
    return tuple(some)


def _told(rows: deque[Row]) -> tuple[Row, ...]:
    return tuple(rows.popleft() for _ in range(min(ROWS, len(rows))))


def halves(each: ItemSlice) -> tuple[ItemSlice, ...]:
    """Of a slice that its child did not survive, so that what kills it is alone in the end."""
    middle = -(-len(each.items) // 2)
    first = each._replace(items=each.items[:middle])
    if middle == len(each.items):
        return (first,)
    return first, ItemSlice(0, each.items[middle:], (), each.window)
