"""Copiers of slices that do as a test says, and a clock that it turns."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from ossferry.copying.copy_job import CopiedPart, CopyResult
from ossferry.errors import ChildThrottled, FerryError
from ossferry.parts import Slice
from ossferry.spread.fanout import Report
from ossferry.spread.part_sizes import split

Answer = Callable[[Slice], CopyResult]

SIZE = 1000


def slices(*counts: int) -> list[Slice]:
    """Slices of so many parts each, numbered through."""
    starts = [sum(counts[:n]) for n in range(len(counts))]
    parts = split(sum(counts) * SIZE, SIZE)
    return [parts[start : start + count] for start, count in zip(starts, counts, strict=True)]


def done(part_slice: Slice, error: FerryError | None = None, retried: int = 0) -> CopyResult:
    parts = (CopiedPart(part.number, SIZE, "e", part.number, True) for part in part_slice)
    return CopyResult(tuple(parts), retried=retried, error=error)


def numbers(part_slice: Slice) -> list[int]:
    return [part.number for part in part_slice]


def untold(part: CopiedPart) -> None:
    """Where children report to: nobody hears of a part before its slice is through."""


class Copier:
    """Copies at once, in the thread that asks, and remembers what it was asked."""

    def __init__(self, *answers: Answer | FerryError, rest: Answer | FerryError = done) -> None:
        self.asked: list[list[int]] = []
        self.copied: set[int] = set()
        self.after: Callable[[], None] = lambda: None
        self._answers = list(answers)
        self._rest = rest

    def __call__(self, part_slice: Slice, report: Report = untold) -> Future[CopyResult]:
        self.asked.append(numbers(part_slice))
        answer = self._answers.pop(0) if self._answers else self._rest
        future: Future[CopyResult] = Future()
        try:
            if isinstance(answer, FerryError):
                raise answer
            future.set_result(answer(part_slice))
            self.copied |= {part.number for part in future.result().parts}
        except Exception as error:
            future.set_exception(error)
        self.after()
        return future


class Busy:
    """A coordinator that takes as long for its first slice as children do for all the others."""

    def __init__(self, child: Copier, total: int) -> None:
        self._child = child
        self._total = total

    def __call__(self, part_slice: Slice, report: Report = untold) -> Future[CopyResult]:
        future: Future[CopyResult] = Future()

        def look() -> None:
            if len(self._child.copied) + len(part_slice) == self._total:
                future.set_result(done(part_slice))

        self._child.after = look
        return future


class Held:
    """Children in flight until the test answers for them; the last ones of a run at once."""

    def __init__(self) -> None:
        self.futures: list[tuple[Slice, Future[CopyResult]]] = []
        self._at_once = 1 << 62

    def __call__(self, part_slice: Slice, report: Report = untold) -> Future[CopyResult]:
        future: Future[CopyResult] = Future()
        self.futures.append((part_slice, future))
        if part_slice[0].number > self._at_once:
            self.finish()
        return future

    def finish_from(self, number: int) -> None:
        self._at_once = number

    def finish(self) -> None:
        while self.futures:
            part_slice, future = self.futures.pop()
            future.set_result(done(part_slice))

    def refuse(self) -> None:
        while self.futures:
            self.futures.pop()[1].set_exception(ChildThrottled("429"))


class Clock:
    """Stands still but for what the test adds, or goes on by a step with every look at it."""

    def __init__(self, step: float = 0.0) -> None:
        self.now = 1000.0
        self._step = step

    def __call__(self) -> float:
        self.now += self._step
        return self.now


def nobody(part_slice: Slice, report: Report = untold) -> Future[CopyResult]:
    """Somebody who never gets anything done."""
    return Future()
