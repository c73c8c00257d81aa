"""``python -m tests.mutation --count 120``: which small faults in the code no test notices."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import click

from tests.mutation import by_hand, explained
from tests.mutation.by_hand.row import ByHand
from tests.mutation.mutants import Mutant, mutants, replaced
from tests.mutation.rooms import MOST_SURVIVORS, ROOMS, noticed_by, room_of
from tests.mutation.trial import PACKAGE, ROOT, Trial, trials

WHY = {(row.path, row.before, row.after, row.nth): row.why for row in explained.ROWS}


def made_by_hand(row: ByHand) -> Mutant:
    return replaced(row.path, _source(row.path), row.before, row.after)


def generic(room: str) -> list[Mutant]:
    """All of a room, file by file."""
    names = sorted(path.name for path in (ROOT / PACKAGE / room).glob("*.py"))
    return [
        mutant for name in names for mutant in mutants(f"{room}/{name}", _source(f"{room}/{name}"))
    ]


def _source(path: str) -> str:
    return (ROOT / PACKAGE / path).read_text(encoding="utf-8")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--count", type=click.IntRange(0), default=120, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--seconds", type=click.FloatRange(0), default=None, help="Begin no mutant after.")
@click.option("--at-once", type=click.IntRange(1), default=2, show_default=True)
@click.option("--room", "rooms", multiple=True, type=click.Choice(ROOMS), default=ROOMS)
@click.option("--hand/--no-hand", default=True, help="Also those made by hand.")
def main(
    *, count: int, seed: int, seconds: float | None, at_once: int, rooms: Sequence[str], hand: bool
) -> None:
    """Try those made by hand and so many others; the exit status tells whether few survive."""
    began = time.monotonic()
    chosen = [made_by_hand(row) for row in by_hand.ROWS] if hand else []
    others = [mutant for room in rooms for mutant in generic(room)]
    chosen += random.Random(seed).sample(others, min(count, len(others)))
    click.echo(f"{len(chosen)} mutants, {count} of them from seed {seed}")
    tried, survived = Counter[str](), Counter[str]()
    for mutant, survives in _tried(chosen, at_once, None if seconds is None else began + seconds):
        room = room_of(mutant.path) or "words"
        tried[room] += 1
        if survives:
            survived[room] += 1
            click.echo(told(mutant))
    click.echo(summary(tried, survived, len(chosen), time.monotonic() - began))
    sys.exit(too_many(tried, survived))


def _tried(
    chosen: Sequence[Mutant], at_once: int, until: float | None
) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant with whether it survives; those that cannot be begun in time are left out."""
    tests = sorted({test for mutant in chosen for test in noticed_by(mutant.path, ROOT)})
    with trials(at_once, tests) as places, ThreadPoolExecutor(at_once) as threads:
        free = SimpleQueue[Trial]()
        for place in places:
            free.put(place)

        def survives(mutant: Mutant) -> bool | None:
            if mutant.key in WHY:
                return True
            if until is not None and time.monotonic() > until:
                return None
            place = free.get()
            try:
                return place.survives(mutant)
            finally:
                free.put(place)

        try:
            for mutant, outcome in zip(chosen, threads.map(survives, chosen), strict=True):
                if outcome is not None:
                    yield mutant, outcome
        finally:
            threads.shutdown(cancel_futures=True)


def told(mutant: Mutant) -> str:
    why = WHY.get(mutant.key)
    kind = f"explained: {why}" if why else "SURVIVED"
    place = f"{PACKAGE / mutant.path}:{mutant.line}"
    return f"{place}: {kind}\n    - {mutant.before}\n    + {mutant.after}"


def summary(tried: Counter[str], survived: Counter[str], chosen: int, seconds: float) -> str:
    """Survivors by room, explained or not, and how many mutants there was no time for."""
    lines = [f"{tried.total()} mutants in {seconds / 60:.0f} minutes:"]
    lines += [
        f"    {room:10}{survived[room]:4} of{tried[room]:4} survived:"
        f" {survived[room] / tried[room]:.1%}"
        for room in sorted(tried)
    ]
    if tried.total() < chosen:
        lines.append(f"There was no time for {chosen - tried.total()}.")
    return "\n".join(lines)


def too_many(tried: Counter[str], survived: Counter[str]) -> bool:
    return any(survived[room] > MOST_SURVIVORS * tried[room] for room in tried)


if __name__ == "__main__":
    main()
