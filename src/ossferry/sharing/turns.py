"""Which slice is next: large items and small ones side by side, each at a width of their own.

Small ones are measured in items, large ones in bytes. While there are small ones, large ones have
at most half of the children, of which a large item may have several.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator

from .crew import Crew
from .slices import ItemSlice

_HELD = 64  # slices of large items that wait while small ones are looked for


class Turns:
    """Of at most so many children, those that a large item has included."""

    def __init__(
        self,
        slices: Iterator[ItemSlice],
        most: int,
        clock: Callable[[], float] = time.monotonic,
        first: int | None = None,
    ) -> None:
        """``first`` is how many there are to begin with, if not as few as usual."""
        self._slices = slices
        self._most = most
        self._crews = {large: Crew(most, clock, first) for large in (False, True)}
        self._waiting: dict[bool, deque[ItemSlice]] = {False: deque(), True: deque()}
        self._under_way: dict[int, tuple[bool, int]] = {}  # by number: its kind, and its children
        self._exhausted = False

    @property
    def running(self) -> int:
        """Slices under way."""
        return len(self._under_way)

    @property
    def resting(self) -> float:
        """Seconds until another child may be asked for; 0 if it may."""
        return max(crew.resting for crew in self._crews.values())

    @property
    def over(self) -> bool:
        self._look()
        return self._exhausted and not (self._under_way or any(self._waiting.values()))

    def next(self) -> tuple[ItemSlice, int] | None:
        """To be begun now, and how many children each of its items may have; None if nothing is."""
        self._look()
        if self.resting:
            return None
        room = self._room(large=True)
        if self._waiting[True] and room > 0 and self._is_short(large=True):
            children = max(1, room // self._sharing)
            return self._begun(self._waiting[True].popleft(), children), children - 1
        if self._waiting[False] and self._room(large=False) > 0 and self._is_short(large=False):
            return self._begun(self._waiting[False].popleft(), 1), 0
        return None

    def take(self) -> ItemSlice | None:
        """One that is not for a child, whether there is room or not."""
        self._look()
        for large in (False, True):
            if self._waiting[large]:
                return self._waiting[large].popleft()
        return None

    def ended(self, each: ItemSlice) -> None:
        """Its child is not at it any more."""
        self._under_way.pop(each.number, None)

    def again(self, *slices: ItemSlice) -> None:
        """These are to be done as well, or once more."""
        for each in slices:
            self._waiting[each.large].append(each)

    def measured(self, each: ItemSlice, items: int, size: int, seconds: float) -> None:
        self._crews[each.large].done(size if each.large else items, seconds)

    def throttled(self, each: ItemSlice) -> None:
        """Function Compute had no instance for it."""
        self._crews[each.large].throttled()
        self._waiting[each.large].appendleft(each)

    def _look(self) -> None:
        """Have a small one waiting, if there is any, and the large ones before it."""
        while not (self._exhausted or self._waiting[False] or len(self._waiting[True]) >= _HELD):
            each = next(self._slices, None)
            if each is None:
                self._exhausted = True
            else:
                self._waiting[each.large].append(each)

    def _begun(self, each: ItemSlice, children: int) -> ItemSlice:
        if each.items:
            self._under_way[each.number] = each.large, children
        return each

    def _count(self, *, large: bool) -> int:
        return sum(kind is large for kind, _ in self._under_way.values())

    @property
    def _sharing(self) -> int:
        """How many large ones are to get along with the room that there is for them."""
        more = self._crews[True].width - self._count(large=True)
        none_else = self._exhausted and not (self._waiting[False] or self._count(large=False))
        return min(more, len(self._waiting[True])) if none_else else more

    def _is_short(self, *, large: bool) -> bool:
        return self._count(large=large) < self._crews[large].width

    def _room(self, *, large: bool) -> int:
        """How many children more there may be."""
        room = self._most - sum(children for _, children in self._under_way.values())
        if not large or not (self._waiting[False] or self._count(large=False)):
            return room
        at_large = sum(children for kind, children in self._under_way.values() if kind)
        return min(room, self._most // 2 - at_large)
