"""Installs what the function needs for another Python and another machine than this one.

Function Compute runs on x86_64 Linux, so only wheels for it are taken. A few packages exist as
source only; they are pure Python, so their wheels can be built here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_SOURCE_ONLY = ("alibabacloud-tea", "aliyun-fc2", "crcmod", "oss2")
# Debian 10, on which the runtimes are built, has glibc 2.28.
_PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_28_x86_64")
_OPTIONS = ("-q", "--disable-pip-version-check", "--no-deps")


class Dependencies:
    """What requirements.txt and the constraints name: together they leave nothing open.

    pip resolves nothing: it would ask this Python, not the other, which packages that one needs.
    So do the lists of what programs need ``besides``.
    """

    def __init__(self, repository: Path, scratch: Path, besides: Sequence[Path] = ()) -> None:
        self._lists = (
            repository / "requirements.txt",
            repository / "tests" / "packaging" / "constraints.txt",
            *besides,
        )
        self._wheels = scratch / "wheels"
        self._scratch = scratch

    def build(self) -> None:
        """Make wheels of what has none; they serve every Python."""
        text = "\n".join(file.read_text("utf-8") for file in self._lists)
        pins = dict(re.findall(r"^([\w-]+)==(\S+)", text, re.MULTILINE))
        _pip(
            # With the setuptools of tests/requirements.txt, so that each build writes the same.
            *("wheel", "--no-cache-dir", "--no-build-isolation", "--use-pep517"),
            *("--wheel-dir", str(self._wheels)),
            *(f"{name}=={pins[name]}" for name in _SOURCE_ONLY),
        )

    def install(self, version: str) -> Path:
        """Install everything for this Python into a folder, and return it."""
        packages = self._scratch / f"packages-{version}"
        asked = self._scratch / f"requirements-{version}.txt"
        text = "\n".join(file.read_text("utf-8") for file in self._lists)
        if version != "3.10":  # whose successors have it as tomllib
            text = re.sub(r"^tomli==.*", "", text, flags=re.MULTILINE)
        asked.write_text(text, "utf-8")
        _pip(
            *("install", "--no-compile", "--target", str(packages), "--only-binary=:all:"),
            *(argument for name in _PLATFORMS for argument in ("--platform", name)),
            *("--implementation", "cp", "--python-version", version),
            *("--find-links", str(self._wheels)),
            *("-r", str(asked)),
        )
        return packages


def _pip(command: str, *arguments: str) -> None:
    # crcmod has a C extension, and does without it where there is no compiler: nothing of this
    # machine may get into the package, and the function never computes a CRC with it.
    environment = {**os.environ, "CC": "false"}
    subprocess.run(
        [sys.executable, "-m", "pip", command, *_OPTIONS, *arguments], check=True, env=environment
    )
