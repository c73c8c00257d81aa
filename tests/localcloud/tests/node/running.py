"""Clients from npm: installed once, shared by all test processes, run by Node.

They live in ``build/node``, outside of git. Without Node and npm their tests are skipped.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.localcloud.config import REPOSITORY

_HERE = Path(__file__).parent
_PACKAGES = ("package.json", "package-lock.json")
_INSTALL_SECONDS = 280
_RUN_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Node:
    """``packages`` is the ``node_modules`` that scripts find their clients in."""

    packages: Path

    def run(self, script: Path, asked: Any) -> Any:
        """Return what the script's function answers; fail with its last words if it throws."""
        done = subprocess.run(
            ["node", str(_HERE / "run.js"), str(script)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            env={**os.environ, "NODE_PATH": str(self.packages)},
            timeout=_RUN_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def program(
        self, name: str, *arguments: str, folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a program that a package brings, in a folder and with an environment of its own."""
        return subprocess.run(
            [str(self.packages / ".bin" / name), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=folder,
            env={"PATH": os.environ["PATH"], **environment},
            timeout=_RUN_SECONDS,
        )


def installed() -> Node:
    """Return Node with all clients; the first process installs them while the others wait."""
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"the clients from npm need {' and '.join(missing)}")
    folder = REPOSITORY / "build" / "node"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install(folder)
    return Node(folder / "node_modules")


def _install(folder: Path) -> None:
    """Install what ``package-lock.json`` names, unless just that is there already."""
    wanted = hashlib.sha256(b"".join((_HERE / name).read_bytes() for name in _PACKAGES)).hexdigest()
    stamp = folder / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    for name in _PACKAGES:
        shutil.copy(_HERE / name, folder)
    # No package's own script runs: none of them is needed, and some would download more.
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-progress")
    subprocess.run(["npm", "ci", *quiet], cwd=folder, check=True, timeout=_INSTALL_SECONDS)
    stamp.write_text(wanted)
