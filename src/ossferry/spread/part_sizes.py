"""How large the parts of a source are. Pure arithmetic within OSS's limits."""

from __future__ import annotations

from collections.abc import Iterator

from ..byte_range import MIB, ByteRange
from ..errors import InvalidEvent
from ..parts import MAX_OBJECT, MAX_PART, MAX_PARTS, MIN_PART, Part

# Leaves room below MAX_PARTS, and parts that a child re-sends do not need new numbers.
PARTS_AT_MOST = 9_000
SMALLEST_PART = 8 * MIB
LARGEST_PART = 64 * MIB
# What one request can move without a multipart upload; also the most that is worth re-sending.
WHOLE_AT_MOST = SMALLEST_PART


def choose_part_size(size: int, connections: int, wished: int | None = None) -> int:
    """Large enough to spend little on requests, small enough for four parts per connection."""
    if size > MAX_OBJECT:
        raise InvalidEvent(f"the source has {size} bytes; an OSS object can have {MAX_OBJECT}")
    least = min(max(MIN_PART, -(-size // PARTS_AT_MOST)), MAX_PART)
    if wished is not None:
        if wished < least:
            raise InvalidEvent(
                f"part_size {wished} is too small for {size} bytes: give at least {least}"
            )
        return wished
    balanced = min(max(-(-size // (4 * connections)), SMALLEST_PART), LARGEST_PART)
    even = max(balanced, least)
    return min(-(-even // MIB) * MIB, MAX_PART)


def split(size: int, part_size: int) -> tuple[Part, ...]:
    starts = range(0, size, part_size)
    return tuple(Part(n, ByteRange(s, min(s + part_size, size))) for n, s in enumerate(starts, 1))


def growing_part_sizes() -> Iterator[int]:
    """Part sizes for a source of unknown length: small ones first, enough in all for any object.

    The size doubles every 200 parts, so that a short source costs little, and all parts together
    hold 44 TB: more than one instance moves in the day that it may run.
    """
    for number in range(MAX_PARTS):
        yield min(SMALLEST_PART << (number // 200), MAX_PART)


def sequential_part_sizes(size: int | None, part_size: int | None) -> Iterator[int]:
    """Part sizes for a source that one stream copies front to back."""
    if size is None:
        return iter([part_size] * MAX_PARTS) if part_size else growing_part_sizes()
    least = min(max(SMALLEST_PART, -(-size // PARTS_AT_MOST)), MAX_PART)
    chosen = choose_part_size(size, 1, part_size or least)
    return (part.range.size for part in split(size, chosen))
