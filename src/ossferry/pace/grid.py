"""The cells of a source, and which of them nobody has in hands.

OSS wants part numbers in the order of offsets, 10,000 at most, and allows gaps and parts of
different sizes. So a grid is laid over the source: a part covers whole cells of it and has the
number of its first one. Then the size of a part is chosen when it is handed out, and the numbers
are right whatever was chosen before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..byte_range import KIB, ByteRange
from ..copying.copy_job import CopiedPart
from ..errors import InvalidEvent
from ..parts import MAX_OBJECT, MAX_PART, MIN_PART, Part, Slice

CELLS_AT_MOST = 9_000
_SMALLEST_CELL = 128 * KIB
_STEP = 64 * KIB


@dataclass(frozen=True, slots=True)
class Grid:
    """Sizes in bytes. ``even``: each part is one cell, because somebody asked for that size."""

    size: int
    cell: int
    even: bool = False

    @property
    def cells(self) -> int:
        return self.cells_of(self.size)

    def cells_of(self, size: int) -> int:
        return -(-size // self.cell)

    def parts(self) -> Iterator[Part]:
        """All of it in parts of one cell each."""
        return (self.part(first, 1) for first in range(self.cells))

    def part(self, first: int, count: int) -> Part:
        """The part of so many cells from ``first`` on, which is counted from 0."""
        stop = min((first + count) * self.cell, self.size)
        return Part(first + 1, ByteRange(first * self.cell, stop))


def grid_of(size: int, wished: int | None = None) -> Grid:
    """As fine as OSS's limits allow, but for sizes that no part should fall below.

    Raises ``InvalidEvent`` for a wish, or a source, that OSS would refuse.
    """
    if size > MAX_OBJECT:
        raise InvalidEvent(f"the source has {size} bytes; an OSS object can have {MAX_OBJECT}")
    least = min(max(MIN_PART, -(-size // CELLS_AT_MOST)), MAX_PART)
    if wished is None:
        cell = max(_SMALLEST_CELL, -(-least // _STEP) * _STEP)
        return Grid(size, min(cell, MAX_PART))
    if wished < least:
        raise InvalidEvent(
            f"part_size {wished} is too small for {size} bytes: give at least {least}"
        )
    return Grid(size, wished, even=True)


class Work:
    """What of a source is still to be handed out.

    A part keeps its size once it was handed out: whoever had it may still be at it unseen, and
    must never replace a part with one of another size.
    """

    def __init__(self, grid: Grid, done: Iterable[CopiedPart] = ()) -> None:
        self.grid = grid
        self._returned: deque[Part] = deque()
        self._gaps = deque(_gaps(grid, done))
        self.left = sum(
            min(stop * grid.cell, grid.size) - start * grid.cell for start, stop in self._gaps
        )

    def take(self, size: float, *, back: bool = False) -> Part | None:
        """A part of about so many bytes, at least one cell, from the front or the back."""
        part = self._returned.popleft() if self._returned else self._cut(size, back)
        if part is not None:
            self.left -= part.range.size
        return part

    def slice(self, total: float, sizes: Iterator[float]) -> Slice:
        """Parts of these sizes from the front, of about ``total`` bytes together."""
        parts: list[Part] = []
        while total > 0 and (part := self.take(min(next(sizes), total))) is not None:
            parts.append(part)
            total -= part.range.size
        return tuple(parts)

    def give_back(self, parts: Iterable[Part]) -> None:
        for part in parts:
            self._returned.append(part)
            self.left += part.range.size

    def _cut(self, size: float, back: bool) -> Part | None:
        if not self._gaps:
            return None
        start, stop = self._gaps.pop() if back else self._gaps.popleft()
        wanted = 1 if self.grid.even else max(1, round(size / self.grid.cell))
        count = min(wanted, stop - start, MAX_PART // self.grid.cell)
        rest = (start, stop - count) if back else (start + count, stop)
        if rest[0] < rest[1]:
            self._gaps.append(rest) if back else self._gaps.appendleft(rest)
        return self.grid.part(stop - count if back else start, count)


def _gaps(grid: Grid, done: Iterable[CopiedPart]) -> Iterator[tuple[int, int]]:
    """The cells, half open, between parts that are done."""
    free = 0
    for part in sorted(done):
        first = part.number - 1
        if free < first:
            yield free, first
        free = first + grid.cells_of(part.size)
    if free < grid.cells:
        yield free, grid.cells
