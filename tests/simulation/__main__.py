"""A table of what transfers take in virtual time: ``python -m tests.simulation [WORD]...``

Rows whose names have all the words. Each that breaks a promise is printed below with its situation,
to be looked at: ``simulate(Situation(...), trace=0.1)`` says what the fan-out decides.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.simulation.promises import broken
from tests.simulation.published import published
from tests.simulation.run import simulate
from tests.simulation.situation import Situation
from tests.simulation.situations import assumed, difficult, grid

_WIDTH = 44
_HEAD = "    ideal  seconds  ratio      GB-s  calls  conn. refus. publ. s      GB-s"


def main(words: list[str]) -> int:
    """Print the rows; 1 if any breaks a promise."""
    failing = []
    for title, rows in (("Sizes", grid()), ("Published", assumed()), ("Difficult", difficult())):
        chosen = [(name, each) for name, each in rows if all(word in name for word in words)]
        if not chosen:
            continue
        print(f"\n{title:{_WIDTH}}{_HEAD}")
        for name, situation in chosen:
            sentences = [*_row(name, situation)]
            if sentences:
                failing.append((name, situation, sentences))
    for name, situation, sentences in failing:
        print(f"\n{name}: {'; '.join(sentences)}\n    {situation}")
    print(f"\n{len(failing)} situations break a promise")
    return 1 if failing else 0


def _row(name: str, situation: Situation) -> Iterator[str]:
    ours, theirs = simulate(situation), published(situation)
    other = f"{theirs.seconds:9.2f} {theirs.gb_seconds:9.1f}" if theirs else f"{'fails':>19}"
    print(
        f"{name:{_WIDTH}} {ours.ideal:8.2f} {ours.seconds:8.2f} {ours.ratio:6.2f}"
        f" {ours.gb_seconds:9.1f} {ours.invocations:6} {ours.connections:5} {ours.refusals:5}"
        f" {other}",
        flush=True,
    )
    yield from broken(situation, ours)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
