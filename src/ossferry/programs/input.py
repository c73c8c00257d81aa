"""The object that a program is run over: as a verified file, or as a stream that is verified.

Read by parallel ranges, each of which must be of the object as it was when it was looked at, and
proven by OSS's CRC64 before a program sees it. A stream is proven when it ends, before anything
that the program made of it counts.
"""

from __future__ import annotations

import errno
from contextlib import closing
from functools import partial
from typing import IO

from ..byte_range import MIB, ByteRange
from ..cloud import Cloud
from ..copying.body import Body, RangeBody, WholeBody
from ..copying.copy_job import SourceRef
from ..copying.reader import SourceReader
from ..crc64 import crc64
from ..depot.download import Download
from ..errors import ChecksumMismatch, FerryError, ProgramFailed, SourceArchived
from ..names import ObjectName
from ..retry import DEFAULT_POLICY
from ..source.frozen import told
from ..source.probe import Source, probe
from ..stop import Stop
from ..transfer.patience import patiently

_STREAMS = 16  # each has a buffer of 1 MiB
_PIECE = 256 * 1024


def look(name: ObjectName, cloud: Cloud) -> Source:
    """The object as it is now, to be read with a URL that is signed for it."""
    bucket = cloud.source_bucket(name)
    ref = SourceRef(bucket.get_url(name.key), unpaid=True)
    try:
        return patiently(partial(probe, ref, cloud.guard, cloud.last_call), cloud)
    except SourceArchived as error:
        raise told(error, name, bucket.head, direct_read=False) from error


def fetch(source: Source, path: str, cloud: Cloud, streams: int, stop: Stop, room: int) -> None:
    """Make the file, which then is the object; ``room`` is how many bytes the disk has for it."""
    size = source.size or 0
    if size > room:
        raise ProgramFailed(
            f"the object has {size:,} bytes, and the disk {room:,} free: give the function a larger"
            " disk (diskSize), or let the program read a stream"
        )
    download = Download(source, cloud.guard, deadline=cloud.last_call, stop=stop)
    try:
        download.write_to(path, min(streams, _STREAMS))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ProgramFailed(
                f"the disk has no room for the {size:,} bytes of the object: give the function a"
                " larger one (diskSize), or let the program read a stream"
            ) from error
        raise


class Streamed:
    """An object as a program's standard input. ``check`` is what makes it count."""

    def __init__(self, source: Source, cloud: Cloud) -> None:
        self._source = source
        self._cloud = cloud
        self._ended = Stop()
        self._error: FerryError | None = None
        self._given_up = False
        self._crc64 = 0
        self._size = 0

    def write_to(self, stdin: IO[bytes]) -> None:
        """All of it, also what the program does not want any more: that has to be proven, too."""
        cloud = self._cloud
        reader = SourceReader(self._source.ref, cloud.guard, cloud.last_call)
        try:
            with closing(reader), cloud.stop.then(self._end), self._ended.then(reader.interrupt):
                self._copy(self._body(reader), stdin)
        except FerryError as error:
            if not self._given_up:
                self._error = error
                self._failed_early(stdin)

    def give_up(self) -> None:
        """The program has failed, and nobody needs the rest."""
        self._given_up = True
        self._end()

    def require_read(self) -> None:
        """Raise if it could not be read, which may be all that a program's failure means."""
        if self._error is not None:
            raise self._error

    def check(self) -> None:
        """Raise unless all of the object was read, and was what OSS says that it is."""
        self.require_read()
        source = self._source
        if self._size != source.size or source.crc64 not in (None, self._crc64):
            raise ChecksumMismatch(
                f"the object has {source.size} bytes with CRC64 {source.crc64}, and {self._size}"
                f" with {self._crc64} arrived"
            )

    def _end(self) -> None:
        self._ended.set()

    @staticmethod
    def _failed_early(stdin: IO[bytes]) -> None:
        """A program that waits for more is not to take this for the end of its input, but it cannot
        be told otherwise; ``check`` refuses what it makes of that."""
        try:
            stdin.close()
        except OSError:
            return

    def _body(self, reader: SourceReader) -> Body:
        cloud, size = self._cloud, self._source.size
        if self._source.splittable and size:
            body = RangeBody(
                reader,
                ByteRange(0, size),
                policy=DEFAULT_POLICY,
                deadline=cloud.last_call,
                stop=self._ended,
            )
            body.open()
            return body
        reader.open_whole()
        return WholeBody(reader, cloud.last_call, self._ended, 0)

    def _copy(self, body: Body, stdin: IO[bytes]) -> None:
        buffer = memoryview(bytearray(min(_PIECE, MIB)))
        wanted = True
        while count := body.read_some(buffer):
            self._crc64 = crc64(buffer[:count], self._crc64)
            self._size += count
            if wanted:
                try:
                    stdin.write(buffer[:count])
                except (OSError, ValueError):
                    wanted = False
        body.finish()
