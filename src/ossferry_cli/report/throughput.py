"""How much was copied when: a part's bytes are spread evenly over its time. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .model import Part, Transfer

BINS = 120


class Rates(NamedTuple):
    """Bytes per second in spans of equal ``width`` from 0 on."""

    width: float
    rates: tuple[float, ...]

    @property
    def peak(self) -> float:
        return max(self.rates, default=0.0)

    @property
    def sustained(self) -> float:
        """The most that was kept up for a tenth of the time, which is what something can give."""
        window = max(1, len(self.rates) // 10)
        sums = (sum(self.rates[at : at + window]) for at in range(len(self.rates) - window + 1))
        return max(sums, default=0.0) / window

    @property
    def size(self) -> float:
        return sum(self.rates) * self.width


def throughput(transfer: Transfer, bins: int = BINS) -> Rates:
    """Copies that nobody waited for any more count as well: they took the line, too."""
    return spread((part for run in transfer.runs for part in run.parts), span(transfer), bins)


def span(transfer: Transfer) -> float:
    """The seconds that are drawn."""
    ends = [run.ended for run in transfer.runs]
    return max([transfer.seconds.get("total", 0.0), *ends, 1e-3])


def spread(parts: Iterable[Part], seconds: float, bins: int) -> Rates:
    width = seconds / bins
    held = [0.0] * bins
    for part in parts:
        began = min(max(part.began, 0.0), seconds)
        ended = min(max(part.ended, began), seconds)
        first, last = min(int(began / width), bins - 1), min(int(ended / width), bins - 1)
        if first == last or ended <= began:
            held[first] += part.size
            continue
        per_second = part.size / (ended - began)
        held[first] += per_second * ((first + 1) * width - began)
        for at in range(first + 1, last):
            held[at] += per_second * width
        held[last] += per_second * (ended - last * width)
    return Rates(width, tuple(each / width for each in held))
