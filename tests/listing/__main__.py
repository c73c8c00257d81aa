"""Measure a listing of a million objects, or of as many as are given: seconds, lists and memory.

python -m tests.listing [count] [seconds of a page]
"""

from __future__ import annotations

import resource
import sys
import time
import tracemalloc
from collections.abc import Iterable

from ossferry.entries import Entry, Page
from ossferry.jobs import Selection
from ossferry.listing.ahead import listed
from ossferry.listing.beside import beside, verdict
from ossferry.listing.wanted import is_wanted
from tests.listing.shapes import SHAPES, keys_of
from tests.listing.store import Store

_MIB = 2**20


class Numbers:
    """A bucket of numbered keys that holds none of them, so that memory is the listing's alone."""

    def __init__(self, count: int) -> None:
        self._count = count

    def pages(self, prefix: str, after: str, most: int) -> Page:
        begin = int(after.removeprefix(prefix)[:9].ljust(9, "0")) if after else 0
        begin += f"{prefix}{begin:09}.jpg" <= after
        end = min(begin + most, self._count)
        found = (Entry(f"{prefix}{n:09}.jpg", n, "0" * 32, float(n)) for n in range(begin, end))
        return Page(tuple(found), end < self._count)


def _through(entries: Iterable[Entry]) -> int:
    return sum(1 for _ in entries)


def _timed(what: str, entries: Iterable[object]) -> None:
    begun, count = time.monotonic(), 0
    for _ in entries:
        count += 1
    print(f"{what}: {count} in {time.monotonic() - begun:.2f} s")


def main(count: int, seconds: float) -> None:
    store = Numbers(count)
    _timed("listed", listed(store.pages, "p/"))
    wanted = Selection(include=("*.jpg", "/a/**/b/*"), exclude=("tmp/",), min_size=1)
    _timed("wanted", (each for each in listed(store.pages, "p/") if is_wanted(wanted, each, "p/")))
    pairs = beside(listed(store.pages, "p/"), listed(store.pages, "q/"), "p/", "q/")
    _timed("beside", (verdict(*pair, "different") for pair in pairs))
    print(
        f"peak of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )
    tracemalloc.start()
    assert _through(listed(store.pages, "p/")) == count
    print(f"peak of one listing's objects: {tracemalloc.get_traced_memory()[1] / _MIB:.1f} MiB")
    tracemalloc.stop()
    for shape in SHAPES:
        keys = keys_of(shape, count // 10)
        for ranges in (1, 8):
            real = Store(keys, seconds=seconds)
            begun = time.monotonic()
            assert _through(listed(real.pages, "", ranges=ranges)) == len(real.keys)
            took = time.monotonic() - begun
            print(f"{shape}, {ranges} at once: {len(keys)} in {took:.2f} s, {real.lists} lists")


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else 1_000_000, float(given[1]) if given[1:] else 0.05)
