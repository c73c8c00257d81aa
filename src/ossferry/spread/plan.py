"""Who copies which parts of a source. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

from ..parts import Part, Slice
from .model import children_for
from .part_sizes import choose_part_size, split

# Ten seconds of an instance with 1 Gbit/s: what a lost child costs at the most.
SLICE_AT_MOST = 1_250_000_000


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
