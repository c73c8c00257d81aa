"""Slices of items that are given to a program: few where they take long, more where they do not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ossferry.byte_range import MIB
from ossferry.ledger.head import Cursor
from ossferry.sharing.rounds import Rounds, halves, rounds_of
from ossferry.sharing.slices import MOST, ItemSlice
from ossferry.sharing.supplied import Supplied
from ossferry.small.item import Item
from tests.bulk.simulated import row, supply


def test_it_begins_with_what_an_instance_does_at_once() -> None:
    """Or with more, if a program says that it is soon done."""
    assert Rounds(8, None, 600).most == 8
    assert Rounds(8, 3600, 600).most == 8
    assert Rounds(8, 2, 600).most == 40
    assert Rounds(64, 1, 600).most == MOST


def test_what_it_took_decides_what_comes_next() -> None:
    """Soon done: more; long: no more than at once."""
    rounds = Rounds(4, None, 600)
    rounds.measured(4, 0.5)
    assert rounds.most == 80
    for _ in range(20):
        rounds.measured(4, 120)
    assert rounds.most == 4


def test_nothing_is_begun_that_would_not_be_done() -> None:
    """As far as it is known what it takes; but at the most half of the time is left unused."""
    assert Rounds(4, None, 600).least == 5
    assert Rounds(4, 100, 600).least == 100
    assert Rounds(4, 3600, 600).least == 300
    rounds = Rounds(4, 3600, 600)
    rounds.measured(4, 20)
    assert rounds.least == 30
    assert Rounds(4, None, 10).least == 2


@given(
    st.lists(st.integers(0, 600), max_size=60),
    st.sets(st.integers(1, 60)),
    st.integers(1, 8),
    st.lists(st.floats(0.01, 100), max_size=8),
)
def test_each_item_and_row_is_in_one_slice(
    sizes: list[int], rows: set[int], at_once: int, seconds: list[float]
) -> None:
    """The last of a window has its cursor, and a large item is alone."""
    rounds = Rounds(at_once, None, 600)
    all_of_it = [
        Supplied(row(n) if n in rows else Item(n, {}, size=size * MIB), Cursor(n))
        for n, size in enumerate(sizes, 1)
    ]
    found: list[ItemSlice] = []
    for each in rounds_of(iter(all_of_it), rounds):
        assert len(each.items) <= rounds.most
        found.append(each)
        if seconds:
            rounds.measured(max(1, len(each.items)), seconds.pop())
    numbers = [item.number for each in found for item in each.items]
    assert numbers == sorted(numbers)
    told = [each["item"] for some in found for each in some.rows]
    assert sorted([*numbers, *told]) == [*range(1, len(sizes) + 1)]
    for each in found:
        assert len(each.items) == 1 or sum(item.size or 0 for item in each.items) <= 256 * MIB
    assert [each.cursor for each in found[-1:]] == [Cursor(len(sizes))] * bool(sizes)
    assert all(each.cursor is None for each in found[:-1])


def test_a_slice_is_made_when_its_turn_is() -> None:
    """By what is known then."""
    rounds = Rounds(2, None, 600)
    slices = rounds_of(iter(supply(100)), rounds)
    assert len(next(slices).items) == 2
    rounds.measured(2, 0.5)
    assert len(next(slices).items) == 40


def test_windows_follow_each_other() -> None:
    """A cursor is behind each."""
    slices = [*rounds_of(iter(supply(2500)), Rounds(64, 1, 600))]
    assert [each.cursor for each in slices if each.cursor] == [Cursor(1000), Cursor(2500)]
    assert [each.window for each in slices] == [0] * 4 + [1] * 6


@given(st.integers(1, 30))
def test_halves_are_all_of_it(count: int) -> None:
    """The first keeps what the slice has besides, and one item is no two halves."""
    whole = ItemSlice(7, tuple(Item(n, {}) for n in range(count)), (row(99),), 3, Cursor(9))
    first, *rest = halves(whole)
    assert [*first.items, *(item for each in rest for item in each.items)] == [*whole.items]
    assert (first.number, first.rows, first.cursor) == (7, whole.rows, whole.cursor)
    assert len(rest) == (count > 1)
    assert all((each.rows, each.window, each.cursor) == ((), 3, None) for each in rest)
