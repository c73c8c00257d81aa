"""``python -m tests.e2e.chaos --seeds 1000 --first 0``: run schedules and tell which failed."""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter

import click

from tests.e2e.chaos.schedule import schedule
from tests.e2e.chaos.trial import Trial, chaotic_cloud


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seeds", type=click.IntRange(1), default=100, show_default=True)
@click.option("--first", type=click.IntRange(0), default=0, show_default=True)
@click.option("--seconds", type=click.FloatRange(0), default=None, help="Begin no seed after this.")
def main(*, seeds: int, first: int, seconds: float | None) -> None:
    """Run the schedules of many seeds; the exit status tells whether all held."""
    logging.disable(logging.CRITICAL)  # fc2 logs an error for every call that fails on purpose
    began, outcomes, failed = time.monotonic(), Counter[str](), list[int]()
    with chaotic_cloud() as cloud:
        for seed in range(first, first + seeds):
            if seconds is not None and time.monotonic() - began > seconds:
                break
            plan = schedule(seed)
            try:
                outcomes[Trial(cloud, plan).run().kind] += 1
            except Exception as error:  # whatever it is, the other seeds are to be run
                failed.append(seed)
                click.echo(f"seed {seed}: {type(error).__name__}: {error}\n    {plan}")
    count = sum(outcomes.values()) + len(failed)
    ended = ", ".join(f"{number} {kind}" for kind, number in sorted(outcomes.items()))
    click.echo(
        f"{count} seeds in {time.monotonic() - began:.0f} s: {ended}; {len(failed)} went wrong"
    )
    if failed:
        click.echo(f"went wrong: {' '.join(map(str, failed))}")
        sys.exit(1)


if __name__ == "__main__":
    main(prog_name="python -m tests.e2e.chaos")
