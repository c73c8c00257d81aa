"""What a source saw of a transfer: how many came at once, how long it was asked too much. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Refusals that are further apart are two tries, not one that goes on.
_APART = 1.0


@dataclass(frozen=True, slots=True)
class Sight:
    """``peak``: requests at once, refused ones too. ``row``: seconds from the first to the last
    refusal of the longest row, which is how long more came than the source bears."""

    peak: int
    refused: int
    row: float

    @classmethod
    def of(cls, journal: Mapping[str, Any]) -> Sight:
        """Read the origin's journal of one transfer."""
        refusals = [each["started"] for each in journal["requests"] if each["over"]]
        return cls(journal["peak"], len(refusals), longest_row(refusals))


def longest_row(moments: Iterable[float]) -> float:
    """Return how long the longest row of moments lasts that lie less than a second apart."""
    longest, first, last = 0.0, float("-inf"), float("-inf")
    for moment in sorted(moments):
        if moment - last >= _APART:
            first = moment
        last = moment
        longest = max(longest, last - first)
    return longest
