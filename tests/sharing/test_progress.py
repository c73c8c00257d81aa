"""How far a job is, in whatever order its slices end, and where somebody else would go on."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ossferry.items.row import Tally
from ossferry.ledger.head import Cursor, Head
from ossferry.sharing.progress import Progress
from ossferry.sharing.slices import ItemSlice
from ossferry.small.item import Item
from tests.bulk.simulated import slices


@given(st.permutations(range(1, 8)))
def test_the_cursor_never_passes_what_is_open(order: list[int]) -> None:
    """In whatever order slices are done: it stands behind the last of those without a gap."""
    progress = Progress(Head("id", 0.0))
    work = {one.number: one for one in progress.numbered(iter(slices(21, 3)))}
    through: set[int] = set()
    for number in order:
        progress.done(work[number], Tally(copied=3))
        through.add(number)
        whole = next(n for n in range(1, 9) if n not in through) - 1
        assert progress.head.cursor.number == 3 * whole
        assert progress.head.next_slice == whole + 1
        assert progress.head.tally.copied == 3 * whole
        assert progress.tally.copied == 3 * len(through)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.integers(0, 2**32))
def test_a_head_knows_each_item_once(windows: list[int], seed: int) -> None:
    """Of whatever head is on record: what it sums up is before its cursor, what is before its
    cursor is done, and the rest of it is found in the results that follow."""
    chance, progress = Random(seed), Progress(Head("id", 0.0, next_slice=3))
    numbers = iter(range(1, 1000))
    ends: list[int] = []
    planned: list[ItemSlice] = []
    for window, many in enumerate(windows):
        some = [(next(numbers), next(numbers)) for _ in range(many)]
        ends.append(some[-1][1])
        chance.shuffle(some)
        made = [
            ItemSlice(0, tuple(Item(n, {}) for n in each), (), window, large=False) for each in some
        ]
        planned += [*made[:-1], made[-1]._replace(cursor=Cursor(ends[-1]))]
    coming, open_ones = progress.numbered(iter(planned)), list[ItemSlice]()
    done: dict[int, set[int]] = {}
    while True:
        if chance.random() < 0.6 and (each := next(coming, None)) is not None:
            open_ones.append(each)
            continue
        if not open_ones and (each := next(coming, None)) is not None:
            open_ones.append(each)
        if not open_ones:
            break
        each = open_ones.pop(chance.randrange(len(open_ones)))
        items = [item.number for item in each.items]
        if len(items) == 2 and chance.random() < 0.3:  # one of them turns out to be large
            late = ItemSlice(0, each.items[1:], (), each.window, large=True)
            open_ones += progress.numbered(iter([late]))
            items = items[:1]
        done[each.number] = {*items}
        progress.done(each, Tally(copied=len(items)))
        head = progress.head
        summed = [n for number, some in done.items() if number < head.next_slice for n in some]
        beyond = {n for number, some in done.items() if number >= head.next_slice for n in some}
        assert all(n <= head.cursor.number for n in summed)
        assert {*range(1, head.cursor.number + 1)} <= {*summed, *beyond}
        assert head.tally.copied == len(summed)
    assert progress.open == []
    assert progress.head.cursor.number == ends[-1]
    assert progress.head.tally == progress.tally == Tally(copied=ends[-1])


def test_the_last_item_that_was_handed_out_is_known() -> None:
    """In whatever order; of a list it is the largest number."""
    progress = Progress(Head("id", 0.0))
    for each in reversed([*progress.numbered(iter(slices(9, 3)))]):
        progress.handed_out(each)
    assert progress.head.handed_out == 9
