"""Whose turn it is: large and small slices side by side, and never too many children."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ossferry.sharing.slices import ItemSlice
from ossferry.sharing.turns import _HELD, Turns
from ossferry.small.item import Item
from tests.spread.simulated import Clock


def work(kinds: str) -> list[ItemSlice]:
    """A slice per letter: of large items, of small ones, or of rows."""
    row = {"item": 1}
    return [
        ItemSlice(n, (Item(n, {}),) if kind != "r" else (), (row,), large=kind == "L")
        for n, kind in enumerate(kinds, 1)
    ]


@given(st.text("Lsr", max_size=200), st.integers(1, 40), st.integers(0, 2**32))
def test_all_have_their_turn_and_there_are_never_too_many(kinds: str, most: int, seed: int) -> None:
    """Those that a large item has count, whatever is measured, throttled or done again."""
    chance, clock = Random(seed), Clock()
    turns = Turns(iter(work(kinds)), most, clock)
    under_way: dict[int, tuple[ItemSlice, int]] = {}
    done: list[int] = []
    while not turns.over:
        clock.now += 0.4
        while (begun := turns.next()) is not None:
            each, children = begun
            if not each.items:
                done.append(each.number)
                continue
            assert each.large or not children
            under_way[each.number] = each, children
        assert sum(1 + children for _, children in under_way.values()) <= most
        assert turns.running == len(under_way)
        if not under_way:
            continue
        each, _ = under_way.pop(chance.choice([*under_way]))
        turns.ended(each)
        match chance.randrange(6):
            case 0:
                turns.throttled(each)
            case 1:
                turns.again(each)
            case _:
                turns.measured(each, 1, 1000, chance.random())
                done.append(each.number)
    assert sorted(done) == [*range(1, len(kinds) + 1)]


def test_small_ones_do_not_wait_for_large_ones() -> None:
    """Nor the other way round; half of the children is for each."""
    turns = Turns(iter(work("LLLL" + "s" * 9)), 8, Clock())
    begun = [found for _ in range(9) if (found := turns.next())]
    assert [(each.large, children) for each, children in begun] == [
        (True, 1),
        (True, 1),
        (False, 0),
        (False, 0),
    ]


def test_the_only_child_is_for_the_small_ones_first() -> None:
    """What is large takes longer, and can be done when nobody waits for it any more."""
    turns, order = Turns(iter(work("LLsLs")), 1, Clock()), list[int]()
    while (begun := turns.next()) is not None:
        order.append(begun[0].number)
        turns.ended(begun[0])
    assert order == [3, 5, 1, 2, 4]


def test_a_large_one_that_is_alone_has_all_children() -> None:
    """It counts as one of them."""
    turns = Turns(iter(work("L")), 9, Clock())
    assert turns.next() == (work("L")[0], 8)


def test_a_list_of_large_ones_is_not_read_to_its_end() -> None:
    """Memory does not grow with it."""
    slices = iter(work("L" * 500))
    Turns(slices, 4, Clock()).next()
    assert next(slices).number == _HELD + 1


def test_who_takes_one_for_itself_takes_a_small_one() -> None:
    """Where Function Compute has no children."""
    turns = Turns(iter(work("Ls")), 4, Clock())
    taken = [each.number for _ in range(3) if (each := turns.take())]
    assert taken == [2, 1]
    assert turns.over
