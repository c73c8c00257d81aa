"""What is known of a transfer before anything is measured. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..pace.grid import Grid, grid_of
from ..pace.limits import Limits

# Bytes below which no child can start before the coordinator's own streams are done, but for
# sources that are slower than anybody waits for.
_CHILDREN_FROM = 32_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How a splittable source of known size may be copied."""

    grid: Grid
    limits: Limits

    def resumed(self, cell: int) -> Plan:
        """The plan for what is left, once parts on a grid of such cells are done."""
        return replace(self, grid=replace(self.grid, cell=cell))


def make_plan(
    size: int, *, part_size: int | None, max_children: int, streams: int, fan_out_from: int
) -> Plan:
    """The plan for all of a source; with no ``part_size``, parts of the sizes that suit it."""
    at_once = size >= fan_out_from
    children = max_children if at_once or size >= _CHILDREN_FROM else 0
    limits = Limits(children=children, streams=streams, at_once=at_once and children > 0)
    return Plan(grid_of(size, part_size), limits)
