"""Whole transfers from servers that lie, stall, cut and change their minds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.hostile.dialogues import ROWS, SPELLINGS
from tests.hostile.outcomes import Row
from tests.hostile.stage import Played, complaints


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_dialogue_ends_as_it_has_to(row: Row, played: Callable[[Row], list[Played]]) -> None:
    """In one of its right outcomes, with nothing left behind."""
    assert complaints(row, played(row)) == []


def test_rows_have_names_of_their_own() -> None:
    """A row is played once, and found by its name."""
    names = Counter([row.name for row in ROWS] + [spelling.name for spelling in SPELLINGS])
    assert [name for name, count in names.items() if count > 1] == []
