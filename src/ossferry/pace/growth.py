"""How many streams the coordinator's own instance has: more while their sum grows.

Begins with a few. A source that gives each connection little gets many within half a second; one
that gives no more to four times as many gets as many as that took. It is tried again later, as
networks change, at growing intervals.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import NamedTuple

FIRST_STREAMS = 8
_TIMES, _TIMES_AGAIN = 4, 1.5  # as many are tried next, and later, after more brought nothing
# Seconds to measure: while nothing else is known of a source, and later; the most, if all parts are
# too short for one connection's rate to show.
_FIRST_WINDOW, _WINDOW, _LONGEST_WINDOW = 0.05, 0.1, 0.3
# New streams count once most of them move bytes, or have had so many seconds for it.
_MOVING = 0.75
_SETTLED_AFTER = 1.0
# Of what more streams promise, that much has to come for still more.
_GROWING = 0.65
# Of what more streams move, fewer have to move that much to stay fewer.
_AS_MUCH = 0.9
# Streams beyond those that move as much as all did: some are always between two parts.
_SPARE = 1.25
# Seconds until growing is tried again; doubles each time in a row that it brought nothing.
_PAUSE = 2.0
_LONGEST_PAUSE = 60.0


class Seen(NamedTuple):
    """Streams of this instance: how many copy, how many of them have moved bytes of their part,
    bytes that all have moved since the beginning, and for how many there is work.

    ``steady`` are the bytes that streams have moved since the last look, of which ``steadily`` many
    were in the middle of a part: what those move, one connection can. ``alone``: nobody else
    copies, whose bytes might be missing here. ``full``: the instance may bear no more.
    """

    streams: int
    moving: int
    moved: int
    useful: int
    steady: int
    steadily: int
    alone: bool
    full: bool


class _Window:
    """What streams moved since ``began``, and for how long all of them together were at it."""

    def __init__(self, began: float, moved: int) -> None:
        self.began = began
        self.moved = moved
        self.busy = 0.0  # seconds that streams copied, all together
        self.steady = 0  # bytes, and seconds, in the middle of parts
        self.steadily = 0.0

    def add(self, seconds: float, seen: Seen) -> None:
        self.busy += seen.streams * seconds
        self.steady += seen.steady
        self.steadily += seen.steadily * seconds


class Growth:
    """``width`` is how many streams there may be. ``rate`` is what all were last measured to move,
    in bytes per second, 0.0 before, and ``stream`` what one connection did in the middle of a part;
    ``best`` and ``best_stream`` are the most of both. ``stalled``: more brought nothing."""

    def __init__(self, most: int, now: float) -> None:
        self._most = most
        self.width = min(FIRST_STREAMS, most)
        self.rate = 0.0
        self.stream = 0.0
        self.best = 0.0
        self.best_stream = 0.0
        self.stalled = False
        self._changed = now
        self._window: _Window | None = None
        self._looked = now
        self._before: tuple[float, float] | None = None  # streams, and one's rate, with fewer
        self._unshared = 0.0  # bytes per second of one, when there were the fewest
        self._again = now
        self._pause = _PAUSE
        self._wider: tuple[int, float] | None = None  # width and rate before there were fewer
        self._fewer_again = now
        self._fewer_pause = _PAUSE

    @property
    def settling(self) -> bool:
        """Whether there is soon to be something new."""
        return not self.rate or self._before is not None

    @property
    def most_reached(self) -> bool:
        return self.width >= self._most

    @property
    def growing(self) -> bool:
        """Whether there are soon to be many more, as far as is known."""
        return self.settling or not (self.stalled or self.most_reached)

    @property
    def fill(self) -> int:
        """Streams that move what this instance moves."""
        if not self.best_stream:
            return self.width
        return max(1, min(self.width, ceil(self.best / self.best_stream * _SPARE)))

    def look(self, now: float, seen: Seen) -> None:
        seconds, self._looked = now - self._looked, now
        window = self._window
        if self._wider and seen.streams > self.width:
            return
        if window is None:
            settled = seen.moving >= seen.streams * _MOVING
            if seen.streams and (settled or now - self._changed >= _SETTLED_AFTER):
                self._window = _Window(now, seen.moved)
            return
        window.add(seconds, seen)
        if now - window.began < self._long_enough(window):
            return
        self._window = _Window(now, seen.moved)
        streams = window.busy / (now - window.began)
        if streams >= 0.5:  # else hardly anybody copied: that says nothing
            self._measured(window, now, streams, seen.moved)
            self._follow(now, streams, seen)

    def _long_enough(self, window: _Window) -> float:
        if not window.steady:
            return _LONGEST_WINDOW
        return _FIRST_WINDOW if self.settling else _WINDOW

    def _measured(self, window: _Window, now: float, streams: float, moved: int) -> None:
        self.rate = max(0, moved - window.moved) / (now - window.began)
        self.stream = window.steady / window.steadily if window.steady else self.rate / streams
        self.best = max(self.best, self.rate)
        self.best_stream = max(self.best_stream, self.stream)

    def _follow(self, now: float, streams: float, seen: Seen) -> None:
        if self._wider:
            return self._keep_fewer(now, streams, *self._wider)
        before, self._before = self._before, None
        if self.stalled and seen.full and now >= self._fewer_again and streams <= self.width:
            return self._try_fewer(now, streams)
        if not seen.alone:
            if before:  # nobody will know what the last ones bring
                self._set(now, max(1, round(before[0])))
            return
        if before:
            self._judge(now, streams, *before)
        if now >= self._again and self.width * _MOVING <= streams <= self.width:
            self._widen(now, streams, seen.useful)

    def refused(self, now: float) -> None:
        """There are fewer streams than were tried: what they move is measured anew."""
        self._changed = now
        self._window = None

    def _judge(self, now: float, streams: float, before: float, stream: float) -> None:
        """Whether ``streams`` are worth it, where before each of so many moved so much."""
        promised = streams / max(before, 1.0) - 1
        if promised <= 0:
            return  # the new ones were refused
        gained = (promised + 1) * self.stream / stream - 1
        self._unshared = max(self._unshared, stream)
        spare = 1.0 if self.stalled else _SPARE
        self.stalled = gained < promised * _GROWING
        if not self.stalled:
            self._pause = _PAUSE
            return
        self._set(now, max(1, min(self.width, ceil(self.rate / self._unshared * spare))))
        self._unshared = 0.0
        self._again = now + self._pause
        self._pause = min(_LONGEST_PAUSE, self._pause * 2)

    def _widen(self, now: float, streams: float, useful: int) -> None:
        times = _TIMES_AGAIN if self.stalled else _TIMES
        wider = min(ceil(self.width * times), self._most, useful)
        if wider > self.width and self.rate:
            self._before = streams, self.stream
            self._set(now, wider)

    def _try_fewer(self, now: float, streams: float) -> None:
        """Others may have the connections that bring nothing here."""
        if self.width > FIRST_STREAMS:
            self._wider = self.width, streams * self.stream
            self._set(now, max(FIRST_STREAMS, self.width // 2))

    def _keep_fewer(self, now: float, streams: float, width: int, rate: float) -> None:
        self._wider = None
        if streams * self.stream < rate * _AS_MUCH:
            self._set(now, width)
            self._fewer_again = now + self._fewer_pause
            self._fewer_pause = min(_LONGEST_PAUSE, self._fewer_pause * 2)

    def _set(self, now: float, width: int) -> None:
        self.width = width
        self._changed = now
        self._window = None


class Processor:
    """``busy``: this process uses about all of a processor, so more streams bring nothing."""

    _SHARE = 0.85
    _SECONDS = 0.2

    def __init__(self, cpu: Callable[[], float], now: float) -> None:
        self._cpu = cpu
        self._from = now, cpu()
        self.busy = False

    def look(self, now: float) -> None:
        began, used = self._from
        if now - began >= self._SECONDS:
            self.busy = self._cpu() - used >= (now - began) * self._SHARE
            self._from = now, self._cpu()
