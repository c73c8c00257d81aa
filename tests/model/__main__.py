"""``python -m tests.model --steps 10000``: so many steps against the model."""

from __future__ import annotations

import contextlib
import io
import random
import sys
import time

import click
from hypothesis import settings

from tests.model.steps import take_steps
from tests.model.world import world

# Steps of one seed: an OSS and a source serve for so long, and one failure is told before the next.
_OF_A_SEED = 1000


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--steps", type=click.IntRange(1), default=10_000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=None, help="By chance, if not given.")
def main(*, steps: int, seed: int | None) -> None:
    """Take so many steps; the exit status tells whether all held."""
    settings.register_profile("steps", deadline=None, database=None)
    settings.load_profile("steps")
    first = random.SystemRandom().randrange(1 << 32) if seed is None else seed
    began, taken, failed = time.monotonic(), 0, 0
    for number in range(first, first + -(-steps // _OF_A_SEED)):
        try:
            with world() as here, contextlib.redirect_stdout(io.StringIO()):  # the function's log
                taken += take_steps(here, min(_OF_A_SEED, steps), number)
        except Exception as error:  # whatever it is, the other seeds are to be tried
            failed += 1
            said = "\n    ".join([str(error), *getattr(error, "__notes__", [])])
            click.echo(f"seed {number}: {type(error).__name__}: {said}")
    seconds = time.monotonic() - began
    click.echo(
        f"{taken} steps of transfers against the model in {seconds:.0f} s, from seed {first} on;"
        f" {failed} seeds went wrong"
    )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(prog_name="python -m tests.model")
