"""What a bench finds, as values: a series of runs, and two series side by side. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Series:
    """The same thing measured several times; ``name`` says of what."""

    name: str
    values: tuple[float, ...]

    @classmethod
    def of(cls, name: str, values: Sequence[float]) -> Series:
        return cls(name, tuple(values))

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def runs(self) -> int:
        return len(self.values)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "median": round(self.median, 6),
            "low": round(min(self.values), 6),
            "high": round(max(self.values), 6),
            "runs": self.runs,
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the project aims at: a bound of our median, or of its ratio to the reference's.

    It is shown and marked, never asserted: machines differ.
    """

    sign: Literal["<", "<=", ">="]
    bound: float
    of: Literal["median", "ratio"] = "median"

    def __str__(self) -> str:
        return f"{'ratio ' if self.of == 'ratio' else ''}{self.sign} {self.bound:g}"

    def met_by(self, value: float) -> bool:
        if self.sign == ">=":
            return value >= self.bound
        return value < self.bound or (self.sign == "<=" and value == self.bound)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    topic: str
    what: str
    unit: str
    ours: Series
    reference: Series | None = None
    wanted: Wanted | None = None
    note: str = ""
    # Ours did not do what it was measured at, so its figure is worth nothing.
    failed: bool = False

    @property
    def ratio(self) -> float | None:
        """Ours to the reference's, by medians; None where there is nothing to divide by."""
        if self.reference is None or not self.reference.median:
            return None
        return self.ours.median / self.reference.median

    @property
    def met(self) -> bool | None:
        """Whether it is what was wanted; None where nothing was, or nothing can be compared."""
        if self.wanted is None:
            return None
        if self.failed:
            return False
        found = self.ratio if self.wanted.of == "ratio" else self.ours.median
        return None if found is None else self.wanted.met_by(found)

    def to_json(self) -> dict[str, Any]:
        return {
            "topic": self.topic,
            "what": self.what,
            "unit": self.unit,
            "ours": self.ours.to_json(),
            "reference": self.reference.to_json() if self.reference else None,
            "ratio": None if self.ratio is None else round(self.ratio, 4),
            "wanted": "" if self.wanted is None else str(self.wanted),
            "met": self.met,
            "failed": self.failed,
            "note": self.note,
        }
