"""Which parts of an upload are believed, by what is told of them and what OSS lists."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.copying.copy_job import CopiedPart
from ossferry.oss.multipart import ListedPart
from ossferry.records.proven import proven

CELL = 1000


def part(number: int, cells: int = 1, **fields: Any) -> CopiedPart:
    return CopiedPart(number, cells * CELL, "E", number, confirmed=True)._replace(**fields)


def listed(*parts: CopiedPart) -> dict[int, ListedPart]:
    return {each.number: ListedPart(each.size, each.etag, each.crc64) for each in parts}


def test_what_is_told_and_listed_is_believed() -> None:
    """Neither is enough by itself."""
    told = [part(1), part(2)]
    assert proven(told, listed(part(2), part(3)), CELL) == {2: part(2)}


@pytest.mark.parametrize("changed", [{"size": 999}, {"etag": "F"}, {"crc64": 9}])
def test_what_is_listed_otherwise_is_not_believed(changed: dict[str, Any]) -> None:
    """Size, ETag and checksum all have to be those that were told."""
    assert proven([part(1)], listed(part(1)._replace(**changed)), CELL) == {}


def test_an_oss_that_lists_no_checksum_is_believed_without() -> None:
    """OSS leaves it out where it has none."""
    there = {1: listed(part(1))[1]._replace(crc64=None)}
    assert proven([part(1)], there, CELL) == {1: part(1)}


def test_of_two_that_share_cells_the_first_counts() -> None:
    """Another run cut the source in another way; both are in OSS, and only one fits."""
    both = listed(part(1, 4), part(3, 2))
    assert proven([part(3, 2), part(1, 4)], both, CELL) == {3: part(3, 2)}
    assert proven([part(1, 4), part(3, 2)], both, CELL) == {1: part(1, 4)}


@given(
    told=st.lists(st.builds(part, st.integers(1, 12), st.integers(1, 4)), max_size=12),
    last=st.integers(1, CELL),
)
def test_what_is_believed_never_overlaps(told: Sequence[CopiedPart], last: int) -> None:
    """Whatever runs there were: each byte is in one part at most; the last part may be short."""
    told = [*told, CopiedPart(13, last, "E", 13, confirmed=True)]
    done = proven(told, listed(*told), CELL)
    ranges = sorted(((number - 1) * CELL, each.size) for number, each in done.items())
    for (start, size), (following, _) in pairwise(ranges):
        assert start + size <= following
    assert {*done.values()} <= {*told}
