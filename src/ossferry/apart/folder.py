"""A folder of its own on the local disk for each item, which nothing of it outlives.

What was left by an instance that crashed is removed by the next one on the same disk. Who works in
a folder holds a lock on it, because several instances may share the disk.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from glob import escape, glob
from typing import NamedTuple

from ..errors import ProgramFailed

PREFIX = "ossferry-program-"
_KEPT = 0.05  # of what is free, which others may need
_MOST = 10_000  # files that a program may leave
_SUFFIX = r"\.[A-Za-z0-9]{1,16}"


class Folder(NamedTuple):
    """``root`` has all of an item: the ``file`` that is its input, which nobody has made yet, the
    folder for its ``outputs``, and ``work`` for the rest. All are absolute paths."""

    root: str
    file: str
    outputs: str
    work: str


@contextmanager
def own_folder(suffix: str = "", disk: str = "") -> Iterator[Folder]:
    """A folder for the length of the block; the input gets this suffix, if it is a usual one.

    It is on the instance's disk, or where ``TMPDIR`` says that there is more room.
    """
    disk = disk or tempfile.gettempdir()
    _remove_abandoned(disk)
    root, lock = _made(disk)
    try:
        # The suffix only: many programs go by it, and no other piece of a key is to name a file.
        name = f"input{suffix if re.fullmatch(_SUFFIX, suffix) else ''}"
        folder = Folder(root, f"{root}/in/{name}", f"{root}/out", f"{root}/work")
        for each in (f"{root}/in", folder.outputs, folder.work):
            os.mkdir(each)
        yield folder
    finally:
        _remove(root)
        os.close(lock)


def free(folder: Folder) -> int:
    """Bytes of the disk that a program may still fill."""
    found = os.statvfs(folder.root)
    return int(found.f_bavail * found.f_frsize * (1 - _KEPT))


def used(folder: Folder) -> int:
    """Bytes of the disk that an item fills, its input besides."""
    return sum(_size(path) for path in (folder.outputs, folder.work))


def _size(path: str) -> int:
    """Also while the program makes and removes files."""
    total = 0
    with suppress(OSError), os.scandir(path) as entries:
        for entry in entries:
            with suppress(OSError):
                total += entry.stat(follow_symlinks=False).st_blocks * 512
                if entry.is_dir(follow_symlinks=False):
                    total += _size(entry.path)
    return total


def files_in(program: str, folder: str) -> dict[str, int]:
    """The size of each file by its path below the folder; once nobody writes there any more.

    ``ProgramFailed`` for what is no file: a link may lead to what only the function may read, and
    who opens a pipe waits for ever.
    """
    found: dict[str, int] = {}
    for name, size in _files(program, folder, ""):
        found[name] = size
        if len(found) > _MOST:
            raise ProgramFailed(f"the program {program} left more than {_MOST} files")
    return found


def _files(program: str, folder: str, below: str) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{below}{entry.name}"
            with suppress(UnicodeEncodeError):
                name.encode()
                about = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(about.st_mode):
                    yield from _files(program, entry.path, f"{name}/")
                    continue
                if stat.S_ISREG(about.st_mode) and name.isprintable():
                    yield name, about.st_size
                    continue
            what = "which is no plain file" if name.isprintable() else "whose name no key can have"
            raise ProgramFailed(
                f"the program {program} left {ascii(name)[:200]}, {what}: only files are kept"
            )


def opened(path: str) -> int:
    """A descriptor of an output, if it is a file as it seemed to be."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no file any more")
    return descriptor


def _made(disk: str) -> tuple[str, int]:
    """A new folder, and the lock on it."""
    while True:
        root = tempfile.mkdtemp(prefix=PREFIX, dir=disk)
        with suppress(FileNotFoundError):  # who removes what is abandoned may have been faster
            lock = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
            if _locked(lock) and os.path.isdir(root):
                return root, lock
            os.close(lock)


def _remove_abandoned(disk: str) -> None:
    for root in glob(f"{escape(disk)}/{PREFIX}*"):
        with suppress(OSError):
            lock = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if _locked(lock):
                    _remove(root)
            finally:
                os.close(lock)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove(root: str) -> None:
    """Also what a program made unreadable."""

    def again(action: Callable[[str], object], path: str, _: object) -> None:
        with suppress(OSError):
            os.chmod(os.path.dirname(path), 0o700)
            if not os.path.islink(path):
                os.chmod(path, 0o700)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)

    shutil.rmtree(root, onerror=again)
    if os.path.isdir(root):
        shutil.rmtree(root, ignore_errors=True)
