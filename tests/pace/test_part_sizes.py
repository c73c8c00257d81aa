"""How large parts and slices are: worth their requests, shared fairly, within OSS's limits."""

from __future__ import annotations

from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.byte_range import GIB, KIB, MIB
from ossferry.errors import InvalidEvent
from ossferry.pace.part_sizes import (
    FIRST_PART,
    LARGEST_PART,
    WHOLE_AT_MOST,
    growing_part_sizes,
    part_size,
    sequential_part_sizes,
    shrinking,
    slice_size,
    worth_a_part,
    worth_a_slice,
)
from ossferry.parts import MAX_OBJECT, MAX_PART, MAX_PARTS, MIN_PART

RATES = st.floats(1e4, 6e7)  # of one connection
SHARES = st.floats(0, 1e12)
SIZES = st.one_of(
    st.integers(1, MAX_OBJECT),
    st.integers(1, GIB),
    st.sampled_from([1, WHOLE_AT_MOST, 9_000 * MAX_PART, MAX_OBJECT - 1, MAX_OBJECT]),
)


@pytest.mark.parametrize(
    ("share", "rate", "expected"),
    [
        (1e12, None, FIRST_PART),
        (0.0, None, FIRST_PART),
        (0.0, 8e6, 1.6e6),  # what is worth a request
        (4e6, 8e6, 4e6),  # little: all of it
        (8e6, 8e6, 8e6),
        (10e6, 8e6, 8e6),  # no less than a second's work
        (20e6, 8e6, 14e6),  # most of it
        (1e12, 8e6, 24e6),  # no more than three seconds' work
        (1e12, 100e6, LARGEST_PART),
        (0.0, 100e6, 4 * MIB),
    ],
)
def test_a_part_is_most_of_a_share_of_what_is_left(
    share: float, rate: float | None, expected: float
) -> None:
    """Within what one stream does in one to three seconds."""
    assert part_size(share, rate) == expected


@given(share=SHARES, rate=RATES, best=st.floats(0, 6e7))
def test_a_part_is_worth_its_requests_and_costs_little_when_it_is_lost(
    share: float, rate: float, best: float
) -> None:
    """Also where many copy, and each of them is slower than it was alone."""
    size = part_size(share, rate, best)
    worth = worth_a_part(max(rate, best))
    assert size >= worth
    assert size <= max(worth, min(rate * 3, LARGEST_PART))
    assert size <= max(share, worth)  # nobody takes from the others


@given(a=SHARES, b=SHARES, rate=RATES)
def test_who_has_a_larger_share_gets_no_smaller_part(a: float, b: float, rate: float) -> None:
    """Nothing turns around where one rule ends and the next begins."""
    small, large = sorted((part_size(min(a, b), rate), part_size(max(a, b), rate)))
    assert (part_size(min(a, b), rate), part_size(max(a, b), rate)) == (small, large)


@given(total=st.floats(1, 1e10), streams=st.integers(1, 64), rate=RATES)
def test_parts_of_a_slice_shrink_and_are_the_same_for_all_streams(
    total: float, streams: int, rate: float
) -> None:
    """So that all its streams end together."""
    rounds = islice(shrinking(total, streams, rate), 50 * streams)
    sizes = list(rounds)
    assert all(a >= b for a, b in pairwise(sizes))
    assert all(len(set(sizes[n : n + streams])) == 1 for n in range(0, len(sizes), streams))
    left = total
    for size in sizes[::streams]:
        assert size == part_size(left / streams, rate)
        left = max(0.0, left - size * streams)


@given(left=st.floats(0, 1e12), instance=st.floats(1e5, 1e9), others=st.floats(0, 1e11))
def test_a_slice_is_half_of_a_fair_share_at_most(
    left: float, instance: float, others: float
) -> None:
    """And no more than ten seconds' work: a child that is lost costs that much."""
    size = slice_size(left, instance, instance + others)
    assert size <= left * instance / (instance + others) / 2 * 1.000001
    assert size <= instance * 10
    assert size == pytest.approx(
        min(left * instance / (instance + others) / 2, instance * 10), abs=1
    )


def test_an_instance_that_is_faster_than_all_were_gets_no_more_than_half() -> None:
    """What all do together was measured before it was."""
    assert slice_size(1e9, 2e8, 1e8) == 5e8


@pytest.mark.parametrize(
    ("rate", "part", "child"),
    [(1e6, 200e3, 250e3), (1e8, 4 * MIB, 25e6), (1e12, 4 * MIB, 32 * MIB)],
)
def test_what_is_worth_a_request_or_an_invocation_follows_the_rate(
    rate: float, part: float, child: float
) -> None:
    """A fifth of a second, a quarter of a second; up to what is much in any case."""
    assert worth_a_part(rate) == part
    assert worth_a_slice(rate) == child


def test_the_first_parts_are_small() -> None:
    """Nothing is known yet, and nothing is lost; but OSS takes each of them."""
    assert MIN_PART <= FIRST_PART <= 512 * KIB


@given(size=st.one_of(st.just(0), SIZES))
def test_sequential_parts_hold_exactly_the_source(size: int) -> None:
    """A source of known length fits its parts, none of which is beyond OSS's limits."""
    sizes = list(sequential_part_sizes(size, None))
    assert sum(sizes) == size
    assert len(sizes) <= MAX_PARTS
    assert all(WHOLE_AT_MOST <= each <= MAX_PART for each in sizes[:-1])
    assert all(each <= MAX_PART for each in sizes)


def test_sequential_parts_of_unknown_length_grow_to_hold_anything() -> None:
    """They begin small, never shrink, stay within OSS's limits, and hold 44 TB in all."""
    sizes = list(growing_part_sizes())
    assert sizes[0] == WHOLE_AT_MOST
    assert sizes == sorted(sizes)
    assert sizes[-1] == MAX_PART
    assert len(sizes) == MAX_PARTS
    assert sum(sizes) > 44e12
    assert list(sequential_part_sizes(None, None)) == sizes


def test_a_wished_size_is_kept_whether_the_length_is_known_or_not() -> None:
    """Every part has the size that the event gave, or OSS would refuse it."""
    sizes = sequential_part_sizes(None, MIN_PART)
    assert list(islice(sizes, 3)) == [MIN_PART] * 3
    assert sum(1 for _ in sizes) == MAX_PARTS - 3
    assert list(sequential_part_sizes(5 * MIB, 2 * MIB)) == [2 * MIB, 2 * MIB, MIB]
    with pytest.raises(InvalidEvent, match="part_size"):
        sequential_part_sizes(10_000 * GIB, MIN_PART)
