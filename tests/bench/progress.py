"""What a bench does just now: a line that changes in a terminal, a line for each step in a pipe."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console


@contextlib.contextmanager
def told(console: Console) -> Iterator[Callable[[str], None]]:
    """Yield what is to be called with each step, in words."""
    if console.is_terminal:
        with console.status("starting") as status:
            yield status.update
        return
    began = time.monotonic()

    def tell(step: str) -> None:
        line = f"{time.monotonic() - began:6.1f} s  {step}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    yield tell
