"""A child at its slice, as ``copying/board.py`` has it copied: each stream takes the next part; one
that is refused gives its part back and ends; who finds none left copies what somebody is late with.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from ossferry.copying.board import _AT_LEAST, _BUDGET, _GRACE, _LOOK_AGAIN
from ossferry.copying.copy_job import CopiedPart, CopyResult
from ossferry.errors import FerryError, OutOfTime, SourceBusy
from ossferry.pace.late import part_is_late
from ossferry.parts import Part
from tests.simulation.instance import Copying, Instance
from tests.simulation.source import Connection
from tests.simulation.timeline import Moment


def copied(part: Part) -> CopiedPart:
    return CopiedPart(part.number, part.range.size, "etag", part.number, True)


class _Stream:
    __slots__ = ("connection", "copying", "part")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.copying: Copying | None = None
        self.part: Part | None = None


class Board:
    """``done`` is called once, with what came of the slice."""

    def __init__(
        self,
        instance: Instance,
        parts: Sequence[Part],
        streams: int,
        done: Callable[[CopyResult], None],
    ) -> None:
        self._instance = instance
        self._timeline = instance.world.timeline
        self._began = self._timeline.now
        self._answer = done
        self._waiting = deque(parts)
        self._missing = {part.number for part in parts}
        self._done: list[CopiedPart] = []
        self._rates: list[float] = []
        self._budget = max(_AT_LEAST, int(len(parts) * _BUDGET))
        self._hedged = self._stepped_down = 0
        self._why: FerryError | None = None
        self._look: Moment | None = None
        server = instance.world.server
        self._streams = [_Stream(server.connection()) for _ in range(min(streams, len(parts)))]
        self._is_over = False
        self._given = len(self._streams)
        for stream in [*self._streams]:
            self._take(stream)

    def end(self) -> None:
        """At once, and unheard."""
        if self._look:
            self._look.cancel()
        for stream in self._streams:
            if stream.copying:
                stream.copying.end()

    def _take(self, stream: _Stream) -> None:
        if self._waiting and self._stepped_down * 2 > self._given:
            self._streams.remove(stream)
            if not self._streams:
                self._over(self._why)
            return
        part = self._waiting.popleft() if self._waiting else self._late()
        stream.part = part
        if part is None:
            stream.copying = None
            self._look_again()
            return
        stream.copying = Copying(
            self._instance, stream.connection, part.range.size, partial(self._ended, stream, part)
        )

    def _ended(self, stream: _Stream, part: Part, error: FerryError | None) -> None:
        copying = stream.copying
        assert copying is not None
        stream.copying = stream.part = None
        stream.connection = copying.connection
        if error:
            self._failed(stream, part, error)
            return
        if part.number in self._missing:
            self._missing.discard(part.number)
            self._done.append(copied(part))
            self._rates.append(part.range.size / max(self._timeline.now - copying.began, 1e-6))
            for other in self._streams:
                if other.copying and other.part is part:
                    other.copying.call_off()
        if self._missing:
            self._take(stream)
        else:
            self._over(None)

    def _failed(self, stream: _Stream, part: Part, error: FerryError) -> None:
        self._streams.remove(stream)
        if part.number in self._missing and not isinstance(error, OutOfTime):
            self._stepped_down += 1
            self._why = _longer(error, self._why)
            if all(other.part is not part for other in self._streams):
                self._give_back(part)
        if not self._streams:
            self._over(self._why)

    def _give_back(self, part: Part) -> None:
        self._waiting.append(part)
        for stream in [*self._streams]:
            if stream.copying is None:
                self._take(stream)
                return

    def _over(self, error: FerryError | None) -> None:
        if self._is_over:
            return
        self._is_over = True
        self.end()
        self._answer(
            CopyResult(
                tuple(self._done),
                hedged=self._hedged,
                stepped_down=self._stepped_down,
                seconds=self._timeline.now - self._began,
                error=error,
            )
        )

    def _look_again(self) -> None:
        """When a part may be late at the earliest, but not all the time."""
        if self._look or not self._budget:
            return
        now, usual = self._timeline.now, self._usual
        soonest = min(
            (
                each.copying.began + max(_GRACE, each.copying.size / usual if usual else 0.0)
                for each in self._streams
                if each.copying
            ),
            default=now,
        )
        self._look = self._timeline.after(max(_LOOK_AGAIN, soonest - now), self._looked)

    def _looked(self) -> None:
        self._look = None
        for stream in [*self._streams]:
            if stream.copying is None:
                self._take(stream)

    @property
    def _usual(self) -> float:
        return sorted(self._rates)[len(self._rates) // 2] if self._rates else 0.0

    def _late(self) -> Part | None:
        usual = self._usual
        if not usual or not self._budget:
            return None
        for stream in self._streams:
            part, copying = stream.part, stream.copying
            if part is None or copying is None:
                continue
            if sum(other.part is part for other in self._streams) > 1:
                continue
            elapsed = self._timeline.now - copying.began
            if part_is_late(part.range.size, copying.sent, elapsed, usual):
                self._budget -= 1
                self._hedged += 1
                return part
        return None


def _longer(error: FerryError, before: FerryError | None) -> FerryError:
    asked = before.retry_after if isinstance(before, SourceBusy) else None
    if not isinstance(error, SourceBusy) or asked is None or asked <= (error.retry_after or 0.0):
        return error
    return SourceBusy(error.message, asked)
