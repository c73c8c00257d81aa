"""The source as it counts its requests."""

from __future__ import annotations

from math import ceil, inf
from random import Random

from ossferry.errors import SourceBusy
from ossferry.pace.growth import FIRST_STREAMS
from tests.simulation.situation import Source
from tests.simulation.timeline import Timeline

# Refusals, or requests too many, that are less than that apart count as one time of too many.
_APART = 0.25
# Doublings in which a new connection comes to its full rate.
STEPS = 3


def bears(source: Source) -> float:
    """Connections that are right for a source.

    One that refuses none, and gives no more to many, is found out by having more, twice as many or,
    where each gets little, four times the first ones. So that is right, too.
    """
    if source.cap is not None:
        return source.cap
    if source.total is None:
        return inf
    return max(4 * FIRST_STREAMS, 2 * ceil(source.total / (source.rate or source.total)))


class Server:
    """``open`` are the requests that are served now, ``peak`` the most that were asked at once,
    ``above`` the most seconds in a row that more were asked than the source bears."""

    def __init__(self, source: Source, timeline: Timeline, random: Random) -> None:
        self.source = source
        self._timeline = timeline
        self._random = random
        self.open = 0
        self.peak = 0
        self.refusals = 0
        self._above = 0.0
        self._refusing = 0
        self._since = 0.0  # when the last time of too many began
        self._until = -1.0  # and when it ended
        self._bears = bears(source)

    def enter(self) -> SourceBusy | None:
        """Ask for one more reply; whoever gets none hears so after ``refusal`` seconds."""
        busy = self._timeline.now < self.source.busy
        refused = busy or (self.source.cap is not None and self.open >= self.source.cap)
        if refused:
            self._refuse()
        else:
            self.open += 1
            if self.open == self._bears + 1:
                self._too_many()
        self.peak = max(self.peak, self.open + self._refusing)
        return SourceBusy(f"answered {self.source.over}", self._wait) if refused else None

    def leave(self) -> None:
        if self.open > self._bears:
            self._above = self.above
            self._until = self._timeline.now
        self.open -= 1

    @property
    def above(self) -> float:
        if self.open <= self._bears:
            return self._above
        return max(self._above, self._timeline.now - self._since)

    def connection(self) -> Connection:
        slow = self._random.random() < self.source.stragglers
        return Connection(self.source, self._random, self.source.slow if slow else 1.0)

    @property
    def _wait(self) -> float | None:
        return self.source.retry_after if self.source.over == "429" else None

    def _too_many(self) -> None:
        if self._timeline.now - self._until > _APART:
            self._since = self._timeline.now

    def _refuse(self) -> None:
        self.refusals += 1
        self._refusing += 1
        self._too_many()
        self._until = self._timeline.now + self.source.refusal
        self._above = max(self._above, self._until - self._since)
        self._timeline.after(self.source.refusal, self._told)

    def _told(self) -> None:
        self._refusing -= 1


class Connection:
    """One to the source, kept for one request after the other."""

    __slots__ = ("_factor", "_opened", "_random", "_source")

    def __init__(self, source: Source, random: Random, factor: float) -> None:
        self._source = source
        self._random = random
        self._factor = factor
        self._opened: float | None = None  # when the first byte came

    def most(self, now: float, bandwidth: float) -> tuple[float, float | None]:
        """What it can have now, and after how many seconds that changes."""
        if self._opened is None:
            self._opened = now
        full = min(self._source.rate or bandwidth, bandwidth) * self._factor
        if not self._source.ramp:
            return full, None
        step = self._source.ramp / STEPS
        done = int((now - self._opened) / step + 1e-9)
        if done >= STEPS:
            return full, None
        return full / 2 ** (STEPS - done), self._opened + (done + 1) * step - now

    def answer(self) -> float:
        """Seconds from a request to its first byte."""
        connecting = self._source.connect if self._opened is None else 0.0
        return connecting + self._source.first_byte * (
            1 + self._random.random() * self._source.jitter
        )

    @property
    def lags(self) -> bool:
        return self._factor < 1.0
