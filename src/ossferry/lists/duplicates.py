"""Finds items that would make one object, in a few bytes per item, by going over a list twice.

The first time only hashes are kept; the second time names the items whose hashes came twice. Both
have to be in one process, as Python's hashes differ from one to the next.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from itertools import pairwise

# Sorted one at a time, so that few hashes are Python numbers at once.
_BUCKETS = 1024
_MASK = 2**64 - 1

# More than enough to name a few pairs, and no more memory if every item is there twice.
_MOST_SUSPECTS = 1000


class Keys:
    """64 bits of each key: two different keys in 10 million share them once in 300,000 lists."""

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(_BUCKETS)]

    def add(self, key: str) -> None:
        hashed = hash(key) & _MASK
        self._buckets[hashed % _BUCKETS].append(hashed)

    def suspects(self) -> frozenset[int]:
        """Hashes that came more than once, for ``pairs``; at most so many that naming some is
        cheap."""
        found: set[int] = set()
        for bucket in self._buckets:
            if len({*bucket}) < len(bucket):
                found |= {one for one, next_one in pairwise(sorted(bucket)) if one == next_one}
                if len(found) >= _MOST_SUSPECTS:
                    return frozenset([*found][:_MOST_SUSPECTS])
        return frozenset(found)


def pairs(
    rows: Iterable[tuple[int, str]], suspects: frozenset[int], most: int = 5
) -> list[tuple[int, int, str]]:
    """The first items (by number) that have the key of an earlier one: that one, this one, key."""
    first: dict[str, int] = {}
    found: list[tuple[int, int, str]] = []
    if not suspects:
        return found
    for number, key in rows:
        if hash(key) & _MASK in suspects:
            if key in first:
                found.append((first[key], number, key))
                if len(found) == most:
                    break
            else:
                first[key] = number
    return found
