"""A table of what transfers take in virtual time: ``python -m tests.simulation [WORD]...``

Rows whose names have all the words; with ``--drawn 200``, so many situations that Hypothesis draws.
A ``>`` marks what misses the goal. Each that breaks a promise, which is what holds today, is
printed below with its situation, to be looked at:
``simulate(Situation(...), trace=0.1)`` says what the fan-out decides.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from tests.simulation.promises import DRAWN, GOAL, broken
from tests.simulation.published import published
from tests.simulation.random_situations import drawn
from tests.simulation.run import Outcome, simulate
from tests.simulation.situation import Situation
from tests.simulation.situations import assumed, difficult, grid, promised

_WIDTH = 44
_HEAD = "    ideal  seconds  ratio      GB-s  calls  conn. refus. publ. s      GB-s"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("words", nargs=-1)
@click.option("--drawn", "count", type=click.IntRange(1), help="So many drawn situations instead.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the draw.")
def main(*, words: tuple[str, ...], count: int | None, seed: int) -> None:
    """Print a table; the exit status tells whether all promises were kept."""
    named = {"Sizes": grid(), "Assumptions": assumed(), "Difficult": difficult()}
    tables = {"Drawn": _numbered(count, seed)} if count else named
    print(f"The goal: {GOAL.times} times the ideal, a cold start and {GOAL.besides} s; > is above")
    failing = [each for title, rows in tables.items() for each in _table(title, rows, words)]
    for name, situation, sentences in failing:
        print(f"\n{name}: {'; '.join(sentences)}\n    {situation}")
    print(f"\n{len(failing)} situations break a promise")
    sys.exit(bool(failing))


def _numbered(count: int, seed: int) -> Iterator[tuple[str, Situation]]:
    for number, situation in enumerate(drawn(count, seed), 1):
        yield f"{number}", situation


def _table(
    title: str, rows: Iterator[tuple[str, Situation]], words: tuple[str, ...]
) -> Iterator[tuple[str, Situation, list[str]]]:
    """Print it; yield each row that breaks promises, with these."""
    chosen = [(name, each) for name, each in rows if all(word in name for word in words)]
    if chosen:
        print(f"\n{title:{_WIDTH}}{_HEAD}")
    for name, situation in chosen:
        outcome = simulate(situation)
        _print_row(name, situation, outcome)
        promise = DRAWN if title == "Drawn" else promised(name)
        sentences = [*broken(situation, outcome, promise)]
        if sentences:
            yield name, situation, sentences


def _print_row(name: str, situation: Situation, ours: Outcome) -> None:
    theirs = published(situation)
    mark = ">" if ours.seconds > GOAL.seconds(situation, ours.ideal) else " "
    other = f"{theirs.seconds:9.2f} {theirs.gb_seconds:9.1f}" if theirs else f"{'fails':>19}"
    print(
        f"{name:{_WIDTH}} {ours.ideal:8.2f} {ours.seconds:8.2f}{mark}{ours.ratio:6.2f}"
        f" {ours.gb_seconds:9.1f} {ours.invocations:6} {ours.connections:5} {ours.refusals:5}"
        f" {other}",
        flush=True,
    )


if __name__ == "__main__":
    main()
