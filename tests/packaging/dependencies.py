"""Installs what the function needs for another Python and another machine than this one.

Function Compute runs on x86_64 Linux, so only wheels for it are taken. A few packages exist as
source only; they are pure Python, so their wheels can be built here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

_SOURCE_ONLY = ("aliyun-fc2", "aliyun-python-sdk-core", "aliyun-python-sdk-kms", "crcmod", "oss2")
# Debian 10, on which the runtimes are built, has glibc 2.28.
_PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_28_x86_64")
_OPTIONS = ("-q", "--disable-pip-version-check", "--use-pep517")


class Dependencies:
    """What requirements.txt asks for, at the versions that it and the constraints name."""

    def __init__(self, repository: Path, scratch: Path) -> None:
        self._requirements = repository / "requirements.txt"
        self._constraints = repository / "tests" / "packaging" / "constraints.txt"
        self._wheels = scratch / "wheels"
        self._scratch = scratch

    def build(self) -> None:
        """Make wheels of what has none; they serve every Python."""
        pins = _pins(self._requirements) | _pins(self._constraints)
        sources = [f"{name}=={pins[name]}" for name in _SOURCE_ONLY]
        _pip("wheel", "--no-cache-dir", "--no-deps", "--wheel-dir", str(self._wheels), *sources)

    def install(self, version: str) -> Path:
        """Install everything for this Python into a folder, and return it."""
        packages = self._scratch / version
        _pip(
            *("install", "--no-compile", "--target", str(packages), "--only-binary=:all:"),
            *(argument for name in _PLATFORMS for argument in ("--platform", name)),
            *("--implementation", "cp", "--python-version", version),
            *("--find-links", str(self._wheels)),
            *("-c", str(self._constraints), "-r", str(self._requirements)),
        )
        return packages


def _pins(file: Path) -> dict[str, str]:
    found = re.findall(r"^([\w-]+)==(\S+)", file.read_text("utf-8"), re.MULTILINE)
    return dict(found)


def _pip(command: str, *arguments: str) -> None:
    # crcmod has a C extension, and does without it where there is no compiler: nothing of this
    # machine may get into the package, and the function never computes a CRC with it.
    environment = {**os.environ, "CC": "false"}
    subprocess.run(
        [sys.executable, "-m", "pip", command, *_OPTIONS, *arguments], check=True, env=environment
    )
