"""Those who copy, on a clock of their own: they take as long, and do, what a test says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from ossferry.byte_range import MIB
from ossferry.copying.copy_job import CopiedPart, CopyResult
from ossferry.errors import (
    ChildFailed,
    FerryError,
    Stopped,
)
from ossferry.pace.grid import Grid, Work
from ossferry.pace.limits import Limits
from ossferry.pace.run import Run
from ossferry.parts import Part
from ossferry.spread.fanout import FanOut
from ossferry.spread.journal import Journal
from ossferry.spread.tally import Tally
from ossferry.stop import Stop

RATE = 1_000_000.0  # bytes per second of a stream
_SOON = 0.001
_MOST_LOOKS = 20_000  # a loop that waits for nothing would never end


class Answer(NamedTuple):
    """What comes of a run, and when."""

    seconds: float
    result: CopyResult


# None: nothing ever comes of it.
Script = Callable[[Run], Answer | None]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Asked:
    """What the fan-out asked for, and when."""

    at: float
    run: Run

    @property
    def numbers(self) -> list[int]:
        return [part.number for part in self.run.slice]


def copied(part: Part) -> CopiedPart:
    return CopiedPart(part.number, part.range.size, "e", part.number, True)


def done(run: Run) -> Answer:
    """As fast as its streams are."""
    return slow(run, 1)


def slow(run: Run, times: float) -> Answer:
    seconds = times * run.size / RATE / min(run.streams, len(run.slice))
    return Answer(seconds, CopyResult(tuple(map(copied, run.slice)), seconds=seconds))


def failing(error: FerryError, *, parts: int = 0, seconds: float = 0.1) -> Script:
    """An error, after so many parts."""

    def script(run: Run) -> Answer:
        return Answer(seconds, CopyResult(tuple(map(copied, run.slice[:parts])), error=error))

    return script


def never(run: Run) -> None:
    return None


def in_turn(*scripts: Script, rest: Script = done) -> Script:
    """One script per run, then ``rest``."""
    left = list(scripts)
    return lambda run: (left.pop(0) if left else rest)(run)


class Copiers:
    """``hear`` turns the clock. What a run has sent grows evenly until its answer."""

    def __init__(self, own: Script = done, child: Script = done) -> None:
        self.clock = Clock()
        self.asked: list[Asked] = []
        self.called_off: list[Run] = []
        self.copies = Counter[int]()  # in hand, by the number of the part
        self.most_copies = 0
        self.most_at_once = 0
        self.then: Callable[[], None] = lambda: None  # at each look
        self._scripts = {False: own, True: child}
        self._coming: dict[Run, tuple[float, float, CopyResult]] = {}
        self._looks = 0

    @property
    def own_asked(self) -> list[Asked]:
        return [asked for asked in self.asked if not asked.run.by_child]

    @property
    def children_asked(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.run.by_child]

    @property
    def in_hand(self) -> list[Run]:
        return [*self._coming]

    def own(self, run: Run) -> None:
        assert not run.by_child
        assert len(run.slice) == run.streams == 1
        self._begin(run)

    def child(self, run: Run) -> None:
        assert run.by_child
        assert run.slice
        assert run.streams >= 1
        self._begin(run)

    def sent(self, run: Run) -> int:
        assert not run.by_child
        began, ends, _ = self._coming[run]
        return int(min(1.0, (self.clock.now - began) / (ends - began)) * run.size)

    def call_off(self, run: Run) -> None:
        assert not run.by_child
        began, _, _ = self._coming[run]
        self.called_off.append(run)
        error = Stopped("called off")
        self._coming[run] = began, self.clock.now + _SOON, CopyResult((), error=error)

    def hear(self, timeout: float) -> tuple[Run, CopyResult] | None:
        self._looks += 1
        assert self._looks < _MOST_LOOKS, "it looks again and again"
        assert 0 <= timeout < 3600
        self.then()
        run = min(self._coming, key=lambda run: self._coming[run][1], default=None)
        until = self.clock.now + timeout
        if run is None or self._coming[run][1] > until:
            self.clock.now = until
            return None
        _, ends, result = self._coming.pop(run)
        self.clock.now = max(self.clock.now, ends)
        self.copies.subtract(part.number for part in run.slice)
        return run, result

    def _begin(self, run: Run) -> None:
        assert run.began == self.clock.now
        self.asked.append(Asked(self.clock.now, run))
        self.copies.update(part.number for part in run.slice)
        self.most_copies = max(self.most_copies, *self.copies.values())
        self.most_at_once = max(self.most_at_once, sum(n > 1 for n in self.copies.values()))
        answer = self._scripts[run.by_child](run)
        seconds, result = answer or Answer(float("inf"), CopyResult(()))
        self._coming[run] = self.clock.now, self.clock.now + seconds, result


LOST = ChildFailed("lost")
DEADLINE = 100_000.0


def alone(streams: int = 1) -> Limits:
    return Limits(children=0, streams=streams)


def one_child(streams: int = 1) -> Limits:
    """It is started at once, before anything is measured."""
    return Limits(children=1, streams=streams, at_once=True)


def cells(count: int, size: int = MIB) -> Work:
    """Work in so many parts of that size."""
    return Work(Grid(count * size, size, even=True))


def fan_out(
    work: Work,
    copiers: Copiers,
    limits: Limits,
    *,
    last_call: float | None = None,
    deadline: float = DEADLINE,
    stop: Stop | None = None,
    tally: Tally | None = None,
    journal: Journal | None = None,
    progressed: Callable[[Mapping[int, CopiedPart]], None] = lambda done: None,
) -> FanOut:
    return FanOut(
        work,
        copiers,
        limits,
        last_call=deadline if last_call is None else last_call,
        deadline=deadline,
        stop=stop,
        tally=tally,
        journal=journal,
        progressed=progressed,
        clock=copiers.clock,
        cpu=lambda: 0.0,
    )


def assert_all_of(parts: list[CopiedPart], grid: Grid) -> None:
    """Each byte is in exactly one part, and they are in order."""
    assert [part.number for part in parts] == sorted({part.number for part in parts})
    starts = [(part.number - 1) * grid.cell for part in parts]
    assert starts[0] == 0
    assert all(start + part.size == after for (start, after), part in zip(pairwise(starts), parts))  # noqa: B905, one pair less
    assert starts[-1] + parts[-1].size == grid.size


def stopping(copiers: Copiers, when: Callable[[], bool]) -> Stop:
    """A stop that is set at the first look at which something is so."""
    stop = Stop()
    copiers.then = lambda: stop.set() if when() else None
    return stop
