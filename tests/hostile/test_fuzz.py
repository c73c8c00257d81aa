"""Mutated replies, by either reader, against strict clients."""

from __future__ import annotations

import pytest

from tests.hostile.dialogues import SPELLINGS
from tests.hostile.framing import BODY
from tests.hostile.fuzz import differences, good_ones
from tests.hostile.strict import CLIENTS, objection

_ROUNDS = 250
# Always the same, so that what they have found stays found; `make chaos` takes new ones.
_SEEDS = [1, 2, 4033141732]


@pytest.mark.parametrize("seed", _SEEDS)
def test_a_mutated_reply_is_taken_as_strict_clients_take_it(seed: int) -> None:
    """Or it is an error of ossferry's own kind, within the deadline."""
    found = differences(good_ones(SPELLINGS), seed, _ROUNDS)
    assert found == [], f"seed {seed}"


def test_strict_clients_object() -> None:
    """To a body that none of them takes, and to one that only one of them takes."""
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" + BODY
    assert objection(good, BODY) is None
    assert objection(good, BODY[:-1]) is not None
    assert objection(good.replace(b"20", b"20, 20"), BODY) is not None
    assert {client(good) for client in CLIENTS.values()} == {BODY}
