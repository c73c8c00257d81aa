"""Items packed for children: all of them, once, in order, and none of the packs too large."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ossferry.bulk.head import Cursor
from ossferry.bulk.slices import _BYTES, _ROWS, FEWEST, MOST, most_for, slices_of
from ossferry.bulk.supply import Supplied
from ossferry.byte_range import MIB
from ossferry.items.job import Item
from ossferry.items.row import Row

# A row, or the size of an item.
CONTENT = st.lists(
    st.just("row") | st.none() | st.sampled_from([0, 1, 100 * MIB, 256 * MIB, 300 * MIB]),
    max_size=60,
)


def supplied(contents: list[str | int | None]) -> list[Supplied]:
    found = []
    for number, content in enumerate(contents, 1):
        row: Row = {"item": number, "outcome": "skipped"}
        item = Item(number, {}, True, content if isinstance(content, int) else None)
        found.append(Supplied(row if content == "row" else item, Cursor(number, f"k{number}")))
    return found


@given(CONTENT, st.integers(1, 5), st.integers(1, 10))
def test_slices_have_all_items_once_and_in_order(
    contents: list[str | int | None], first: int, most: int
) -> None:
    """With numbers without gaps, and cursors that stand behind the last item of each."""
    slices = list(slices_of(iter(supplied(contents)), first, most))
    assert [each.number for each in slices] == [*range(first, first + len(slices))]
    items = [item.number for each in slices for item in each.items]
    rows = [row["item"] for each in slices for row in each.rows]
    assert items == [n for n, content in enumerate(contents, 1) if content != "row"]
    assert rows == [n for n, content in enumerate(contents, 1) if content == "row"]
    behind = 0
    for each in slices:
        numbers = sorted(
            [*(item.number for item in each.items), *(row["item"] for row in each.rows)]
        )
        assert numbers == [*range(behind + 1, each.cursor.number + 1)]
        assert each.cursor.key == f"k{each.cursor.number}"
        behind = each.cursor.number
        assert len(each.items) <= most
        assert len(each.items) == 1 or sum(item.size or 0 for item in each.items) <= _BYTES
    assert behind == len(contents)


def test_rows_alone_are_bounded_too() -> None:
    """What needs no copying is recorded in pieces as well."""
    slices = list(slices_of(iter(supplied(["row"] * (2 * _ROWS + 1))), 1))
    assert [len(each.rows) for each in slices] == [_ROWS, _ROWS, 1]


@given(st.none() | st.integers(0, 10**7), st.integers(0, 300))
def test_children_share_what_there_is(items: int | None, children: int) -> None:
    """Neither so few that a child is not worth it, nor more than some seconds' work."""
    assert FEWEST <= most_for(items, children) <= MOST
    if items and children and items > 2 * children * FEWEST:
        assert -(-items // most_for(items, children)) >= min(children, items // MOST)
