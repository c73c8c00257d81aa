"""``ossferry demo``: that of a clone, which brings its own cloud."""

from __future__ import annotations

import click


@click.command("demo")
def command() -> None:
    """Copy a random file of 1 GiB inside this machine, watch, and have it proven.

    Only in a clone, after make setup. No account is needed.

    \b
    ossferry demo
    """
    import subprocess
    import sys
    from pathlib import Path

    from ..problems import Problem

    places = (Path.cwd(), *Path.cwd().parents, *Path(__file__).resolve().parents)
    clone = next((each for each in places if (each / "tests/demo/__main__.py").is_file()), None)
    if clone is None:
        raise Problem("the demo is in a clone of ossferry only: clone it, and run make demo there")
    python = clone / ".venv/bin/python"
    program = str(python) if python.is_file() else sys.executable
    sys.exit(subprocess.run([program, "-m", "tests.demo"], cwd=clone, check=False).returncode)
