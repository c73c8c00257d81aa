"""What a person sees: one live line in a terminal, a plain line now and then anywhere else."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

Show = Callable[[int, str], None]

_PLAIN_EVERY = 1.0  # seconds between two plain lines
_DETAIL_WIDTH = 28


@contextlib.contextmanager
def progress(console: Console, title: str, total: int | None) -> Iterator[Show]:
    """Show how something goes on; the body tells the bytes so far and a few words.

    The last thing told is what stays on the screen.
    """
    if console.is_terminal:
        with _live(console, title, total) as show:
            yield show
        return
    began, told, last = time.monotonic(), 0.0, ""

    def show_plainly(done: int, detail: str) -> None:
        nonlocal told, last
        last = _line(title, began, done, detail)
        if time.monotonic() - told >= _PLAIN_EVERY:
            told = time.monotonic()
            console.print(last, markup=False, highlight=False)
            last = ""

    yield show_plainly
    if last:
        console.print(last, markup=False, highlight=False)


@contextlib.contextmanager
def _live(console: Console, title: str, total: int | None) -> Iterator[Show]:
    columns: tuple[ProgressColumn, ...] = (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
    )
    began = time.monotonic()
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task(title, total=total, told="")

        def show(done: int, detail: str) -> None:
            bars.update(bar, completed=done, told=_told(began, done, detail))

        yield show
        if total is None:
            bars.update(bar, total=max(1, bars.tasks[0].completed))


def _line(title: str, began: float, done: int, detail: str) -> str:
    seconds = time.monotonic() - began
    return f"{title:<10} {seconds:5.1f} s  {_told(began, done, detail)}".rstrip()


def _told(began: float, done: int, detail: str) -> str:
    rate = _size(int(done / max(time.monotonic() - began, 0.001)))
    return f"{_size(done):>9}  {rate + '/s':>11}  {detail:<{_DETAIL_WIDTH}}"


def _size(count: int) -> str:
    return decimal(count, precision=2)


def table_of(title: str, document: Mapping[str, Any]) -> Table:
    """Return a table of every field of a JSON object, nested ones with dots in their names."""
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in document.items():
        table.add_section()
        for row in _rows(name, value):
            table.add_row(*row)
    return table


def _rows(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _rows(f"{name}.{key}", inner)
    elif isinstance(value, list):
        yield name, ", ".join(map(str, value)) or "none"
    elif name.endswith(("size", "bytes_per_second")) and isinstance(value, int):
        yield name, f"{value} ({_size(value)})"
    else:
        yield name, "not known" if value is None else str(value)
