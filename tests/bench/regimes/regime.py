"""A regime: how large a source is and what it bears; and the seconds that it takes at least. Pure.

The ideal keeps as many connections busy as the source allows, from the first moment to the last:
no start, no request, no tail, no first byte to wait for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tests.bench.figures import Wanted
from tests.bench.published import index

MB = 1_000_000
# What the published approach has, so nobody's ideal has more.
MOST_CONNECTIONS = index.PROCESSES
# Where the ideal takes so long, ours may be a fifth slower; below, so many seconds.
_LONG = 3.0
_FACTOR = 1.2
_FIXED = 0.6


@dataclass(frozen=True, slots=True)
class Regime:
    """One kind of source. Rates are bytes per second, of one connection and of all together."""

    size: int
    rate: int | None = None
    total: int | None = None
    cap: int | None = None  # connections at once; one more is refused
    over: Literal["429", "reset"] = "429"  # how
    first_byte: float = 0.0  # seconds before each reply
    runs: int = 1

    def __str__(self) -> str:
        words = [_amount(self.size), pace(self.rate)]
        if self.total:
            words.append(f"{_amount(self.total)}/s in all")
        if self.cap:
            words.append(f"{self.cap} connections, else {self.over}")
        if self.first_byte:
            words.append(f"first byte after {self.first_byte * 1000:g} ms")
        return ", ".join(words)

    @property
    def behaviours(self) -> Sequence[str]:
        """The same in the words of the local origin, which takes none for what is usual."""
        wishes = {
            "rate": self.rate,
            "total-rate": self.total,
            "cap": self.cap,
            "over": self.over if self.cap else None,
            "delay": self.first_byte or None,
        }
        words = [f"{name}:{value}" for name, value in wishes.items() if value is not None]
        return [",".join(words)] if words else []

    @property
    def bears(self) -> float:
        """Bytes per second that the source gives to somebody who asks in the best way."""
        connections = min(self.cap or MOST_CONNECTIONS, MOST_CONNECTIONS)
        return min(self.total or math.inf, connections * self.rate if self.rate else math.inf)

    @property
    def published_at_best(self) -> float | None:
        """Seconds of the published approach if its processes cost nothing, which here they do.

        Every part is a connection's whole, in rounds of 99; one refusal is the end of it all.
        """
        parts = -(-self.size // index.PART_SIZE)
        if self.cap and self.cap < min(parts, index.PROCESSES):
            return None
        part = min(self.size, index.PART_SIZE) / (self.rate or math.inf) + self.first_byte
        rounds = -(-parts // index.PROCESSES)
        return max(self.first_byte + rounds * part, self.size / (self.total or math.inf)) or None

    @property
    def within(self) -> float:
        """Seconds after which a transfer is given up."""
        return math.ceil(30 + 1.5 * self.size / self.bears)


def pace(rate: int | None) -> str:
    """Say how fast one connection is."""
    return f"{_amount(rate)}/s per connection" if rate else "unlimited"


def wanted(ideal: float) -> Wanted:
    """What a transfer may take whose ideal is this."""
    if ideal >= _LONG:
        return Wanted("<=", _FACTOR, of="ratio")
    return Wanted("<=", round(ideal + _FIXED, 2))


def _amount(count: int) -> str:
    return f"{count / MB:g} MB" if count < 1000 * MB else f"{count / MB / 1000:g} GB"
