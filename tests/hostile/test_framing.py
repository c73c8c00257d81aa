"""Where a reply ends: by either reader, in a whole transfer, and as strict clients see it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.hostile.dialogues import SPELLINGS
from tests.hostile.framing import BODY, LENGTH, Right, Spelling
from tests.hostile.outcomes import Row
from tests.hostile.readers import READERS, FerryError
from tests.hostile.scripts import always
from tests.hostile.server import hostile
from tests.hostile.stage import Played, complaints
from tests.hostile.strict import objection

_SECONDS = 20.0
_ROWS = [row for spelling in SPELLINGS for row in spelling.rows()]

spellings = pytest.mark.parametrize("spelling", SPELLINGS, ids=str)


@spellings
@pytest.mark.parametrize("way", READERS)
def test_a_reader_takes_the_body_or_refuses(spelling: Spelling, way: str) -> None:
    """As the table says; and never a body that strict clients would not take."""
    raw = spelling.whole if way == "whole" else spelling.part
    with hostile(always(raw, spelling.end)) as server:
        try:
            taken = READERS[way](server.url, LENGTH, _SECONDS)
        except FerryError:
            assert spelling.right_by(way) is not Right.TAKE
            return
    assert taken == BODY
    assert spelling.right_by(way) is not Right.REFUSE
    assert objection(raw, taken) is None


@pytest.mark.parametrize("row", _ROWS, ids=str)
def test_a_transfer_stores_the_body_or_nothing(
    row: Row, played: Callable[[Row], list[Played]]
) -> None:
    """From a server that knows no ranges, and from one that is odd only after the probe."""
    assert complaints(row, played(row)) == []


@spellings
def test_strict_clients_agree_with_the_table(spelling: Spelling) -> None:
    """What has to be taken is taken by at least two of them, and by none otherwise."""
    if spelling.right is Right.TAKE:
        for raw in (spelling.whole, spelling.part):
            assert objection(raw, BODY) is None
