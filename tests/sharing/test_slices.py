"""Items packed for children: all of them, once, window by window, in packs of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from ossferry.byte_range import MIB
from ossferry.items.row import Row
from ossferry.ledger.head import Cursor
from ossferry.sharing.slices import (
    _FIRST,
    _LARGE_BYTES,
    _TEXT,
    BYTES,
    FEWEST,
    LARGE,
    MOST,
    ROWS,
    WINDOW,
    ItemSlice,
    Order,
    large_ones,
    most_for,
    slices_of,
)
from ossferry.sharing.supplied import Supplied
from ossferry.small.held import SMALL
from ossferry.small.item import Item

# A row, or the size of an item.
CONTENT = st.lists(
    st.just("row") | st.none() | st.sampled_from([0, 1, LARGE, 100 * MIB, 256 * MIB, 300 * MIB]),
    max_size=60,
)


def supplied(contents: list[str | int | None]) -> list[Supplied]:
    found = []
    for number, content in enumerate(contents, 1):
        row: Row = {"item": number, "outcome": "skipped"}
        item = Item(number, {}, True, content if isinstance(content, int) else None)
        found.append(Supplied(row if content == "row" else item, Cursor(number, f"k{number}")))
    return found


def items_of(slices: list[ItemSlice]) -> list[int]:
    return [item.number for each in slices for item in each.items]


@given(CONTENT, st.integers(1, 5), st.integers(0, 3))
def test_slices_have_all_items_once(
    contents: list[str | int | None], most: int, windows: int
) -> None:
    """With a cursor that stands behind the last item of each window, at the window's last slice."""
    more = [None] * (windows * 1500)
    slices = list(slices_of(iter(supplied([*more, *contents])), most))
    numbers = [*items_of(slices), *(row["item"] for each in slices for row in each.rows)]
    assert sorted(numbers) == [*range(1, len(more) + len(contents) + 1)]
    assert [each.window for each in slices] == sorted(each.window for each in slices)
    behind = 0
    for _, group in groupby(slices, key=lambda each: each.window):
        *others, last = group
        assert {each.cursor for each in others} <= {None}
        assert last.cursor
        of_window = [
            *items_of([*others, last]),
            *(row["item"] for each in (*others, last) for row in each.rows),
        ]
        assert sorted(of_window) == [*range(behind + 1, last.cursor.number + 1)]
        behind = last.cursor.number
    for each in slices:
        size = sum(item.size or 0 for item in each.items)
        assert each.items or each.rows
        assert len(each.items) <= (MOST if each.large else most)
        assert len(each.items) <= 1 or size <= (_LARGE_BYTES if each.large else BYTES)


def test_rows_alone_are_bounded_too() -> None:
    """What needs no copying is recorded in pieces as well, and no window has all of it."""
    slices = list(slices_of(iter(supplied(["row"] * (3 * WINDOW))), 1))
    assert [len(each.rows) for each in slices] == [_FIRST, WINDOW, WINDOW, WINDOW - _FIRST]
    assert max(len(each.rows) for each in slices) <= ROWS


def test_large_ones_come_first_and_the_largest_before_the_others() -> None:
    """Some that are not so large share a slice; those are found whatever their place in the list
    is."""
    sizes = [1, 20 * MIB, 2, 900 * MIB, *range(3, 40), 90 * MIB, None, 9 * MIB]
    slices = list(slices_of(iter(supplied([*sizes])), 16))
    large = [each for each in slices if each.large]
    assert slices[: len(large)] == large
    assert [[item.size for item in each.items] for each in large] == [
        [900 * MIB],
        [90 * MIB, 20 * MIB, 9 * MIB],
    ]


def test_a_few_items_are_one_slice() -> None:
    """Which a coordinator copies alone, whatever their sizes are."""
    (only,) = slices_of(iter(supplied([1, 100 * MIB, "row", 2])), FEWEST)
    assert (items_of([only]), len(only.rows), only.large) == ([1, 2, 4], 1, False)


def test_urls_that_end_soonest_come_first() -> None:
    """Of all in a window; those that never end stay in the order of the list."""
    ends = {7: 50.0, 90: 10.0, 40: 30.0}
    order = Order(ends=lambda item: ends.get(item.number, float("inf")))
    slices = list(slices_of(iter(supplied([1] * 100)), 10, order))
    assert items_of(slices)[:5] == [90, 40, 7, 1, 2]


def test_long_urls_make_short_windows() -> None:
    """What is held does not grow with the URLs of a list."""
    url = "https://h/" + "x" * 60_000

    taken: list[int] = []

    def endless() -> Iterator[Supplied]:
        for number in range(1, 10**6):
            taken.append(number)
            yield Supplied(Item(number, {"source_url": url}), Cursor(number))

    next(slices_of(endless()))
    assert taken[-1] * len(url) < 2 * _TEXT


def test_what_is_large_here_is_large_for_whoever_copies_it() -> None:
    """Else it would be handed back."""
    assert LARGE == SMALL


@given(st.lists(st.integers(0, 300 * MIB)))
def test_large_ones_are_packed_all(sizes: list[int]) -> None:
    """In descending order."""
    items = [Item(n, {}, True, size) for n, size in enumerate(sizes)]
    packed = large_ones(items)
    assert sorted(item.number for some in packed for item in some) == [*range(len(sizes))]
    found = [item.size or 0 for some in packed for item in some]
    assert found == sorted(found, reverse=True)


@given(st.none() | st.integers(0, 10**7), st.integers(0, 300))
def test_children_share_what_there_is(items: int | None, children: int) -> None:
    """Neither so few that a child is not worth it, nor more than some seconds' work."""
    assert FEWEST <= most_for(items, children) <= MOST
    if items and children and items > 2 * children * FEWEST:
        assert -(-items // most_for(items, children)) >= min(children, items // MOST)
