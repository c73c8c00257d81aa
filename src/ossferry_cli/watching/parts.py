"""How many bytes parts cover, which may have been cut twice in different ways. Pure."""

from __future__ import annotations

from collections.abc import Mapping


def covered(sizes: Mapping[int, int], cell: int, total: int | None) -> tuple[int, int]:
    """Bytes and parts that do not overlap. A part's number is that of its first cell, from 1;
    without cells no two parts overlap."""
    if not cell:
        done, count = sum(sizes.values()), len(sizes)
    else:
        done = count = 0
        free = 0
        for number, size in sorted(sizes.items()):
            if number < free:
                continue
            done, count = done + size, count + 1
            free = number - (-size // cell)
    return (done if total is None else min(done, total)), count
