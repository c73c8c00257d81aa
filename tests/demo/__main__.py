"""``python -m tests.demo``: a transfer in a local cloud that a person watches.

Without arguments a random file is made, served and copied; ``transfer`` takes a URL. Both read the
object back; the exit status says whether it is what it has to be.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
from collections.abc import Iterator

import click
from rich.console import Console

from tests.localcloud.client import CloudNotStarted, FunctionError

from .proof import NotTheSame
from .scenes import MissingKey, copy_a_random_file, copy_a_url

_INTERRUPTED = 130


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--size", type=click.IntRange(0), default=1 << 30, help="Bytes of the random file.")
@click.pass_context
def main(context: click.Context, size: int) -> None:
    """Copy a random file into a local OSS and prove that it arrived."""
    if context.invoked_subcommand is None:
        with _told(Console()) as console:
            copy_a_random_file(console, size)


@main.command()
@click.argument("url", default="")
@click.argument("key", default="")
def transfer(url: str, key: str) -> None:
    """Copy URL to the object KEY in a local OSS; KEY defaults to the last piece of the path."""
    if not url:
        raise click.ClickException("no URL given: make transfer URL=https://example.org/file")
    with _told(Console()) as console:
        copy_a_url(console, url, key)


@contextlib.contextmanager
def _told(console: Console) -> Iterator[Console]:
    """Turn what ends a demo early into one sentence and an exit status."""
    # fc2 also logs each failure, headers and all; one sentence is enough.
    logging.getLogger().addHandler(logging.NullHandler())
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        yield console
    except KeyboardInterrupt:
        console.print("interrupted: everything has been stopped and removed")
        sys.exit(_INTERRUPTED)
    except MissingKey as error:
        raise click.ClickException(str(error)) from error
    except (FunctionError, NotTheSame, CloudNotStarted) as error:
        console.print(str(error), style="bold red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


def _interrupt(_number: int, _frame: object) -> None:
    """Make every polite signal end the demo as Ctrl-C does, so that it cleans up."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main(prog_name="python -m tests.demo")
