"""A program that is a function of Python."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def measure(file: Path, folder: Path, times: str) -> None:
    """Write down how large the input is, so many times, and what it finds around it."""
    for number in range(int(times)):
        (folder / f"{number}.txt").write_text(str(file.stat().st_size))
    (folder / "environment.txt").write_text("\n".join(f"{k}={v}" for k, v in os.environ.items()))
    (folder / "arguments.txt").write_text("\n".join(sys.argv))


def fail(file: Path, folder: Path, times: str) -> int:
    """Say why, with all that an error must not show, and ask for another try."""
    print("no licence sesame-open-4711", file=sys.stderr)
    return 75
