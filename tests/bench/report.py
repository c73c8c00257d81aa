"""The bench's two outputs: one table for people, one JSON document for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.figures import Figure, Series


def show(figures: Sequence[Figure], console: Console) -> None:
    """Print the figures as one table, topic by topic."""
    table = Table(title="ossferry bench", title_justify="left", pad_edge=False)
    for name in ("what", "unit"):
        table.add_column(name, overflow="fold")
    for name in ("ours", "spread", "reference", "its spread", "ratio", "runs"):
        table.add_column(name, justify="right", overflow="fold")
    for name in ("beside", "wanted"):
        table.add_column(name, overflow="fold")
    topic = ""
    for figure in figures:
        if figure.topic != topic:
            topic = figure.topic
            table.add_section()
            table.add_row(f"[bold]{topic}[/bold]")
        table.add_row(*_cells(figure))
    console.print(table)
    for figure in figures:
        if figure.note:
            console.print(f"{figure.topic}: {figure.note}", highlight=False, soft_wrap=True)


def save(figures: Sequence[Figure], facts: dict[str, Any], path: Path) -> None:
    """Write everything that was found, and on what machine, to ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {**facts, "figures": [figure.to_json() for figure in figures]}
    path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


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
        figure.wanted,
    ]


def _spread(series: Series) -> str:
    if series.runs == 1:
        return ""
    return f"{_short(min(series.values))}-{_short(max(series.values))}"


def _short(value: float) -> str:
    """Three digits that mean something, without exponents."""
    if value >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else f"{value:.6f}"
