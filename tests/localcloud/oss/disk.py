"""Where the bytes are: files that live as long as somebody holds them.

A body is written once, by one ``Sink``, and never changed. Objects, parts, copies and replies
share its file through ``Extent``s; when the last of them lets go, the file is deleted. So an
overwritten object can still be read to its end, and completing an upload copies nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastcrc import crc64


class DataFile:
    """A file that is deleted with the last reference to this object."""

    __slots__ = ("__weakref__", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        # Not at exit: the data directory goes as a whole, and there can be many files.
        weakref.finalize(self, _delete, path).atexit = False


@dataclass(frozen=True, slots=True)
class Extent:
    """Some bytes of a file."""

    file: DataFile
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes on disk, in order."""

    extents: tuple[Extent, ...] = ()

    @property
    def size(self) -> int:
        return sum(extent.length for extent in self.extents)

    def slice(self, start: int, stop: int) -> Content:
        """Return the bytes ``start <= i < stop``, sharing the files."""
        return Content(tuple(self._pieces(start, stop)))

    def _pieces(self, start: int, stop: int) -> Iterator[Extent]:
        offset = 0
        for extent in self.extents:
            first, last = max(start - offset, 0), min(stop - offset, extent.length)
            if first < last:
                yield Extent(extent.file, extent.start + first, last - first)
            offset += extent.length

    @staticmethod
    def joined(contents: Iterable[Content]) -> Content:
        """Return the contents one after the other."""
        return Content(tuple(extent for content in contents for extent in content.extents))


@dataclass(frozen=True, slots=True)
class Stored:
    """What a finished body turned out to be."""

    content: Content
    md5: bytes
    crc64: int


class Sink:
    """Takes one body: writes, hashes and counts it. Its methods may run in any thread."""

    def __init__(self, path: Path, crc64_before: int) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file = path.open("xb", buffering=0)
        self._md5 = hashlib.md5()
        self._crc64 = crc64_before
        self.size = 0

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append the pieces; after ``close`` this does nothing, as nobody wants them any more."""
        with self._lock:
            for piece in pieces:
                if not self._file.closed:
                    self._write(piece)

    def finish(self) -> Stored:
        """Keep what was written."""
        with self._lock:
            self._file.close()
        if not self.size:
            self._path.unlink()
            return Stored(Content(), self._md5.digest(), self._crc64)
        content = Content((Extent(DataFile(self._path), 0, self.size),))
        return Stored(content, self._md5.digest(), self._crc64)

    def discard(self) -> None:
        """Forget what was written; waits for a write that is under way."""
        with self._lock:
            self._file.close()
            _delete(self._path)

    def _write(self, piece: bytes) -> None:
        rest = memoryview(piece)
        while rest:
            rest = rest[self._file.write(rest) or 0 :]
        self._md5.update(piece)
        self._crc64 = crc64.xz(piece, self._crc64)
        self.size += len(piece)


class Disk:
    """Makes sinks in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._directory.mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count()

    def sink(self, crc64_before: int = 0) -> Sink:
        """Open a sink; the CRC goes on from ``crc64_before``, for bodies that are appended."""
        return Sink(self._directory / f"{os.getpid()}-{next(self._numbers)}", crc64_before)


def read(content: Content, piece_size: int = 1 << 20) -> Iterator[bytes]:
    """Yield the bytes of a content."""
    for extent in content.extents:
        with extent.file.path.open("rb") as file:
            file.seek(extent.start)
            rest = extent.length
            while rest:
                piece = file.read(min(piece_size, rest))
                if not piece:
                    raise EOFError(f"{extent.file.path} is shorter than what was stored")
                yield piece
                rest -= len(piece)


def _delete(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
