"""Puts compiled byte code beside the sources, so that an instance that starts cold need not.

Function Compute starts every instance from the files of the package, so without it each of them
compiles all that it imports: half of a child's start, and two seconds of CPU of a coordinator's.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

# Byte code that is never compared with the source's date, which unpacking changes. A file that
# this Python cannot compile is one that it could not import either.
_COMPILE = ("-S", "-W", "ignore", "-m", "compileall", "-qq", "-f")
_NEVER_COMPARED = ("--invalidation-mode", "unchecked-hash")


def compile_all(folder: Path, python: str) -> None:
    """Compile every module for the version of this Python, the same way each time."""
    subprocess.run(
        [python, *_COMPILE, *_NEVER_COMPARED, "-s", str(folder), str(folder)],
        # The order of a set's elements must not depend on chance.
        env={"PATH": os.defpath, "PYTHONHASHSEED": "0"},
        stdout=subprocess.DEVNULL,
        check=False,
    )
