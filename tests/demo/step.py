"""One thing that goes on and can be counted in bytes: how far, how fast, how long still."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.filesize import decimal


@dataclass(frozen=True, slots=True)
class Sight:
    """A step as it is now. ``left`` is seconds; None where nobody can know it yet."""

    title: str
    seconds: float
    done: int
    total: int | None
    left: float | None
    detail: str

    @property
    def share(self) -> float | None:
        """How much of the whole is done, 0 to 1; None while the whole is not known."""
        if self.total is None:
            return None
        return min(1.0, self.done / self.total) if self.total else 1.0

    @property
    def percent(self) -> str:
        return "" if self.share is None else f"{int(self.share * 100)}%"

    @property
    def size(self) -> str:
        return size_of(self.done)

    @property
    def rate(self) -> str:
        """Over the whole step, its start included."""
        return f"{size_of(round(self.done / max(self.seconds, 0.001)))}/s"

    @property
    def time(self) -> str:
        """The time that is left, as far as it is known."""
        if self.left is None:
            return ""
        for unit, length in (("h", 3600), ("m", 60)):
            if self.left >= 2 * length:
                return f"{self.left / length:.0f} {unit} left"
        return f"{self.left:.0f} s left"


class Step:
    """Is told how far it is; ``sight`` says what that means."""

    def __init__(
        self, title: str, total: int | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._title, self._clock = title, clock
        self._total = total
        self._began = clock()
        self._done, self._detail = 0, ""
        self._first: tuple[float, int] | None = None  # when the first bytes were seen, how many

    def tell(self, done: int, detail: str = "", total: int | None = None) -> None:
        """Take the bytes so far, a few words, and the whole as soon as it is known."""
        self._done, self._detail = done, detail
        if total is not None:
            self._total = total
        if done and self._first is None:
            self._first = (self._clock(), done)

    def sight(self) -> Sight:
        now = self._clock()
        return Sight(
            title=self._title,
            seconds=now - self._began,
            done=self._done,
            total=self._total,
            left=self._left(now),
            detail=self._detail,
        )

    def _left(self, now: float) -> float | None:
        """By the speed since the first bytes came: starting was slow only once."""
        if self._total is None or self._first is None or self._done >= self._total:
            return None
        since, before = self._first
        if self._done == before:
            return None
        return (self._total - self._done) * (now - since) / (self._done - before)


def size_of(count: int) -> str:
    """A size for people: four digits at most, and its unit."""
    return decimal(count, precision=1)
