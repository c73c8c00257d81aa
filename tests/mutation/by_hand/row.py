"""A row of the tables."""

from __future__ import annotations

from typing import NamedTuple


class ByHand(NamedTuple):
    """The file, what the mutant forgets, the text that is replaced, and by what."""

    path: str
    forgets: str
    before: str
    after: str
