"""What a person sees: one live line in a terminal, a plain line now and then anywhere else."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live

from .line import ASCII, PLAIN, bar_line, plain_line
from .step import Step

_PLAIN_EVERY = 1.0  # seconds between two plain lines
_LIVE_PER_SECOND = 8


@contextlib.contextmanager
def progress(console: Console, title: str, total: int | None) -> Iterator[Step]:
    """Show how a step goes on; the last that it is told stays on the screen."""
    step = Step(title, total)
    if console.is_terminal:
        line = _Line(step)
        with Live(line, console=console, refresh_per_second=_LIVE_PER_SECOND):
            yield step
            line.ended = True
        return
    plain = _PlainStep(title, total, console)
    yield plain
    plain.print_last()


class _Line:
    """A step's line, drawn anew at every refresh."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self.ended = False

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        strokes = ASCII if options.ascii_only else PLAIN
        yield bar_line(self._step.sight(), options.max_width, self.ended, strokes)


class _PlainStep(Step):
    """Prints a line when it is told something, but not too often."""

    def __init__(self, title: str, total: int | None, console: Console) -> None:
        super().__init__(title, total)
        self._console = console
        self._printed, self._news = 0.0, False

    def tell(self, done: int, detail: str = "", total: int | None = None) -> None:
        super().tell(done, detail, total)
        self._news = True
        if time.monotonic() - self._printed >= _PLAIN_EVERY:
            self._print()

    def print_last(self) -> None:
        """Print what nobody has seen yet."""
        if self._news:
            self._print()

    def _print(self) -> None:
        self._printed, self._news = time.monotonic(), False
        self._console.print(plain_line(self.sight()), markup=False, highlight=False, soft_wrap=True)
