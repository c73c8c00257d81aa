"""Which bytes become which part, and who copies them. Pure arithmetic within OSS's limits.

Limits: OSS user guide, "Multipart upload" (parts of 100 KB to 5 GB, numbers 1 to 10,000, objects
up to 48.8 TB).
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace

from .byte_range import GIB, KIB, MIB, ByteRange
from .errors import InvalidEvent
from .model import children_for

MIN_PART = 100 * KIB
MAX_PART = 5 * GIB
MAX_PARTS = 10_000
MAX_OBJECT = MAX_PARTS * MAX_PART

# Leaves room below MAX_PARTS, and parts that a child re-sends do not need new numbers.
PARTS_AT_MOST = 9_000
SMALLEST_PART = 8 * MIB
LARGEST_PART = 64 * MIB
# What one request can move without a multipart upload; also the most that is worth re-sending.
WHOLE_AT_MOST = SMALLEST_PART
# Ten seconds of an instance with 1 Gbit/s: what a lost child costs at the most.
SLICE_AT_MOST = 1_250_000_000
# CopyObject is for less than this; OSS API reference, "UploadPartCopy".
ONE_COPY_BELOW = 1_000_000_000
COPY_PART = 128 * MIB
# Parts of an unsplittable source up to this size are held in memory, so that OSS hiccups do not
# cost the source, which could not be read again.
HELD_AT_MOST = 32 * MIB


@dataclass(frozen=True, slots=True)
class Part:
    number: int
    range: ByteRange


Slice = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a splittable source of known size is copied.

    ``slices`` are what one invocation is given each, the largest first; with no ``children``
    there is one slice, and the coordinator copies it.
    """

    size: int
    part_size: int
    parts: tuple[Part, ...]
    slices: tuple[Slice, ...]
    children: int
    streams: int

    def resumed(self, part_size: int, done: Container[int]) -> Plan:
        """The plan for what is left, once parts of this size and with these numbers are done."""
        parts = self.parts if part_size == self.part_size else split(self.size, part_size)
        left = tuple(part for part in parts if part.number not in done)
        size = sum(part.range.size for part in left)
        children = children_for(size, self.children) if self.children and left else 0
        slices = share(left, children, self.streams, part_size)
        children = min(children, len(slices))
        return replace(self, part_size=part_size, parts=parts, slices=slices, children=children)


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


def share(parts: Sequence[Part], children: int, streams: int, part_size: int) -> tuple[Slice, ...]:
    """Slices that shrink: each takes half of a child's fair share of what is left.

    The last ones are small, so that all children finish together. Each keeps every stream of a
    child busy to its end, but for the rest, and none is so large that much is lost with a child.
    Without children there is one.
    """
    if not children:
        return (tuple(parts),) if parts else ()
    most = max(1, SLICE_AT_MOST // (streams * part_size))  # rounds, in which each stream has a part
    slices: list[Slice] = []
    taken = 0
    while taken < len(parts):
        fair = -(-(len(parts) - taken) // (2 * children * streams))
        count = min(fair, most) * streams
        slices.append(tuple(parts[taken : taken + count]))
        taken += count
    return tuple(slices)


def make_plan(
    size: int, *, part_size: int | None, max_children: int, streams: int, fan_out_from: int
) -> Plan:
    """The plan for all of a source; with no ``part_size``, one that suits it."""
    children = children_for(size, max_children) if size >= fan_out_from else 0
    chosen = choose_part_size(size, (children + 1) * streams, part_size)
    parts = split(size, chosen)
    slices = share(parts, children, streams, chosen)
    return Plan(size, chosen, parts, slices, min(children, len(slices)), streams)


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
