"""Every byte of a source is in exactly one part, whatever its size, and OSS accepts the parts."""

from __future__ import annotations

from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.byte_range import GIB, MIB, ByteRange
from ossferry.errors import InvalidEvent
from ossferry.parts import MAX_OBJECT, MAX_PART, MAX_PARTS, MIN_PART, Part
from ossferry.settings import Settings
from ossferry.spread.part_sizes import (
    LARGEST_PART,
    PARTS_AT_MOST,
    SMALLEST_PART,
    choose_part_size,
    growing_part_sizes,
    sequential_part_sizes,
    split,
)
from ossferry.spread.plan import SLICE_AT_MOST, Plan, make_plan, share

FAN_OUT_FROM = Settings().fan_out_from

SIZES = st.one_of(
    st.integers(1, MAX_OBJECT),
    st.integers(1, GIB),
    st.sampled_from([1, SMALLEST_PART, PARTS_AT_MOST * MAX_PART, MAX_OBJECT - 1, MAX_OBJECT]),
)
PART_SIZES = st.integers(MIN_PART, MAX_PART)


def plan(size: int, part_size: int | None = None, children: int = 32, streams: int = 8) -> Plan:
    return make_plan(
        size,
        part_size=part_size,
        max_children=children,
        streams=streams,
        fan_out_from=FAN_OUT_FROM,
    )


def assert_tiles(parts: tuple[Part, ...], size: int) -> None:
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert parts[0].range.start == 0
    assert parts[-1].range.stop == size
    assert all(a.range.stop == b.range.start for a, b in pairwise(parts))
    assert all(part.range.size > 0 for part in parts)


@given(size=SIZES, children=st.integers(0, 99), streams=st.integers(1, 64))
def test_parts_tile_the_source_within_the_limits_of_oss(
    size: int, children: int, streams: int
) -> None:
    """No byte is copied twice, none is missed, and OSS takes every part."""
    planned = plan(size, children=children, streams=streams)
    assert_tiles(planned.parts, size)
    assert len(planned.parts) <= MAX_PARTS
    assert all(MIN_PART <= part.range.size <= MAX_PART for part in planned.parts[:-1])
    assert len(planned.parts[-1].range) <= MAX_PART


@given(size=SIZES, wished=PART_SIZES)
def test_a_wished_part_size_is_taken_or_refused(size: int, wished: int) -> None:
    """A part size that the event gives is kept to the byte unless OSS would run out of numbers."""
    try:
        planned = plan(size, wished)
    except InvalidEvent:
        assert wished * PARTS_AT_MOST < size
        return
    assert planned.part_size == wished
    assert len(planned.parts) <= MAX_PARTS
    assert_tiles(planned.parts, size)


@given(size=SIZES, children=st.integers(0, 99), streams=st.integers(1, 64))
def test_slices_hand_out_every_part_once_and_shrink(size: int, children: int, streams: int) -> None:
    """The slices are the parts in order; a later one is never larger, so that all end together."""
    planned = plan(size, children=children, streams=streams)
    assert tuple(part for part_slice in planned.slices for part in part_slice) == planned.parts
    counts = [len(part_slice) for part_slice in planned.slices]
    assert counts == sorted(counts, reverse=True)
    assert planned.children <= min(children, len(planned.slices))


@given(count=st.integers(0, 3000), children=st.integers(1, 99), streams=st.integers(1, 64))
def test_no_slice_leaves_streams_idle_but_the_last(count: int, children: int, streams: int) -> None:
    """A child is never started for fewer parts than it has streams, unless no more are left."""
    slices = share(split(count, 1), children, streams, 1)
    assert all(len(part_slice) >= streams for part_slice in slices[:-1])
    assert all(slices)


@given(
    count=st.integers(0, 3000),
    children=st.integers(1, 99),
    streams=st.integers(1, 64),
    part_size=PART_SIZES,
)
def test_no_slice_is_so_large_that_much_is_lost_with_a_child(
    count: int, children: int, streams: int, part_size: int
) -> None:
    """At most ten seconds of an instance, or a part for each stream where those are larger."""
    slices = share(split(count * part_size, part_size), children, streams, part_size)
    most = max(SLICE_AT_MOST, streams * part_size)
    assert all(sum(part.range.size for part in part_slice) <= most for part_slice in slices)


@given(
    size=st.integers(1, 100 * GIB),
    children=st.integers(0, 99),
    streams=st.integers(1, 64),
    before=st.none() | st.integers(SMALLEST_PART, GIB),
    odd=st.integers(1, 20),
)
def test_a_resumed_plan_hands_out_exactly_what_is_left(
    size: int, children: int, streams: int, before: int | None, odd: int
) -> None:
    """Cut as it was cut before, so that numbers mean the same bytes as in the open upload."""
    planned = plan(size, children=children, streams=streams)
    part_size = before or planned.part_size
    done = {part.number for part in split(size, part_size) if part.number % odd}
    resumed = planned.resumed(part_size, done)
    assert (resumed.size, resumed.part_size) == (size, part_size)
    assert resumed.parts == split(size, part_size)
    left = tuple(part for part in resumed.parts if part.number not in done)
    assert tuple(part for part_slice in resumed.slices for part in part_slice) == left
    assert all(resumed.slices)
    assert resumed.children <= planned.children


def test_a_plan_of_which_all_is_done_has_nothing_to_hand_out() -> None:
    """Only the completion is left, for which no child is started."""
    planned = plan(GIB)
    resumed = planned.resumed(planned.part_size, {part.number for part in planned.parts})
    assert (resumed.slices, resumed.children) == ((), 0)
    assert resumed.parts == planned.parts


def test_small_sources_are_not_fanned_out() -> None:
    """Below the limit the coordinator copies alone, from it on children help."""
    assert plan(FAN_OUT_FROM - 1).children == 0
    assert plan(FAN_OUT_FROM - 1).slices == (plan(FAN_OUT_FROM - 1).parts,)
    assert plan(300_000_000).children > 0


def test_no_children_means_one_slice() -> None:
    """With max_children 0 the coordinator copies all of it, however large it is."""
    planned = plan(100 * GIB, children=0)
    assert planned.slices == (planned.parts,)


@pytest.mark.parametrize(
    ("size", "connections", "expected"),
    [
        (1, 1, SMALLEST_PART),
        (4 * SMALLEST_PART, 1, SMALLEST_PART),
        (4 * SMALLEST_PART + 1, 1, SMALLEST_PART + MIB),
        (GIB, 8, 32 * MIB),
        (10 * GIB, 8, LARGEST_PART),
        (PARTS_AT_MOST * LARGEST_PART, 8, LARGEST_PART),
        (PARTS_AT_MOST * LARGEST_PART + 1, 8, LARGEST_PART + MIB),
        (MAX_OBJECT, 8, MAX_PART),
    ],
)
def test_part_size_balances_requests_and_connections(
    size: int, connections: int, expected: int
) -> None:
    """Four parts per connection, between 8 and 64 MiB, and more only where numbers run out."""
    assert choose_part_size(size, connections) == expected


def test_an_object_too_large_for_oss_is_refused() -> None:
    """48.8 TB fit, one byte more does not, and the message says how much does."""
    assert len(split(MAX_OBJECT, choose_part_size(MAX_OBJECT, 8))) == MAX_PARTS
    with pytest.raises(InvalidEvent, match=str(MAX_OBJECT)):
        choose_part_size(MAX_OBJECT + 1, 8)


def test_a_part_size_that_is_too_small_is_refused_with_the_least_that_works() -> None:
    """The size that the refusal names is then accepted."""
    size = 10_000 * GIB
    with pytest.raises(InvalidEvent, match="part_size") as refused:
        choose_part_size(size, 8, MIN_PART)
    least = int(str(refused.value).rsplit(" ", 1)[1])
    assert choose_part_size(size, 8, least) == least


def test_the_largest_part_size_holds_the_largest_object() -> None:
    """What OSS can store can be asked for: no refusal names a part size beyond OSS's limit."""
    assert choose_part_size(MAX_OBJECT, 8, MAX_PART) == MAX_PART
    with pytest.raises(InvalidEvent, match=f"at least {MAX_PART}$"):
        choose_part_size(MAX_OBJECT, 8, MAX_PART - 1)


@given(size=st.one_of(st.just(0), SIZES))
def test_sequential_parts_hold_exactly_the_source(size: int) -> None:
    """A source of known length fits its parts, none of which is beyond OSS's limits."""
    sizes = list(sequential_part_sizes(size, None))
    assert sum(sizes) == size
    assert len(sizes) <= MAX_PARTS
    assert all(SMALLEST_PART <= each <= MAX_PART for each in sizes[:-1])
    assert all(each <= MAX_PART for each in sizes)


def test_sequential_parts_of_unknown_length_grow_to_hold_anything() -> None:
    """They begin small, never shrink, stay within OSS's limits, and hold 44 TB in all."""
    sizes = list(growing_part_sizes())
    assert sizes[0] == SMALLEST_PART
    assert sizes == sorted(sizes)
    assert sizes[-1] == MAX_PART
    assert len(sizes) == MAX_PARTS
    assert sum(sizes) > 44e12
    assert list(sequential_part_sizes(None, None)) == sizes


def test_a_wished_size_for_unknown_length_is_kept_for_all_numbers() -> None:
    """Every part has the size that the event gave."""
    sizes = sequential_part_sizes(None, MIN_PART)
    assert list(islice(sizes, 3)) == [MIN_PART] * 3
    assert sum(1 for _ in sizes) == MAX_PARTS - 3


@pytest.mark.parametrize(
    ("start", "stop", "header"), [(0, 1, "bytes=0-0"), (5, 5 + MIB, f"bytes=5-{MIB + 4}")]
)
def test_ranges_are_half_open_inside_and_inclusive_in_http(
    start: int, stop: int, header: str
) -> None:
    """The one place where the last byte is named is the header."""
    assert ByteRange(start, stop).header == header
    assert ByteRange(start, stop).size == stop - start
