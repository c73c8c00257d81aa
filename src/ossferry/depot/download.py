"""A source's bytes into a file on disk, by parallel ranges, proven by CRC64.

Memory is one buffer per stream, whatever the size. Each stream reads one range and writes it to
its place in the file, so nothing has to be put together afterwards.
"""

from __future__ import annotations

import os
from contextlib import closing
from functools import partial

from ..byte_range import MIB, ByteRange
from ..copying.body import RangeBody
from ..copying.reader import SourceReader
from ..crc64 import combine_all, crc64
from ..errors import ChecksumMismatch
from ..http.netguard import NetGuard
from ..retry import DEFAULT_POLICY
from ..source.probe import Source
from ..stop import Stop
from .side_by_side import side_by_side

_BUFFER = MIB
_LEAST = 4 * MIB  # bytes that are worth a connection of their own


class Download:
    """One source of known size, which honours ranges, until ``stop`` is set or time is up."""

    def __init__(self, source: Source, guard: NetGuard, *, deadline: float, stop: Stop) -> None:
        self._source = source
        self._guard = guard
        self._deadline = deadline
        self._stop = stop
        self._ended = Stop()

    def write_to(self, path: str, streams: int) -> None:
        """Make the file, which holds the source as it was probed unless this fails.

        Where the source's server gave no CRC64, ETag and length have to do.
        """
        source, size = self._source, self._source.size or 0
        step = max(-(-size // streams), _LEAST)
        ranges = [ByteRange(start, min(start + step, size)) for start in range(0, size, step)]
        with self._stop.then(self._ended.set), open(path, "xb") as file:
            reads = [partial(self._read, wanted, file.fileno()) for wanted in ranges]
            crcs = side_by_side(reads, self._ended, streams)
        crc = combine_all(zip(crcs, (wanted.size for wanted in ranges), strict=True))
        if source.crc64 not in (None, crc):
            raise ChecksumMismatch(f"its CRC64 is {source.crc64}, that of what arrived {crc}")

    def _read(self, wanted: ByteRange, file: int) -> int:
        """Write one range to its place; its CRC64 as it came from the source."""
        reader = SourceReader(self._source.ref, self._guard, self._deadline)
        body = RangeBody(
            reader, wanted, policy=DEFAULT_POLICY, deadline=self._deadline, stop=self._ended
        )
        buffer = memoryview(bytearray(_BUFFER))
        offset, crc = wanted.start, 0
        with closing(reader), self._ended.then(reader.interrupt):
            body.open()
            while count := body.read_some(buffer):
                crc = crc64(buffer[:count], crc)
                _write(file, buffer[:count], offset)
                offset += count
        return crc


def _write(file: int, view: memoryview, offset: int) -> None:
    while view:
        count = os.pwrite(file, view, offset)
        view, offset = view[count:], offset + count
