"""``python -m tests.bench [topic]...``: run all of the bench, or some topics, and report."""

from __future__ import annotations

import logging
import os
import platform
import sys
import time
from collections.abc import Sequence

import click
from rich.console import Console

from tests.bench.progress import told
from tests.bench.report import save, show
from tests.bench.topics import EXTRA, TOPICS, run
from tests.localcloud.config import REPOSITORY

WIDTH = 150  # where there is no terminal that has one
OUTPUT = REPOSITORY / "build" / "bench.json"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("topics", nargs=-1, type=click.Choice([*TOPICS, *EXTRA]))
def main(topics: Sequence[str]) -> None:
    """Measure everything beside its reference; print a table and write build/bench.json."""
    # fc2 logs an error for the function that is cut off on purpose.
    logging.disable(logging.CRITICAL)
    errors, began = Console(stderr=True), time.monotonic()
    with told(errors) as progress:
        figures = run(topics or [*TOPICS], progress)
    show(figures, Console(width=None if sys.stdout.isatty() else WIDTH))
    facts = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpus": os.cpu_count(),
        "load": os.getloadavg(),
        "seconds": round(time.monotonic() - began, 1),
    }
    save(figures, facts, OUTPUT)
    errors.print(f"{facts['seconds']} s; all figures are in {OUTPUT.relative_to(REPOSITORY)}")


if __name__ == "__main__":
    main()
