"""Every byte of a source is handed out exactly once, whatever sizes are asked for, and OSS accepts
what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle, islice, pairwise, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.byte_range import GIB, KIB, MIB, ByteRange
from ossferry.copying.copy_job import CopiedPart
from ossferry.errors import InvalidEvent
from ossferry.pace.grid import CELLS_AT_MOST, Grid, Work, grid_of
from ossferry.parts import MAX_OBJECT, MAX_PART, MAX_PARTS, MIN_PART, Part

SIZES = st.one_of(
    st.integers(1, MAX_OBJECT),
    st.integers(1, GIB),
    st.sampled_from([1, 128 * KIB, 128 * KIB + 1, CELLS_AT_MOST * MAX_PART, MAX_OBJECT]),
)
WISHES = st.lists(
    st.one_of(st.floats(0, 100 * GIB), st.floats(0, 2 * MIB), st.just(0.0)), min_size=1, max_size=8
)
SIDES = st.lists(st.booleans(), min_size=1, max_size=5)


def all_of(
    work: Work, wishes: Sequence[float] = (0.0,), sides: Sequence[bool] = (False,)
) -> list[Part]:
    """What is left, taken with these sizes in turn, from these sides in turn."""
    asked = zip(cycle(wishes), cycle(sides), strict=False)
    taken = (work.take(wish, back=back) for wish, back in asked)
    return [part for part in takewhile(lambda part: part is not None, taken) if part]


def copied(part: Part) -> CopiedPart:
    return CopiedPart(part.number, part.range.size, "e", 0, True)


def assert_tiles(parts: Iterable[Part], size: int) -> None:
    """In the order of their numbers they are the source, and OSS takes each of them."""
    ordered = sorted(parts, key=lambda part: part.number)
    assert ordered[0].range.start == 0
    assert ordered[-1].range.stop == size
    assert all(a.range.stop == b.range.start for a, b in pairwise(ordered))
    assert all(a.number < b.number for a, b in pairwise(ordered))
    assert ordered[0].number >= 1
    assert ordered[-1].number <= MAX_PARTS
    assert all(MIN_PART <= part.range.size <= MAX_PART for part in ordered[:-1])
    assert 0 < ordered[-1].range.size <= MAX_PART


@given(size=SIZES, wishes=WISHES, sides=SIDES)
def test_parts_tile_the_source_whatever_sizes_are_taken_from_front_and_back(
    size: int, wishes: list[float], sides: list[bool]
) -> None:
    """No byte twice, none missed, numbers in the order of offsets, up to the largest object."""
    work = Work(grid_of(size))
    assert_tiles(all_of(work, wishes, sides), size)
    assert work.left == 0


@given(size=SIZES)
def test_the_finest_parts_are_within_the_limits_of_oss(size: int) -> None:
    """If every part were one cell, there would still be numbers enough."""
    grid = grid_of(size)
    parts = list(grid.parts())
    assert len(parts) == grid.cells <= MAX_PARTS
    assert parts == all_of(Work(grid))
    assert_tiles(parts, size)


@given(size=SIZES)
def test_a_grid_is_as_fine_as_the_limits_allow(size: int) -> None:
    """So that as many as possible can share the last bytes: 128 KiB, or what numbers allow."""
    cell = grid_of(size).cell
    assert cell == 128 * KIB or (cell - 64 * KIB) * CELLS_AT_MOST < size
    assert cell == MAX_PART or cell % (64 * KIB) == 0
    assert cell * CELLS_AT_MOST >= size or cell == MAX_PART


@given(size=st.integers(1, 10 * GIB), wish=st.floats(0, 20 * GIB), back=st.booleans())
def test_a_part_is_as_near_to_the_wish_as_cells_allow(size: int, wish: float, back: bool) -> None:
    """At least one cell, at most what there is and what OSS takes as one part."""
    grid = grid_of(size)
    part = Work(grid).take(wish, back=back)
    assert part is not None
    nearest = max(grid.cell, min(wish, size, MAX_PART))
    assert part.range.size <= min(nearest + grid.cell / 2, MAX_PART)
    # The last cell may be small, and so may be what is missing to the largest part.
    assert part.range.size > nearest - grid.cell * 1.5
    if part.range.stop < size and nearest < MAX_PART - grid.cell:
        assert part.range.size >= nearest - grid.cell / 2
    assert (part.range.stop == size) if back else (part.range.start == 0)


def test_front_and_back_meet() -> None:
    """The last part comes from either side; then there is nothing."""
    work = Work(Grid(10 * MIB, MIB))
    front, back = work.take(3 * MIB), work.take(3 * MIB, back=True)
    rest = work.take(100 * MIB, back=True)
    assert [front, rest, back] == [
        Part(1, ByteRange(0, 3 * MIB)),
        Part(4, ByteRange(3 * MIB, 7 * MIB)),
        Part(8, ByteRange(7 * MIB, 10 * MIB)),
    ]
    assert work.take(MIB) is work.take(MIB, back=True) is None


@given(
    size=st.integers(1, GIB),
    wishes=WISHES,
    sides=SIDES,
    lost=st.sets(st.integers(0, 200)),
    later=WISHES,
)
def test_parts_that_are_handed_back_keep_number_and_size(
    size: int, wishes: list[float], sides: list[bool], lost: set[int], later: list[float]
) -> None:
    """Whoever had one may still be at it, and must not replace a part by one of another size."""
    work = Work(grid_of(size))
    taken = [
        part
        for wish, back in islice(zip(cycle(wishes), cycle(sides), strict=False), 200)
        if (part := work.take(wish, back=back)) is not None
    ]
    before = work.left
    handed_back = [part for n, part in enumerate(taken) if n in lost]
    work.give_back(handed_back)
    assert work.left == before + sum(part.range.size for part in handed_back)
    again = all_of(work, later)
    assert again[: len(handed_back)] == handed_back
    kept = [part for n, part in enumerate(taken) if n not in lost]
    assert_tiles([*kept, *again], size)


@given(
    size=SIZES,
    wishes=WISHES,
    sides=SIDES,
    odd=st.integers(1, 20),
    later=WISHES,
)
def test_done_parts_of_several_cells_leave_exactly_the_gaps(
    size: int, wishes: list[float], sides: list[bool], odd: int, later: list[float]
) -> None:
    """What an earlier run has done is not handed out again, and all the rest is."""
    grid = grid_of(size)
    taken = all_of(Work(grid), wishes, sides)
    done = [part for n, part in enumerate(taken) if n % odd]
    work = Work(grid, map(copied, done))
    assert work.left == size - sum(part.range.size for part in done)
    rest = all_of(work, later, sides)
    assert_tiles([*done, *rest], size)


def test_nothing_is_left_of_what_is_done() -> None:
    """Only the completion is still to do."""
    grid = grid_of(GIB)
    work = Work(grid, [copied(part) for part in grid.parts()])
    assert work.left == 0
    assert work.take(MIB) is None
    assert work.slice(MIB, cycle([MIB])) == ()


@given(
    total=st.floats(1, 200 * MIB),
    sizes=st.lists(st.floats(0, 20 * MIB), min_size=1, max_size=5),
)
def test_a_slice_has_parts_in_a_row_of_about_so_many_bytes(
    total: float, sizes: list[float]
) -> None:
    """From the front; each part as it was asked for, or as large as what is missing."""
    grid = grid_of(GIB)
    work = Work(grid)
    parts = work.slice(total, cycle(sizes))
    assert parts[0].range.start == 0
    assert all(a.range.stop == b.range.start for a, b in pairwise(parts))
    taken = parts[-1].range.stop
    assert work.left == GIB - taken
    assert total <= taken < total + grid.cell
    missing = total
    for part, size in zip(parts, cycle(sizes), strict=False):
        assert abs(part.range.size - max(grid.cell, min(size, missing))) <= grid.cell / 2
        missing -= part.range.size


def test_a_slice_begins_with_what_was_handed_back() -> None:
    """It is what everybody waits for longest; and it counts."""
    work = Work(Grid(100 * MIB, MIB))
    lost = work.take(5 * MIB)
    assert lost is not None
    work.give_back([lost])
    assert [part.range.size for part in work.slice(7 * MIB, cycle([2 * MIB]))] == [
        5 * MIB,
        2 * MIB,
    ]


@given(size=SIZES, wished=st.integers(MIN_PART, MAX_PART), wishes=WISHES, sides=SIDES)
def test_a_wished_part_size_is_kept_to_the_byte_or_refused(
    size: int, wished: int, wishes: list[float], sides: list[bool]
) -> None:
    """Each part has it but the last, whatever suits; refused is what OSS would refuse."""
    try:
        grid = grid_of(size, wished)
    except InvalidEvent:
        assert wished * CELLS_AT_MOST < size
        return
    parts = all_of(Work(grid), wishes, sides)
    assert_tiles(parts, size)
    assert all(part.range.size == wished for part in parts if part.range.stop != size)
    assert len(parts) == -(-size // wished)


@pytest.mark.parametrize("back", [False, True])
def test_a_wished_part_size_is_kept_however_much_is_asked_for(back: bool) -> None:
    """One cell, never several; in slices, too."""
    work = Work(grid_of(100 * MIB, 3 * MIB))
    part = work.take(50 * MIB, back=back)
    assert part is not None
    assert part.range.size == (MIB if back else 3 * MIB)
    assert {part.range.size for part in work.slice(20 * MIB, cycle([10 * MIB]))} == {3 * MIB}


def test_an_object_too_large_for_oss_is_refused() -> None:
    """48.8 TB fit, one byte more does not, and the message says how much does."""
    assert sum(1 for _ in grid_of(MAX_OBJECT).parts()) == MAX_PARTS
    with pytest.raises(InvalidEvent, match=str(MAX_OBJECT)):
        grid_of(MAX_OBJECT + 1)


def test_a_part_size_that_is_too_small_is_refused_with_the_least_that_works() -> None:
    """The size that the refusal names is then accepted."""
    size = 10_000 * GIB
    with pytest.raises(InvalidEvent, match="part_size") as refused:
        grid_of(size, MIN_PART)
    least = int(str(refused.value).rsplit(" ", 1)[1])
    assert grid_of(size, least).cell == least
    with pytest.raises(InvalidEvent, match="part_size"):
        grid_of(size, least - 1)


def test_the_largest_part_size_holds_the_largest_object() -> None:
    """What OSS can store can be asked for: no refusal names a part size beyond OSS's limit."""
    assert grid_of(MAX_OBJECT, MAX_PART).cell == MAX_PART
    with pytest.raises(InvalidEvent, match=f"at least {MAX_PART}$"):
        grid_of(MAX_OBJECT, MAX_PART - 1)


@pytest.mark.parametrize(
    ("start", "stop", "header"), [(0, 1, "bytes=0-0"), (5, 5 + MIB, f"bytes=5-{MIB + 4}")]
)
def test_ranges_are_half_open_inside_and_inclusive_in_http(
    start: int, stop: int, header: str
) -> None:
    """The one place where the last byte is named is the header."""
    assert ByteRange(start, stop).header == header
    assert ByteRange(start, stop).size == stop - start
