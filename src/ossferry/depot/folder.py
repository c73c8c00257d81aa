"""Folders that are all there or not at all, also where several instances share their disk.

What a folder is to hold is made in another one beside it, and put in its place by one rename,
together with a note of its version. Folders without such a note are somebody else's.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape, glob

from ..errors import DepotUnusable

_NOTE = ".ossferry-depot"
_ABANDONED = 600.0  # seconds without a change; Function Compute ends an initializer after 300


def is_there(folder: str, version: str) -> bool:
    """Whether the folder is there in this version; raises if it is somebody else's."""
    try:
        with open(f"{folder}/{_NOTE}", errors="replace") as note:
            return note.read() == version
    except FileNotFoundError:
        if os.path.lexists(folder) and os.listdir(folder):
            raise DepotUnusable("its folder has other content: name another folder") from None
        return False


@contextmanager
def staging(folder: str) -> Iterator[str]:
    """A folder beside this one, on the same disk, which is gone in the end."""
    parent, name = os.path.split(folder)
    os.makedirs(parent, exist_ok=True)
    _remove_abandoned(parent, name)
    beside = tempfile.mkdtemp(prefix=f".{name}.", suffix=_NOTE, dir=parent)
    try:
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def publish(fresh: str, folder: str, version: str, *, aside: str) -> None:
    """Rename ``fresh`` to ``folder``; another version goes ``aside``, the same one stays, because
    then another instance was faster."""
    with open(f"{fresh}/{_NOTE}", "w") as note:
        note.write(version)
    while not _renamed(fresh, folder):
        if is_there(folder, version):
            return
        with suppress(FileNotFoundError):
            os.rename(folder, aside)


def _renamed(fresh: str, folder: str) -> bool:
    try:
        os.rename(fresh, folder)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    return True


def _remove_abandoned(parent: str, name: str) -> None:
    """What instances left that were ended on their way, where the disk outlives them."""
    for each in glob(f".{escape(name)}.*{_NOTE}", root_dir=parent):
        path = os.path.join(parent, each)
        with suppress(FileNotFoundError):  # another instance removes it as well
            if os.stat(path).st_mtime < time.time() - _ABANDONED:
                shutil.rmtree(path, ignore_errors=True)
