"""Whether a stream falls far behind its peers, so that another connection may do better. Pure.

Compared is what was moved in the same seconds: a connection that was fast until now, or a source
that stalls as a whole, would deceive an average.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

# A connection lags when it is so many times slower than its peers.
_TIMES = 8.0
# Seconds over which that is measured; the first begin with the first byte, or a second of silence.
_WINDOW = 1.0


class Moving(Protocol):
    """A stream, as far as its pace goes."""

    moved: int  # bytes that it has sent in all


class Lagging:
    """Asked now and then while ``stream`` copies a part: whether it has lagged since the last
    answer, which takes a second.

    ``peers`` gives the streams that copy now, ``usual`` the bytes per second of a stream for parts
    that are done, which counts only where no peer moved anything: 0 while there are none.
    """

    def __init__(
        self,
        stream: Moving,
        peers: Callable[[], Iterable[Moving]],
        usual: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self._stream = stream
        self._peers = peers
        self._usual = usual
        self._clock = clock
        self._since: float | None = None
        self._before: dict[Moving, int] = {}

    def __call__(self) -> bool:
        now = self._clock()
        if self._since is not None and now - self._since < _WINDOW:
            return False
        since, before = self._since, self._before
        self._since = now
        self._before = {each: each.moved for each in (self._stream, *self._peers())}
        if since is None:
            return False
        moved = {each: self._before[each] - before[each] for each in before.keys() & self._before}
        own = moved.pop(self._stream)
        theirs = middle([*moved.values()]) or self._usual() * (now - since)
        return own < theirs / _TIMES


def middle(values: Sequence[float]) -> float:
    """The median, without the module for it; 0 of nothing."""
    return sorted(values)[len(values) // 2] if values else 0.0


def once(asked: Callable[[], bool]) -> Callable[[], bool]:
    """The same answers up to the first that is yes; no afterwards."""
    answered = False

    def ask() -> bool:
        nonlocal answered
        if answered or not asked():
            return False
        answered = True
        return True

    return ask
