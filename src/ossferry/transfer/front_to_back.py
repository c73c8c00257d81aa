"""Copies a source in one pass, for sources that cannot be split and those too small to be.

What fits in memory is held until OSS has it, so that a hiccup of OSS does not cost a source that
cannot be read twice. Larger parts flow through one buffer.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from mmap import mmap

from ..byte_range import MIB
from ..checksums import second
from ..copying.body import Body
from ..copying.copy_job import CopiedPart
from ..copying.stream import copied
from ..copying.upload import Uploader
from ..crc64 import crc64
from ..errors import ChecksumMismatch, PartDamaged, TargetRefused
from ..retry import DEFAULT_POLICY, RetryPolicy, call
from ..source.checks import Check
from ..urls import Url

BUFFER = MIB
# Parts up to this size are held in memory, so that OSS hiccups do not cost the source, which could
# not be read again.
HELD_AT_MOST = 32 * MIB
NO_HEADERS: Mapping[str, str] = {}


class FrontToBack:
    """One pass over ``body``, which is open: ``begin``, then either ``put`` or ``parts``, once.

    ``part_sizes`` are those of the parts in order, ``size`` is the length of it all if the source
    says it. ``sleep`` is what passes between attempts to send a part. ``crc64`` and ``md5``
    (hexadecimal, if asked for) are of what has been read so far; so is ``check``, the second
    checksum, if ``checksum`` names one. ``sends`` counts what was sent to OSS, also in vain.
    """

    def __init__(
        self,
        body: Body,
        part_sizes: Iterator[int],
        size: int | None,
        *,
        deadline: float,
        sleep: Callable[[float], object],
        with_md5: bool = False,
        checksum: str = "",
        policy: RetryPolicy = DEFAULT_POLICY,
    ) -> None:
        self._body = body
        self._part_sizes = part_sizes
        self._size = size
        self._deadline = deadline
        self._sleep = sleep
        self._policy = policy
        self._uploader = Uploader(deadline)
        self._memory = memoryview(mmap(-1, BUFFER))
        self._md5 = hashlib.md5(usedforsecurity=False) if with_md5 else None
        self._first = 0
        self.size = 0
        self.sends = 0
        self.crc64 = 0
        self._checksum = checksum
        self._second = second(checksum)
        self._value = 0

    @property
    def md5(self) -> str | None:
        return self._md5.hexdigest() if self._md5 else None

    @property
    def check(self) -> Check | None:
        return Check(self._checksum, self._value) if self._checksum else None

    def begin(self) -> bool:
        """Read the first part into memory; whether that is the whole source."""
        self._first = next(self._part_sizes, 0)
        if self._first > HELD_AT_MOST:
            return False
        self._grow(self._first)
        self._read(self._memory[: self._first])
        return self.size < self._first or self.size == self._size

    @property
    def content_md5(self) -> str:
        """Of what ``begin`` read, in base64, as HTTP writes it."""
        held = hashlib.md5(self._memory[: self.size], usedforsecurity=False)
        return b64encode(held.digest()).decode()

    def put(self, url: Url, headers: Mapping[str, str]) -> CopiedPart:
        """Send all of it, which ``begin`` read, in one request."""
        return self._send(1, self._memory[: self.size], url, headers)

    def parts(self, sign: Callable[[int], Url]) -> Iterator[CopiedPart]:
        """Send it part by part; ``sign`` gives the URL for a number."""
        number = 1
        if self.size:
            yield self._send(number, self._memory[: self.size], sign(number), NO_HEADERS)
        else:
            yield from self._next_part(number, self._first, sign)
        for number, part_size in enumerate(self._part_sizes, 2):
            before = self.size
            yield from self._next_part(number, part_size, sign)
            if self.size - before < part_size:
                return  # the source has ended; the sizes left are for a longer one
        if self._size is None and self._read(self._memory[:1]):
            raise TargetRefused(
                f"the source is longer than {number} parts hold: give a larger part_size"
            )

    def finish(self) -> None:
        """Raise unless the source ends where it said; before anything is made of it."""
        self._body.finish()

    def interrupt(self) -> None:
        """End what another thread waits for at OSS; it fails there."""
        self._uploader.interrupt()

    def close(self) -> None:
        self._uploader.close()

    def _next_part(
        self, number: int, part_size: int, sign: Callable[[int], Url]
    ) -> Iterator[CopiedPart]:
        """One part, or none where the source ended."""
        if part_size <= HELD_AT_MOST:
            self._grow(part_size)
        first = self._read(self._memory[: min(part_size, len(self._memory))])
        if first == part_size or (first and first < len(self._memory)):
            yield self._send(number, self._memory[:first], sign(number), NO_HEADERS)
        elif first:
            yield self._flow(number, part_size, first, sign(number))

    def _flow(self, number: int, part_size: int, first: int, url: Url) -> CopiedPart:
        """A part larger than the memory, of which the first bytes are there. Not repeatable."""
        length = None if self._size is None else min(part_size, self._size - self.size + first)
        self.sends += 1
        self._uploader.begin(url, NO_HEADERS, length)
        crc, sent, count = 0, 0, first
        while count:
            crc = crc64(self._memory[:count], crc)
            self._uploader.send(self._memory[:count])
            sent += count
            count = self._read(self._memory[: min(len(self._memory), part_size - sent)])
        return copied(number, sent, crc, self._uploader.finish())

    def _send(
        self, number: int, held: memoryview, url: Url, headers: Mapping[str, str]
    ) -> CopiedPart:
        crc = crc64(held)

        def attempt() -> CopiedPart:
            self.sends += 1
            self._uploader.begin(url, headers, len(held))
            self._uploader.send(held)
            return copied(number, len(held), crc, self._uploader.finish())

        try:
            return call(attempt, self._policy, deadline=self._deadline, sleep=self._sleep)
        except PartDamaged as error:
            raise ChecksumMismatch(error.message) from error

    def _grow(self, size: int) -> None:
        if len(self._memory) < size:
            self._memory = memoryview(mmap(-1, size))

    def _read(self, view: memoryview) -> int:
        count = self._body.read(view)
        self.size += count
        self.crc64 = crc64(view[:count], self.crc64)
        self._value = self._second(view[:count], self._value)
        if self._md5:
            self._md5.update(view[:count])
        return count
