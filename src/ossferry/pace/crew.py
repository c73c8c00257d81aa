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

FIRST_WAVE = 16
SURE = 4  # times as many, if more are sure to bring more
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
    """What all are doing: bytes that no child has in hands, bytes per second of the coordinator's
    instance and of one more child, and for how many there is room.

    ``doubtful``: the source may be what limits, so that nobody else gets more from it either.
    ``sure``: with each connection more came so far. ``draining``: more children copy than there
    are places for.
    """

    left: float
    own: float
    child: float
    room: int
    doubtful: bool
    sure: bool
    draining: bool


class Crew:
    """``places`` is how many children there may be now; a new one copies after ``cold_start``."""

    def __init__(self, most: int, now: float, network: Network = NETWORK) -> None:
        self._most = most
        self.places = 0
        self._network = network
        self.cold_start = network.cold_start
        self._warm_start = network.cold_start
        self._warm = 0  # instances that have answered before
        self._rates: deque[float] = deque(maxlen=_RECENT)  # of children, lately
        self._news = 0  # children that have answered since the last wave
        self.crowded = False  # children brought nothing, or were refused
        self.throttled = False  # FC had no instance
        self._widened = now  # when places were last added
        self._resume = now
        self._pause = _PAUSE
        self._wave = FIRST_WAVE
        self._judging = False  # whether the last wave is still to be judged
        self._begun = 0  # children of it
        self._before = 0.0  # what all did together before it
        self._beside = 0.0  # the least that this instance did meanwhile
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
        self.places = self._begun = min(self._most, self._wave, max(1, worth))
        self._judging = True

    def look(self, now: float, seen: Seen) -> None:
        """Have more start if they pay."""
        if self._judging and not self._promised:  # they were started before anything was known
            self._before = self._beside = seen.own
            self._promised = seen.child * self.places
        self._beside = min(self._beside, seen.own)
        self._judge(now)
        if now < self._resume or seen.draining:
            return
        together = seen.own + seen.child * self.places
        start = self.cold_start
        worth = children_worth(seen.left, together, seen.child, start, self._network.account)
        more = min(worth, self._most - self.places, seen.room, self._may_start(seen))
        if more <= 0:
            return
        if not self._judging:
            self._judging, self._begun, self._news = True, 0, 0
            self._before, self._beside, self._promised = together, seen.own, 0.0
        self.places += more
        self._widened = now
        self._begun += more
        self._promised += seen.child * more

    def _may_start(self, seen: Seen) -> int:
        """How many of a wave are still to start; it is filled as room for it is found."""
        wave = 1 if seen.doubtful else self._wave * (SURE if seen.sure else 1)
        return wave - self._begun if self._judging else wave

    def start(self, in_flight: int) -> float:
        """Seconds until one more copies."""
        return self._warm_start if in_flight < self._warm else self.cold_start

    def start_of(self, began: float) -> float:
        """Seconds until one copied that was started then: warm, if all instances were by then."""
        return self._warm_start if began > self._widened + self.cold_start else self.cold_start

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

    def did_all(self, rate: float | None) -> None:
        """One did what it was asked with all its streams, at so many bytes per second; None if it
        had been given few."""
        if rate is not None:
            self._rates.append(rate)
        self._news += 1

    def refused_by_fc(self, now: float, in_flight: int) -> None:
        """FC has no instance for more than these; that may change soon."""
        self.places = in_flight
        self._judging = False
        if now >= self._resume:  # and this is not one more of a burst
            self.throttled = True
            self._wave = max(1, in_flight // 2)
            self._put_off(now)

    def refused_by_source(self) -> None:
        """The source serves fewer connections than they have: no measure of what they bring."""
        self.crowded = True
        self._judging = False

    def _judge(self, now: float) -> None:
        """Whether the last wave brought what it promised, once enough of it has answered."""
        if not self._judging or not self._rates or self._news < min(_ENOUGH, self.places):
            return
        self._judging = False
        gained = self._beside + self.rate * self.places - self._before
        self.crowded = gained < self._promised * _GROWING
        if not self.crowded:
            self._wave *= 2
            self._pause = _PAUSE
            return
        if gained < self._promised * _KEEPING:
            self.places = max(0, self.places - self._begun)
        self._wave = max(1, self._wave // 4)
        self._put_off(now)

    def _put_off(self, now: float) -> None:
        self._resume = max(self._resume, now + self._pause)
        self._pause = min(_LONGEST_PAUSE, self._pause * 2)
