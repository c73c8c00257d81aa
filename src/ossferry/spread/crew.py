"""How many children there may be: as many as pay, in waves, as long as the sum of all grows.

A child is worth its start while it saves more than that; a cold start is assumed until one was
measured. Whether children bring anything shows in the coordinator's own streams: if each gets less
by as much as there are more, the source gives no more to many than to few.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

from .model import NETWORK, Network, children_worth

_FIRST_WAVE = 16
# Answers after which a wave is judged.
_ENOUGH = 4
_RECENT = 8  # answers that count
# Of what a wave promises, that much has to come for another one.
_GROWING = 0.5
# ... and that much for its children to get a second slice.
_KEEPING = 0.15
# Seconds without new children after a 429 of FC, or after a wave that brought nothing; doubles.
_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
# From this share of what an instance is documented to bear on, the instance may be the limit.
_AT_ITS_LIMIT = 0.6


@dataclass(frozen=True, slots=True)
class Seen:
    """What all are doing: bytes that nobody has in hands, bytes per second of the coordinator's
    instance and of one more child, children in flight, and for how many there is room.

    ``doubtful``: the source may be what limits, so that nobody else gets more from it either."""

    left: float
    own: float
    child: float
    in_flight: int
    room: int
    doubtful: bool


class Crew:
    """``places`` is how many children there may be now; a new one copies after ``cold_start``."""

    def __init__(self, most: int, now: float, network: Network = NETWORK) -> None:
        self._most = self._width = most
        self.places = 0
        self._network = network
        self.cold_start = network.cold_start
        self._warm_start = network.cold_start
        self._warm = 0  # instances that have answered before
        self._rates: deque[float] = deque(maxlen=_RECENT)  # of children, lately
        self._news = 0  # children that have answered since the last wave
        self.crowded = False  # children brought nothing, or were refused
        self.throttled = False
        self._resume = now
        self._pause = _PAUSE
        self._wave = _FIRST_WAVE
        self._judging = False  # whether the last wave is still to be judged
        self._before = 0.0  # what all did together before it
        self._promised = 0.0  # what it was to add

    @property
    def resumes(self) -> float:
        """When children may be started again, after a pause."""
        return self._resume

    def at_its_limit(self, own: float) -> bool:
        """Whether an instance that copies so fast may bear no more."""
        return own >= _AT_ITS_LIMIT * self._network.instance

    def at_once(self, left: float) -> None:
        """Have some start before anything is measured; at least one."""
        instance = self._network.instance
        worth = children_worth(left, instance, instance, self.cold_start, self._network.account)
        self.places = min(self._width, self._wave, max(1, worth))
        self._judging = True

    def look(self, now: float, seen: Seen) -> None:
        """Have more start if they pay."""
        if self._judging and not self._promised:  # they were started before anything was known
            self._before, self._promised = seen.own, seen.child * self.places
        self._judge(now, seen)
        if now < self._resume or self._judging:
            return
        together, start = seen.own + seen.child * seen.in_flight, self.cold_start
        worth = children_worth(seen.left, together, seen.child, start, self._network.account)
        wave = 1 if seen.doubtful else self._wave
        more = min(worth, wave, self._width - seen.in_flight, seen.room)
        if seen.in_flight + more > self.places:
            self.places = seen.in_flight + more
            self._before = together
            self._promised = seen.child * more
            self._news = 0
            self._judging = True

    def start(self, in_flight: int) -> float:
        """Seconds until one more copies."""
        return self._warm_start if in_flight < self._warm else self.cold_start

    @property
    def may_be_more(self) -> bool:
        return self.places < self._most

    @property
    def is_cold(self) -> bool:
        """Whether no child has answered yet."""
        return not self._warm

    @property
    def rate(self) -> float:
        """Bytes per second of a child, as lately measured; 0.0 if unknown."""
        return median(self._rates) if self._rates else 0.0

    def answered(self, in_flight: int, elapsed: float, seconds: float) -> None:
        """One of so many copied for so many of the ``elapsed`` seconds."""
        start = max(0.0, elapsed - seconds)
        self.cold_start = start if self.is_cold else max(self.cold_start, start)
        self._warm_start = min(self._warm_start, start)
        self._warm = max(self._warm, in_flight)

    def did_all(self, size: int, seconds: float) -> None:
        """One copied so many bytes in so many seconds, with all the streams that it was given."""
        self._rates.append(size / max(seconds, 1e-3))
        self._news += 1
        if self.throttled:
            self._width = min(self._most, self._width + 1)
        self.throttled = False

    def refused_by_fc(self, now: float, in_flight: int) -> bool:
        """FC has no instance; whether that is news, and not one more of a burst."""
        if now < self._resume:
            return False
        self.throttled = True
        self._width = self.places = max(1, in_flight // 2)
        self._put_off(now)
        return True

    def refused_by_source(self, now: float, in_flight: int) -> None:
        """The source serves no more than these at most."""
        self.crowded = True
        self.places = min(self.places, in_flight)
        self._judging = False
        self._put_off(now)

    def _judge(self, now: float, seen: Seen) -> None:
        """Whether the last wave brought what it promised, once enough of it has answered."""
        if not self._judging or self._news < min(_ENOUGH, self.places):
            return
        self._judging = False
        gained = seen.own + self.rate * seen.in_flight - self._before
        self.crowded = gained < self._promised * _GROWING
        if not self.crowded:
            self._wave *= 2
            self._pause = _PAUSE
            return
        if gained < self._promised * _KEEPING:
            self.places = 0
        self._wave = max(1, self._wave // 4)
        self._put_off(now)

    def _put_off(self, now: float) -> None:
        self._resume = max(self._resume, now + self._pause)
        self._pause = min(_LONGEST_PAUSE, self._pause * 2)
