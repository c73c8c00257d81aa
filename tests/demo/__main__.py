"""``python -m tests.demo``: a transfer in a local cloud that a person watches.

Without arguments a random file is made, served and copied; ``transfer`` takes a URL. Both read the
object back; the exit status says whether it is what it has to be. ``picture`` draws a run.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console

from tests.localcloud.client import CloudNotStarted, FunctionError

from .keeping import NoPlace
from .picture import THEMES, drawn, recorded, recording_console
from .proof import NotTheSame
from .report import photograph
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
@click.option("--out", type=click.Path(path_type=Path), help="Also write the object to this file.")
def transfer(url: str, key: str, out: Path | None) -> None:
    """Copy URL to the object KEY in a local OSS; KEY defaults to the last piece of the path.

    In a terminal the object can be read until Ctrl-C.
    """
    if not url:
        raise click.ClickException("no URL given: make transfer URL=https://example.org/file")
    with _told(Console()) as console:
        copy_a_url(console, url, key, out)


@main.command()
@click.option("--size", type=click.IntRange(0), default=1 << 30, help="Bytes of the random file.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def picture(size: int, folder: Path) -> None:
    """Run the demo, and draw it and the page that it ends with into FOLDER, light and dark."""
    with _told(Console()) as console:
        recording = recording_console()
        report = copy_a_random_file(recording, size)
        lines = recorded(recording, "make demo")
        for name, theme in THEMES.items():
            path = folder / f"run-{name}.svg"
            path.write_text(drawn(lines, theme), "utf-8")
        for path in sorted({*folder.glob("run-*.svg"), *photograph(report, folder)}):
            console.print(str(path), markup=False, highlight=False, soft_wrap=True)


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
    except (MissingKey, NoPlace) as error:
        raise click.ClickException(str(error)) from error
    except (FunctionError, NotTheSame, CloudNotStarted, OSError) as error:
        console.print(str(error), style="bold red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


def _interrupt(_number: int, _frame: object) -> None:
    """Make every polite signal end the demo as Ctrl-C does, so that it cleans up."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main(prog_name="python -m tests.demo")
