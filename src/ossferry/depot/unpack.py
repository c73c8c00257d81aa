"""Unpacks a zip into a folder of its own, if it is one that does no harm.

A zip can name places outside of the folder, bring links and devices, or be small and unpack to
more than any disk holds. All of that is judged before the first file is made; what is then written
is bounded by what was judged, because a member never gives more bytes than it declares.
"""

from __future__ import annotations

import lzma
import os
import shutil
import stat
import zlib
from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile, ZipInfo

from ..byte_range import GIB, MIB
from ..errors import DepotUnusable
from ..stop import Stop
from .side_by_side import side_by_side

# What zipfile raises for an archive that is damaged, encrypted, or of a kind that it cannot read;
# and OSError without a number, for bzip2.
_BROKEN = (BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError)
# Large members are decompressed outside of the interpreter's lock; small ones gain nothing.
_THREADS = 2
_LONGEST = 1000  # characters of a name: with longer ones the list of parents could be a bomb


class Limits(NamedTuple):
    """What an archive may unpack to; ``ratio`` is to the size of the archive itself.

    Deflate alone makes a thousand out of one, and only of something that is all the same.
    """

    files: int = 100_000
    size: int = 10 * GIB  # the largest disk that an instance can have
    ratio: int = 200


LIMITS = Limits()


def unpack(archive: str, folder: str) -> None:
    """Unpack into ``folder``, which must not exist; nobody else may have access to it yet."""
    try:
        with ZipFile(archive) as opened:
            members = opened.infolist()
            if any(member.header_offset < 0 for member in members):
                raise BadZipFile("its beginning is missing")
            check(members, os.path.getsize(archive), LIMITS)
            os.mkdir(folder)
            _unpack(opened, members, folder)
    except (*_BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DepotUnusable(f"it is no zip that can be unpacked: {error}") from error


def check(members: Iterable[ZipInfo], packed: int, limits: Limits) -> None:
    """Raise ``DepotUnusable`` for an archive of ``packed`` bytes that would do harm."""
    files: set[str] = set()
    folders: set[str] = set()
    size = 0
    for member in members:
        name = _judged(member)
        if name in files or (name in folders and not member.is_dir()):
            raise DepotUnusable(f"it has {name!r} twice")
        (folders if member.is_dir() else files).add(name)
        folders.update(_parents(name))
        size += member.file_size
        if len(files) + len(folders) > limits.files:
            raise DepotUnusable(f"it has more than {limits.files} files and folders")
    if clash := files & folders:
        raise DepotUnusable(f"it has {min(clash)!r} twice")
    if size > limits.size:
        raise DepotUnusable(f"it unpacks to {size} bytes, at most {limits.size} are allowed")
    if size > packed * limits.ratio:
        raise DepotUnusable(
            f"it unpacks to more than {limits.ratio} times its size, as no honest zip does"
        )


def _judged(member: ZipInfo) -> str:
    """The name of a member without a folder's last slash, if it is a plain file or folder."""
    name = member.filename.removesuffix("/")
    # The original, because zipfile cuts a name at a NUL.
    odd = any(sign < " " or sign == "\\" for sign in member.orig_filename)
    steps = name.split("/")
    if odd or len(name) > _LONGEST or any(step in ("", ".", "..") for step in steps):
        shown = member.orig_filename[:100]
        raise DepotUnusable(f"it has a file {shown!r}, whose name is not allowed")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFDIR if member.is_dir() else stat.S_IFREG):
        raise DepotUnusable(f"it has a link or a device, {name!r}: only files are unpacked")
    return name


def _parents(name: str) -> list[str]:
    steps = name.split("/")
    return ["/".join(steps[:count]) for count in range(1, len(steps))]


def _unpack(archive: ZipFile, members: Sequence[ZipInfo], folder: str) -> None:
    for name in sorted({_folder(member) for member in members}):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    stop = Stop()
    files = [member for member in members if not member.is_dir()]
    shares = [files[number::_THREADS] for number in range(_THREADS)]
    writes = [partial(_write, archive, share, folder, stop) for share in shares]
    side_by_side(writes, stop, _THREADS)


def _folder(member: ZipInfo) -> str:
    return member.filename.rpartition("/")[0]


def _write(archive: ZipFile, members: Sequence[ZipInfo], folder: str, stop: Stop) -> None:
    for member in members:
        if stop.is_set():
            return
        # Of the mode only whether it is a program; nothing in a depot becomes setuid.
        mode = 0o755 if member.external_attr >> 16 & 0o111 else 0o644
        path = os.path.join(folder, member.filename)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with open(file, "wb") as target, archive.open(member) as content:
            shutil.copyfileobj(content, target, MIB)
