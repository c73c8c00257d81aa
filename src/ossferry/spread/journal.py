"""What became of each slice that was handed out, and when, for the report of a transfer. Pure.

The fan-out tells it what it does, and so does who copies without one; nothing is decided by it. Of
a transfer that is begun anew the parts of before count no more. Bounded, whatever goes on: what is
beyond that is only counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ..copying.copy_job import CopiedPart, CopyResult
from ..errors import ChildThrottled, FerryError, Stopped
from ..pace.run import Run
from ..parts import MAX_PARTS
from .plan import Plan

Outcome = Literal["done", "failed", "throttled", "called_off", "late"]
# Number, stream, began, ended, bytes, attempts.
PartRow = tuple[int, int, float, float, int, int]

# Twice as many as there can be parts: most runs that copy nothing were late, or throttled.
MOST = 2 * MAX_PARTS


@dataclass(slots=True)
class Entry:
    """One run, on the fan-out's clock. ``began`` is when whoever copied did, as far as that is
    known: a child starts first. ``parts`` are those that count."""

    by_child: bool
    number: int
    asked: float
    streams: int
    answered: float | None = None
    began: float | None = None
    outcome: Outcome = "late"
    error: FerryError | None = None
    delayed: float = 0.0
    parts: tuple[PartRow, ...] = ()

    def to_json(self, zero: float) -> dict[str, object]:
        """With all moments relative to ``zero``."""
        error = self.error
        return {
            "by": "child" if self.by_child else "own",
            "number": self.number,
            "asked": _after(zero, self.asked),
            "answered": None if self.answered is None else _after(zero, self.answered),
            "began": None if self.began is None else _after(zero, self.began),
            "streams": self.streams,
            "outcome": self.outcome,
            "error": {"type": error.type, "message": error.message} if error else None,
            "delayed": round(self.delayed, 4),
            "parts": [
                [number, stream, _after(zero, began), _after(zero, ended), size, attempts]
                for number, stream, began, ended, size, attempts in self.parts
            ],
        }


class Journal:
    """``most`` is how many runs are kept; ``left_out`` counts the others.

    ``child_seconds`` are those of children, also of such as nobody heard of again;
    ``source_requests`` and ``oss_requests`` count what was asked of them for parts. ``earlier`` is
    how many parts another invocation had copied, and their bytes. ``plan`` is that for the rest.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._open: dict[Run, Entry] = {}
        self.entries: list[Entry] = []
        self.left_out = 0
        self.child_seconds = 0.0
        self.source_requests = self.oss_requests = 0
        self.earlier = 0, 0
        self.plan: Plan | None = None

    def begin(self, plan: Plan, earlier: Iterable[CopiedPart] = ()) -> None:
        """A transfer begins, or the same one anew; with parts that are there already."""
        self.plan = plan
        self._forget_parts()
        sizes = [part.size for part in earlier]
        self.earlier = len(sizes), sum(sizes)

    def asked(self, run: Run) -> None:
        if len(self.entries) >= self._most:
            self.left_out += 1
            return
        number = 1 + sum(entry.by_child is run.by_child for entry in self.entries)
        entry = Entry(run.by_child, number, run.began, run.streams)
        self.entries.append(entry)
        self._open[run] = entry

    def answered(
        self, run: Run, now: float, result: CopyResult, news: Mapping[int, CopiedPart]
    ) -> None:
        """What came of a run; ``news`` are those of its parts that nobody else had done before."""
        sent = len(result.parts) + result.retried
        self._count(sent, sent)
        began = min(now, max(run.began, now - result.seconds))  # and cold start before
        if run.by_child and not isinstance(result.error, ChildThrottled):
            self.child_seconds += result.seconds or now - run.began
        entry = self._open.pop(run, None)
        if entry is None:
            return
        entry.answered, entry.delayed, entry.error = now, result.delayed, result.error
        entry.began = began if result.parts or not result.error else None
        entry.outcome = _outcome(result, news)
        entry.parts = tuple(_timed(result, news, began, now))

    def ended(self, now: float, *, done: bool) -> None:
        """Nobody is heard any more: who was at it is late if all is ``done``, else called off."""
        for run, entry in self._open.items():
            entry.outcome = "late" if done else "called_off"
            if run.by_child:
                self.child_seconds += now - run.began
        self._open.clear()

    def alone(
        self,
        began: float,
        now: float,
        streams: int,
        parts: tuple[PartRow, ...],
        source_requests: int,
        error: FerryError | None,
    ) -> None:
        """The coordinator copied all of it without a fan-out, or failed to."""
        self._forget_parts()
        self._count(source_requests, sum(part[5] for part in parts))
        if len(self.entries) >= self._most:
            self.left_out += 1
            return
        number = 1 + sum(not entry.by_child for entry in self.entries)
        entry = Entry(False, number, began, streams, now, began, "done", error, parts=parts)
        if error:
            entry.outcome = "called_off" if isinstance(error, Stopped) else "failed"
        self.entries.append(entry)

    def _forget_parts(self) -> None:
        for entry in self.entries:
            entry.parts = ()

    def _count(self, source_requests: int, oss_requests: int) -> None:
        self.source_requests += source_requests
        self.oss_requests += oss_requests

    @property
    def bytes(self) -> int:
        """Those of all parts that count."""
        return sum(part[4] for entry in self.entries for part in entry.parts)

    def to_json(self, zero: float) -> list[dict[str, object]]:
        return [entry.to_json(zero) for entry in self.entries]


def _outcome(result: CopyResult, news: Mapping[int, CopiedPart]) -> Outcome:
    match result.error:
        case None:
            return "done" if news else "late"
        case ChildThrottled():
            return "throttled"
        case Stopped():
            return "called_off"
    return "failed"


def _timed(
    result: CopyResult, news: Mapping[int, CopiedPart], began: float, ended: float
) -> Iterable[PartRow]:
    """The parts that count. Of whoever does not tell its times, they took all of its time."""
    times = {each.number: each for each in result.times}
    for number, part in news.items():
        timed = times.get(number)
        if timed is None:
            yield number, 1, began, ended, part.size, 1
            continue
        start = min(ended, began + max(0.0, timed.began))
        end = min(ended, start + max(0.0, timed.seconds))
        yield number, timed.stream, start, end, part.size, timed.attempts


def _after(zero: float, moment: float) -> float:
    return round(max(0.0, moment - zero), 4)
