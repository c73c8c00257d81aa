"""A transfer in virtual time, at its simplest: who copies begins and ends as ``Pace`` says.

No cap, no refusal, no failure: tests add those by what they let a pace hear.
"""

from __future__ import annotations

from collections.abc import Callable

from ossferry.copying.copy_job import CopiedPart, CopyResult
from ossferry.errors import FerryError
from ossferry.pace.grid import Work, grid_of
from ossferry.pace.limits import Limits
from ossferry.pace.pace import Pace
from ossferry.pace.run import Run
from ossferry.parts import Part

TICK = 0.01


def copied(part: Part) -> CopiedPart:
    return CopiedPart(part.number, part.range.size, "e", 0, True)


class Transfer:
    """Each stream can have ``each`` bytes per second, all together ``total``; a child copies from
    ``cold_start`` seconds on. ``began`` are all that ever began, ``peak`` the most connections that
    were known of when one did."""

    def __init__(
        self,
        size: int,
        each: float,
        limits: Limits,
        *,
        total: float = 1e12,
        cold_start: float = 1.0,
        cpu: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.work = Work(grid_of(size))
        self.each = each
        self.total = total
        self.cold_start = cold_start
        self.now = 0.0
        self.pace = Pace(limits, self.work, 0.0, cpu)
        self.runs: list[Run] = []
        self.began: list[Run] = []
        self.peak = 0
        self._moved: dict[Run, float] = {}

    @property
    def own(self) -> list[Run]:
        return [run for run in self.runs if not run.by_child]

    @property
    def children(self) -> list[Run]:
        return [run for run in self.runs if run.by_child]

    @property
    def connections(self) -> int:
        return sum(run.streams for run in self.runs)

    def sent(self, run: Run) -> int:
        return min(int(self._moved[run]), run.size)

    def go(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK)):
            self.step()

    def step(self) -> None:
        self.now += TICK
        copying = [run for run in self.runs if self._copied_for(run) > 0]
        streams = sum(run.streams for run in copying)
        one = min(self.each, self.total / streams) if streams else 0.0
        for run in copying:
            self._moved[run] += one * run.streams * TICK
            if self._moved[run] >= run.size:
                seconds = self._copied_for(run) if run.by_child else 0.0
                self.hear(run, CopyResult(tuple(map(copied, run.slice)), seconds=seconds))
        self.pace.look(self.now, self.runs, self.sent)
        self.begin()

    def hear(self, run: Run, result: CopyResult) -> None:
        """Let one end, by itself or because a test says so."""
        self.runs.remove(run)
        done = {part.number for part in result.parts}
        self.work.give_back(part for part in run.slice if part.number not in done)
        self.pace.heard(self.now, run, result, self.runs)

    def refuse(self, run: Run, error: FerryError, *, stepped_down: int = 0) -> None:
        self.hear(run, CopyResult((), stepped_down=stepped_down, error=error))

    def begin(self) -> None:
        """Give everybody who may begin something to do, children first."""
        if self.now < self.pace.resume:
            return
        while len(self.children) < self.pace.places:
            part_slice, streams = self.pace.slice(self.runs)
            if not part_slice:
                break
            self._add(Run(part_slice, True, streams, self.now))
        while len(self.own) < self.pace.own_streams(self.runs):
            part = self.work.take(self.pace.part_size(self.runs), back=True)
            if part is None:
                break
            self._add(Run((part,), False, 1, self.now))

    def _add(self, run: Run) -> None:
        self.runs.append(run)
        self.began.append(run)
        self._moved[run] = 0.0
        self.peak = max(self.peak, self.pace.connections(self.runs))

    def _copied_for(self, run: Run) -> float:
        return self.now - run.began - (self.cold_start if run.by_child else 0.0)
