"""Which parts of an upload are believed: those that somebody proved and that OSS has like that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..copying.copy_job import CopiedPart
from ..oss.multipart import ListedPart


def proven(
    parts: Iterable[CopiedPart], listed: Mapping[int, ListedPart], cell: int
) -> dict[int, CopiedPart]:
    """The parts by number that OSS lists as they are told of.

    They may be told of by several runs, which cut the source in different ways: of two that share
    cells, the one that is told of first.
    """
    there = (part for part in parts if _is_listed(part, listed.get(part.number)))
    return {part.number: part for part in _apart(there, cell)}


def _is_listed(part: CopiedPart, there: ListedPart | None) -> bool:
    return (
        there is not None
        and (there.size, there.etag) == (part.size, part.etag)
        and there.crc64 in (None, part.crc64)
    )


def _apart(parts: Iterable[CopiedPart], cell: int) -> Iterator[CopiedPart]:
    taken: set[int] = set()
    for part in parts:
        cells = range(part.number, part.number - (-part.size // cell))
        if taken.isdisjoint(cells):
            taken.update(cells)
            yield part
