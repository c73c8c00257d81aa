"""What looks add up to: never backwards, never over 100 %, and a rate of the last seconds. Pure.

Parts may be copied twice and cut anew, so what is there may become less from look to look; what is
told does not.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from .look import Look

_WINDOW = 10.0  # seconds that a rate is taken over, if there are two looks in them
# The first looks are for what is done at once; then as often as the function records anything.
_FIRST = (0.3, 0.5, 0.7, 1.0)
_PAUSES = ((60.0, 2.0), (600.0, 5.0))
_LAST = 15.0


class Progress(NamedTuple):
    """``fraction`` is of bytes or of items, whichever the total is known of; ``rate`` is in bytes,
    ``item_rate`` in items per second; None is not known."""

    look: Look
    done: int = 0
    items: int = 0
    fraction: float | None = None
    rate: float | None = None
    item_rate: float | None = None
    seconds_left: float | None = None
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        look = self.look
        told: dict[str, Any] = {
            "state": look.state,
            "bytes": self.done,
            "total_bytes": look.total,
            "bytes_per_second": None if self.rate is None else round(self.rate),
            "seconds_left": None if self.seconds_left is None else round(self.seconds_left, 1),
            "fraction": None if self.fraction is None else round(self.fraction, 4),
        }
        if look.trouble:
            told |= {"retried": look.retried, "trouble": look.trouble}
        if look.phase:
            return {**told, "phase": look.phase}
        if look.items is None:
            return {**told, "parts": look.parts, "children": look.children}
        return {
            **told,
            "items": self.items,
            "of": look.of,
            "failed": look.failed,
            "waiting": look.waiting,
            "due": look.due or None,
        }


class Sight(NamedTuple):
    at: float
    done: int
    items: int


class Model:
    """Is shown each look, and says what is to be told of it."""

    def __init__(self) -> None:
        self._sights: deque[Sight] = deque()
        self._done = self._items = 0
        self._fraction = 0.0
        self._began: float | None = None

    def seen(self, look: Look, now: float) -> Progress:
        """``now`` is on a clock that only goes forward."""
        self._began = now if self._began is None else self._began
        total = look.total
        self._done = max(self._done, look.done)
        done = self._done if total is None else min(self._done, total)
        self._items = max(self._items, look.items or 0)
        items = self._items if look.of is None else min(self._items, look.of)
        self._remember(Sight(now, done, items))
        rate, item_rate = self._rates()
        fraction = _fraction(done, total, items, look)
        if fraction is not None:
            self._fraction = fraction = max(self._fraction, fraction)
        return Progress(
            look,
            done,
            items,
            fraction,
            rate,
            item_rate,
            None if look.waiting else _left(done, total, items, look, rate, item_rate),
            now - self._began,
        )

    def _remember(self, sight: Sight) -> None:
        self._sights.append(sight)
        while len(self._sights) > 2 and self._sights[1].at <= sight.at - _WINDOW:
            self._sights.popleft()

    def _rates(self) -> tuple[float | None, float | None]:
        """From the first look on: what was there before says nothing of how fast it came."""
        first, last = self._sights[0], self._sights[-1]
        seconds = last.at - first.at
        if seconds <= 0:
            return None, None
        return (
            max(0, last.done - first.done) / seconds,
            max(0, last.items - first.items) / seconds,
        )


def _fraction(done: int, total: int | None, items: int, look: Look) -> float | None:
    if look.share is not None:
        return min(1.0, max(0.0, look.share))
    if look.items is None:
        return done / total if total else None
    return items / look.of if look.of else None


def _left(
    done: int,
    total: int | None,
    items: int,
    look: Look,
    rate: float | None,
    item_rate: float | None,
) -> float | None:
    if look.items is None:
        return (total - done) / rate if total is not None and rate else None
    return (look.of - items) / item_rate if look.of is not None and item_rate else None


def pause(looks: int, seconds: float) -> float:
    """How long to wait after so many looks, and so many seconds of looking."""
    if looks <= len(_FIRST):
        return _FIRST[looks - 1]
    return next((each for until, each in _PAUSES if seconds < until), _LAST)
