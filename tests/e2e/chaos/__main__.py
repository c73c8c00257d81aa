"""``python -m tests.e2e.chaos --seeds 1000 --first 0``: run schedules and tell which failed."""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence

import click

from tests.e2e.chaos.schedule import schedule
from tests.e2e.chaos.sources import chaotic_cloud
from tests.e2e.chaos.trial import Trial

_ENDS = {
    "done": "succeeded all the same",
    "failed": "ended with an error",
    "lost": "ended without an answer",
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seeds", type=click.IntRange(1), default=100, show_default=True)
@click.option("--first", type=click.IntRange(0), default=0, show_default=True)
@click.option("--seconds", type=click.FloatRange(0), default=None, help="Begin no seed after this.")
def main(*, seeds: int, first: int, seconds: float | None) -> None:
    """Run the schedules of many seeds; the exit status tells whether all held."""
    logging.disable(logging.CRITICAL)  # fc2 logs an error for every call that fails on purpose
    began, outcomes, failed = time.monotonic(), Counter[str](), list[int]()
    with chaotic_cloud() as chaos:
        for seed in range(first, first + seeds):
            if seconds is not None and time.monotonic() - began > seconds:
                break
            plan = schedule(seed)
            try:
                outcomes[Trial(chaos, plan).run().kind] += 1
            except Exception as error:  # whatever it is, the other seeds are to be run
                failed.append(seed)
                click.echo(f"seed {seed}: {type(error).__name__}: {error}\n    {plan}")
    click.echo(summary(outcomes, failed, time.monotonic() - began))
    sys.exit(1 if failed else 0)


def summary(outcomes: Mapping[str, int], failed: Sequence[int], seconds: float) -> str:
    """Say in a few sentences what was tried and what came of it; ``failed`` are seeds."""
    held = sum(outcomes.values())
    count = held + len(failed)
    said = [f"{count} transfers in {seconds:.0f} s, each with faults and kills at random."]
    if held:
        ends = ", ".join(f"{outcomes[kind]} {_ENDS[kind]}" for kind in _ENDS if outcomes.get(kind))
        said += [
            f"Of them {ends}.",
            f"After {'each' if held == count else held} of them the object was the whole file or"
            " untouched, sending the event again copied the file, and a sweep left nothing behind.",
        ]
    if failed:
        said += [
            f"{len(failed)} WENT WRONG: see above. To try one again, a few times:"
            " .venv/bin/python -m tests.e2e.chaos --seeds 1 --first SEED,"
            f" where SEED is one of {', '.join(map(str, failed))}.",
        ]
    return "\n".join(said)


if __name__ == "__main__":
    main(prog_name="python -m tests.e2e.chaos")
