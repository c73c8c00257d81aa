"""Where a copied object can be had afterwards: in a file, or in OSS for as long as one likes."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rich.console import Console

from tests.localcloud.client import LocalCloud

_URL_SECONDS = 7 * 24 * 3600  # the most that OSS accepts


class NoPlace(Exception):
    """A file cannot be written where it was asked for; the message says why."""


def require_place(path: Path) -> None:
    """Raise NoPlace unless a file can come to be at ``path``."""
    if path.exists() and not path.is_file():
        raise NoPlace(f"{path} is not a file: name a file for the object, as in OUT={path}/name")
    if not path.parent.is_dir():
        raise NoPlace(f"there is no folder {path.parent}: make it, or choose another OUT")
    if not os.access(path.parent, os.W_OK):
        raise NoPlace(f"nothing can be written in {path.parent}: choose another OUT")


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that is at ``path`` once the body has ended well, and nowhere otherwise."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def wait_for_ctrl_c(console: Console, cloud: LocalCloud, key: str) -> None:
    """Say how to read the object, and return when nobody wants to any more."""
    url = cloud.bucket.sign_url("GET", key, _URL_SECONDS, slash_safe=True)
    name = shlex.quote(key.rpartition("/")[2] or "object")
    command = f"curl -o {name} {shlex.quote(url)}"
    with contextlib.suppress(KeyboardInterrupt):  # from when it is promised on
        console.print("The local cloud keeps the object until you press Ctrl-C. To read it:")
        console.print(command, markup=False, highlight=False, soft_wrap=True)
        signal.pause()
