"""The bench's two outputs: one table for people, one JSON document for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.figures import Figure, Series

_MARKS: Mapping[bool | None, str] = {True: "met", False: "[bold red]MISSED[/]", None: ""}


def show(figures: Sequence[Figure], console: Console) -> None:
    """Print the figures as one table, topic by topic, and in the end what was missed."""
    console.print(_table(figures))
    notes = (f"{figure.topic}: {figure.note}" for figure in figures if figure.note)
    for line in (*notes, *_summary(figures)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def save(figures: Sequence[Figure], facts: dict[str, Any], path: Path) -> None:
    """Write everything that was found, and on what machine, to ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {**facts, "figures": [figure.to_json() for figure in figures]}
    path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def _table(figures: Sequence[Figure]) -> Table:
    table = Table(title="ossferry bench", title_justify="left", pad_edge=False)
    for name in ("what", "unit"):
        table.add_column(name, overflow="fold")
    for name in ("ours", "spread", "reference", "its spread", "ratio", "runs"):
        table.add_column(name, justify="right", overflow="fold")
    for name in ("beside", "wanted", ""):
        table.add_column(name, overflow="fold")
    topic = ""
    for figure in figures:
        if figure.topic != topic:
            topic = figure.topic
            table.add_section()
            table.add_row(f"[bold]{topic}[/bold]")
        table.add_row(*_cells(figure))
    return table


def _cells(figure: Figure) -> list[str]:
    ours, reference, ratio = figure.ours, figure.reference, figure.ratio
    runs = f"{ours.runs}/{reference.runs}" if reference else f"{ours.runs}"
    return [
        figure.what,
        figure.unit,
        _short(ours.median),
        _spread(ours),
        _short(reference.median) if reference else "",
        _spread(reference) if reference else "",
        "" if ratio is None else f"{ratio:.2f}",
        runs,
        reference.name if reference else "",
        "" if figure.wanted is None else str(figure.wanted),
        _MARKS[figure.met],
    ]


def _summary(figures: Sequence[Figure]) -> Iterator[str]:
    """Say how many aims were met, and name those that were not."""
    judged = [figure for figure in figures if figure.met is not None]
    missed = [figure for figure in judged if not figure.met]
    yield f"{len(judged) - len(missed)} of {len(judged)} figures are what was wanted."
    for figure in missed:
        beside = f" beside {figure.reference.name}" if figure.reference else ""
        ratio = "" if figure.ratio is None else f", ratio {figure.ratio:.2f}"
        yield (
            f"Missed: {figure.topic}: {figure.what}{beside}:"
            f" {_short(figure.ours.median)} {figure.unit}{ratio}, wanted {figure.wanted}"
        )


def _spread(series: Series) -> str:
    if series.runs == 1:
        return ""
    return f"{_short(min(series.values))}-{_short(max(series.values))}"


def _short(value: float) -> str:
    """Three digits that mean something, without exponents."""
    if value >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else f"{value:.6f}"
