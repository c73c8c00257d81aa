"""How large parts and slices are. Pure arithmetic within OSS's limits.

Large enough to spend little time and money on requests, small enough that a lost one costs little
and that all who copy end together. What was measured decides; nothing but the first parts is cut
before.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

from ..byte_range import KIB, MIB
from ..parts import MAX_PART, MAX_PARTS
from .grid import CELLS_AT_MOST, grid_of

# What one request can move without a multipart upload; also the most that is worth re-sending.
WHOLE_AT_MOST = 8 * MIB
# Until something is known of a source: half a second's work of a slow connection.
FIRST_PART = 256 * KIB
LARGEST_PART = 64 * MIB
_SECONDS = 3.0  # of one stream, for a part
_LATENCIES = 2.0  # times what comes before the first byte, for a part
# Seconds of one stream for its last part: all of them end together.
_LAST = 1.0
_MOST = 0.7  # of a stream's share of what is left: who is faster than expected finds some more
# What a part has to be worth its requests, in seconds of a stream, as long as that is not much;
# rather than smaller ones, some streams get none.
_WORTH, _WORTH_AT_MOST = 0.2, 4 * MIB
# Seconds of an instance, for a slice: what a lost child costs at the most.
SLICE_SECONDS = 10.0
_SLICE_WORTH, _SLICE_WORTH_AT_MOST = 0.25, 32 * MIB


def worth_a_part(rate: float) -> float:
    """Bytes from which on a part is worth its requests, at so many bytes per second."""
    return min(rate * _WORTH, _WORTH_AT_MOST)


def worth_a_slice(rate: float) -> float:
    """Bytes from which on a slice is worth an invocation of a child that is not the first."""
    return min(rate * _SLICE_WORTH, _SLICE_WORTH_AT_MOST)


def part_size(share: float, rate: float | None, best: float = 0.0, latency: float = 0.0) -> float:
    """Bytes of the next part of a stream: most of its ``share`` of what is left, or all of it if
    that is little, at ``rate`` bytes per second, which are ``best`` where few others copy. Of the
    seconds that a part takes, ``latency`` are to be few."""
    if rate is None:
        return FIRST_PART
    worth = max(worth_a_part(max(rate, best)), min(share, rate * latency * _LATENCIES))
    if share <= rate * _LAST:
        return max(share, worth)
    return max(min(max(share * _MOST, rate * _LAST), rate * _SECONDS, LARGEST_PART), worth)


def shrinking(
    total: float, streams: int, rate: float | None, best: float = 0.0, latency: float = 0.0
) -> Iterator[float]:
    """Bytes of one part after the other, for a slice of which all streams shall end together."""
    while True:
        size = part_size(total / streams, rate, best, latency)
        yield from repeat(size, streams)
        total = max(0.0, total - size * streams)


def slice_size(left: float, instance: float, together: float) -> float:
    """Bytes for an instance that copies so many per second, as all together copy ``together``.

    Half of its fair share of what is left, so that those who are faster than expected find some.
    """
    return min(left * instance / max(together, instance) / 2, instance * SLICE_SECONDS)


def growing_part_sizes() -> Iterator[int]:
    """Part sizes for a source of unknown length: small ones first, enough in all for any object.

    The size doubles every 200 parts, so that a short source costs little, and all parts together
    hold 44 TB: more than one instance moves in the day that it may run.
    """
    for number in range(MAX_PARTS):
        yield min(WHOLE_AT_MOST << (number // 200), MAX_PART)


def sequential_part_sizes(size: int | None, wished: int | None) -> Iterator[int]:
    """Part sizes for a source that one stream copies front to back."""
    if size is None:
        return iter([wished] * MAX_PARTS) if wished else growing_part_sizes()
    least = min(max(WHOLE_AT_MOST, -(-size // CELLS_AT_MOST)), MAX_PART)
    return (part.range.size for part in grid_of(size, wished or least).parts())
