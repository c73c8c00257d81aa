"""Which Pythons there are on this machine, beside the one that runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
_VERSION = "import sys; print(f'{sys.version_info.major}.{sys.version_info.minor}')"


def find(version: str) -> str | None:
    """Return the path of a Python of this version (``3.10``), or None.

    pyenv's are found even if none of them is the chosen one.
    """
    if version == RUNNING:
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = [shutil.which(f"python{version}"), *map(str, pyenv.glob(f"{version}.*/bin/python"))]
    return next((path for path in found if path and _is_of(path, version)), None)


def _is_of(path: str, version: str) -> bool:
    """A name says nothing: what pyenv puts on the path may refuse to run."""
    done = subprocess.run([path, "-I", "-S", "-c", _VERSION], capture_output=True, text=True)
    return done.stdout.strip() == version
