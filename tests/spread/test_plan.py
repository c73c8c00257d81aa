"""What is decided before anything is measured."""

from __future__ import annotations

import pytest

from ossferry.byte_range import GIB, MIB
from ossferry.copying.copy_job import CopiedPart
from ossferry.errors import InvalidEvent
from ossferry.pace.grid import Work, grid_of
from ossferry.parts import MIN_PART
from ossferry.settings import Settings
from ossferry.spread.plan import Plan, make_plan

FAN_OUT_FROM = Settings().fan_out_from


def plan(
    size: int,
    part_size: int | None = None,
    children: int = 32,
    fan_out_from: int = FAN_OUT_FROM,
) -> Plan:
    return make_plan(
        size, part_size=part_size, max_children=children, streams=8, fan_out_from=fan_out_from
    )


@pytest.mark.parametrize(
    ("size", "children", "at_once"),
    [
        (1, 0, False),
        (31_999_999, 0, False),
        (32_000_000, 32, False),
        (FAN_OUT_FROM - 1, 32, False),
        (FAN_OUT_FROM, 32, True),
        (100 * FAN_OUT_FROM, 32, True),
    ],
)
def test_children_are_for_what_is_worth_it(size: int, children: int, at_once: bool) -> None:
    """None where the coordinator is done before one could start, some at once for what is large."""
    limits = plan(size).limits
    assert (limits.children, limits.at_once) == (children, at_once)
    assert limits.streams == 8


def test_who_wants_children_for_small_sources_has_them() -> None:
    """From the size on that the settings say."""
    assert plan(1000, fan_out_from=1000).limits.at_once
    assert plan(1000, fan_out_from=1000).limits.children == 32
    assert plan(999, fan_out_from=1000).limits.children == 0


def test_no_children_means_none() -> None:
    """With max_children 0 the coordinator copies all of it, however large it is."""
    limits = plan(100 * GIB, children=0).limits
    assert (limits.children, limits.at_once) == (0, False)


def test_nobody_is_needed_where_all_is_done() -> None:
    """Only the completion is left, for which no child is started."""
    alone = plan(100 * GIB).limits.alone
    assert (alone.children, alone.at_once, alone.streams) == (0, False, 8)


def test_parts_have_the_size_that_was_asked_for() -> None:
    """And no other; without a wish they have the sizes that suit."""
    assert (plan(GIB, 5 * MIB).grid.cell, plan(GIB, 5 * MIB).grid.even) == (5 * MIB, True)
    assert plan(GIB).grid == grid_of(GIB)
    assert not plan(GIB).grid.even
    with pytest.raises(InvalidEvent, match="part_size"):
        plan(10_000 * GIB, MIN_PART)


def test_a_resumed_plan_counts_as_the_one_before() -> None:
    """A number means the same bytes as in the open upload, whatever would be chosen today."""
    resumed = plan(GIB).resumed(3 * MIB)
    assert resumed.grid.cell == 3 * MIB
    assert (resumed.grid.size, resumed.limits) == (GIB, plan(GIB).limits)
    done = [CopiedPart(1, 6 * MIB, "e", 0, True)]
    part = Work(resumed.grid, done).take(1)
    assert part is not None
    assert (part.number, part.range.start) == (3, 6 * MIB)
