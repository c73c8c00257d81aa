"""Two items that would make one object are found, in little memory."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from ossferry.lists.duplicates import Keys, pairs


def _found(keys: list[str], most: int = 5) -> list[tuple[int, int, str]]:
    found = Keys()
    for key in keys:
        found.add(key)
    return pairs(enumerate(keys, 1), found.suspects(), most)


@given(st.lists(st.text(max_size=2)))
def test_the_first_of_those_that_are_there_twice(keys: list[str]) -> None:
    """As a plain search finds them."""
    expected = [
        (keys.index(key) + 1, number, key)
        for number, key in enumerate(keys, 1)
        if key in keys[: number - 1]
    ]
    assert _found(keys) == expected[:5]


def test_two_keys_with_one_hash_are_no_pair() -> None:
    """Suspects are only suspects."""
    rows = [(1, "a"), (2, "b")]
    everything = frozenset(hash(key) % 2**64 for _, key in rows)
    assert pairs(rows, everything) == []


def test_memory_per_item() -> None:
    """Some bytes each, even while they are compared, and if all of them are there twice."""
    count = 200_000
    tracemalloc.start()
    try:
        keys = Keys()
        for number in range(count):
            keys.add(f"a/{number // 2}.bin")
        suspects = keys.suspects()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * count
    assert 0 < len(suspects) <= 1000
    rows = ((number, f"a/{number // 2}.bin") for number in range(count))
    assert len(pairs(rows, suspects)) == 5
