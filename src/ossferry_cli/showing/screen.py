"""Where a command says what it says. ``screen`` chooses: JSON, a terminal, or a pipe."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from ..say import say, visible
from ..watching.look import Ended
from ..watching.progress import Progress
from .line import end_of, line_of

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

_EVERY = 10.0  # seconds between two lines in a pipe


class Screen(Protocol):
    """``started`` first, then ``show`` each look, ``finished`` last."""

    def __enter__(self) -> Screen: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def started(self, task_id: str, what: str, *, attached: bool) -> None: ...

    def warn(self, sentence: str) -> None: ...

    def show(self, progress: Progress) -> None: ...

    def left(self, task_id: str) -> None:
        """Nobody waits for it."""

    def finished(self, task_id: str, what: str, ended: Ended) -> None: ...


def screen(as_json: bool, environ: Mapping[str, str] = os.environ) -> Screen:
    if as_json:
        return JsonLines()
    return Terminal() if is_terminal(environ) else Pipe()


def is_terminal(environ: Mapping[str, str]) -> bool:
    """Whether a line can be redrawn on stderr."""
    return sys.stderr.isatty() and environ.get("TERM", "") not in ("", "dumb")


class _Quiet:
    def __enter__(self) -> Any:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None


class JsonLines(_Quiet):
    """An object a line, on stdout; a line of the kind ``finished`` is the last."""

    def started(self, task_id: str, what: str, *, attached: bool) -> None:
        self._say("started", id=task_id, what=what, attached=attached)

    def warn(self, sentence: str) -> None:
        self._say("warning", warning=sentence)

    def show(self, progress: Progress) -> None:
        self._say("progress", **progress.to_json())

    def left(self, task_id: str) -> None:
        self._say("detached", id=task_id)

    def finished(self, task_id: str, what: str, ended: Ended) -> None:
        self._say("finished", id=task_id, **told(ended))

    def _say(self, event: str, **fields: object) -> None:
        say(json.dumps({"event": event, **fields}, ensure_ascii=False))


def told(ended: Ended) -> dict[str, Any]:
    """An end as programs read it."""
    error = {"error_type": ended.error_type, "error": ended.error} if ended.error else {}
    return {"status": ended.status, "exit_code": ended.exit_code, **error, "reply": ended.reply}


class Pipe(_Quiet):
    """Whole lines without colour: at the start, now and then if something has changed, and at the
    end."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said, self._at = "", -_EVERY
        self._trouble = ""

    def started(self, task_id: str, what: str, *, attached: bool) -> None:
        self._say(f"{'attached to' if attached else 'started'} {task_id}: {what}")

    def warn(self, sentence: str) -> None:
        self._say(f"warning: {sentence}")

    def show(self, progress: Progress) -> None:
        self._tell_trouble(progress.look.trouble)
        line, now = line_of(progress), self._clock()
        if line != self._said and now >= self._at + _EVERY and progress.look.ended is None:
            self._say(line)
            self._said, self._at = line, now

    def _tell_trouble(self, trouble: str) -> None:
        """Once: it is tried again after each, until it helps or is the end."""
        if trouble and trouble != self._trouble:
            self._trouble = trouble
            self.warn(trouble)

    def left(self, task_id: str) -> None:
        say(task_id)

    def finished(self, task_id: str, what: str, ended: Ended) -> None:
        if ended.error:
            self._say(f"ossferry: {ended.error}")
        say(end_of(ended, what))

    def _say(self, line: str) -> None:
        say(line, err=True)


class Terminal(Pipe):
    """One line that is redrawn: a bar where a total is known, and the same words."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Bar | None = None
        self._row: Any = None

    def show(self, progress: Progress) -> None:
        self._tell_trouble(progress.look.trouble)
        bar = self._bar or self._begin()
        known = progress.fraction is not None
        bar.update(
            self._row,
            total=1.0 if known else None,
            completed=progress.fraction or 0.0,
            words=visible(line_of(progress)),
        )

    def _begin(self) -> Bar:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as NewBar

        # A name or a message of a server may look like rich's markup: nothing is taken for that.
        columns = (BarColumn(20), TextColumn("{task.fields[words]}", markup=False))
        self._bar = bar = NewBar(
            *columns, console=Console(stderr=True), transient=True, refresh_per_second=4
        )
        self._row = bar.add_task("", total=None, words="")
        bar.start()
        return bar

    def finished(self, task_id: str, what: str, ended: Ended) -> None:
        self._end()
        super().finished(task_id, what, ended)

    def warn(self, sentence: str) -> None:
        self._end()
        super().warn(sentence)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
