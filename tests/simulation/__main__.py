"""A table of what transfers take in virtual time: ``python -m tests.simulation [WORD]...``

Rows whose names have all the words. Each that breaks a promise is printed below with its situation,
to be looked at: ``simulate(Situation(...), trace=0.1)`` says what the fan-out decides.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from .promises import broken
from .run import simulate
from .situation import Situation
from .situations import PUBLISHED, difficult, grid, published

_WIDTH = 44


def main(words: list[str]) -> int:
    """Print the rows; 1 if any breaks a promise."""
    failing = []
    for title, rows in (("Sizes", grid()), ("Published", published()), ("Difficult", difficult())):
        chosen = [(name, each) for name, each in rows if all(word in name for word in words)]
        if not chosen:
            continue
        print(
            f"\n{title:{_WIDTH}}    ideal  seconds  ratio  published      GB-s  calls  connections"
            "  refused"
        )
        for name, situation in chosen:
            sentences = [*_row(name, situation, title == "Published")]
            if sentences:
                failing.append((name, situation, sentences))
    for name, situation, sentences in failing:
        print(f"\n{name}: {'; '.join(sentences)}\n    {situation}")
    print(f"\n{len(failing)} situations break a promise")
    return 1 if failing else 0


def _row(name: str, situation: Situation, compared: bool) -> Iterator[str]:
    outcome = simulate(situation)
    reported = PUBLISHED[situation.size] if compared else None
    print(
        f"{name:{_WIDTH}} {outcome.ideal:8.2f} {outcome.seconds:8.2f} {outcome.ratio:6.2f}"
        f" {f'{reported:g} s' if reported else '':>10}"
        f" {outcome.gb_seconds:9.1f} {outcome.invocations:6} {outcome.connections:12}"
        f" {outcome.refusals:8}",
        flush=True,
    )
    yield from broken(situation, outcome)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
