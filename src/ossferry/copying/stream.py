"""The copy path: one ranged GET -> CRC64 -> one PUT, through one buffer.

A stream is one thread with one connection on each side and one buffer; memory does not depend on
the size of a part. A checksum of another kind that the source tells is computed from the same
buffer. It owns two failures: a source that hiccups is opened again at the byte where
it stopped, without giving up the PUT; a PUT that fails is sent again from its first byte.

While OSS's answer to one part is awaited, the source has the request for the next one already.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from mmap import mmap

from ..byte_range import KIB, MIB
from ..checksums import second
from ..crc64 import crc64
from ..errors import ChecksumMismatch, FerryError, PartDamaged, TargetError
from ..http.netguard import NetGuard
from ..retry import DEFAULT_POLICY, RetryPolicy, call
from ..stop import Stop
from .body import RangeBody
from .copy_job import CopiedPart, PartJob, SourceRef
from .lagging import once
from .reader import SourceReader
from .upload import Stored, Uploader

# A large buffer saves CPU where few streams are fast. Many are slow, and fill little of one.
_FIRST = 8
LARGE, SMALL = 2 * MIB, 128 * KIB

# The part that is copied next, if it is known; left by an error if the present one is not done.
Ahead = Callable[[], AbstractContextManager[PartJob | None]]


def buffer_for(large: int) -> int:
    """Bytes of the buffer of one more stream in an instance where so many have a large one."""
    return LARGE if large < _FIRST else SMALL


class Stream:
    """Copies parts one after another. Only ``call_off`` may be called by another thread."""

    def __init__(
        self,
        source: SourceRef,
        guard: NetGuard,
        *,
        deadline: float,
        buffer_size: int = LARGE,
        policy: RetryPolicy = DEFAULT_POLICY,
    ) -> None:
        self.source = source
        self._reader = SourceReader(source, guard, deadline)
        self._uploader = Uploader(deadline)
        self._checksum = source.checksum
        self._second = second(source.checksum)
        self.buffer_size = buffer_size
        # Mapped, so that a reused instance gives it back when the stream is closed.
        self._buffer = memoryview(mmap(-1, buffer_size))
        self._deadline = deadline
        self._stop = Stop()
        self._policy = policy
        self.sent = 0  # bytes of the part that is being copied
        self.moved = 0  # bytes in all, sent again or not
        self.delayed = 0.0  # seconds by which OSS says it held answers back
        self.retried = 0  # parts sent again and sources opened again

    def copy(
        self,
        part: PartJob,
        lagging: Callable[[], bool] = lambda: False,
        ahead: Ahead = nullcontext,
    ) -> CopiedPart:
        """Copy one part; send it again if OSS hiccups or stored something else.

        A source that is busy when the part begins is asked no second time: whoever gives out parts
        knows which streams it serves.

        ``lagging`` is asked between pieces and in each second of silence: once in a part, a source
        connection that falls far behind its peers is given up for another. ``ahead`` is entered
        when all bytes are sent, and left when OSS's answer has been judged.
        """
        attempts = 0
        self._reader.given_up = slow = once(lagging)

        def attempt() -> CopiedPart:
            nonlocal attempts
            attempts += not self._stop.is_set()  # who is called off sends nothing again
            return self._send(part, slow, ahead)

        try:
            return call(
                attempt,
                self._policy,
                deadline=self._deadline,
                owned=(TargetError, PartDamaged),
                sleep=self._stop.wait,
            )
        except PartDamaged as error:
            raise ChecksumMismatch(error.message) from error
        finally:
            self.retried += max(0, attempts - 1)

    def call_off(self) -> None:
        """Make ``copy`` end soon, by whatever error."""
        self._stop.set()
        self._reader.interrupt()
        self._uploader.interrupt()

    def close(self) -> None:
        """For good."""
        self._reader.close()
        self._uploader.close()
        self._buffer = memoryview(b"")  # now, not when somebody comes to collect cycles

    def _send(self, part: PartJob, slow: Callable[[], bool], ahead: Ahead) -> CopiedPart:
        body = RangeBody(
            self._reader, part.range, policy=self._policy, deadline=self._deadline, stop=self._stop
        )
        try:
            body.open_if_free()  # before the PUT: a source that refuses costs OSS no request
            self._uploader.begin(part.url, {}, part.range.size)
            crc = check = self.sent = 0
            while count := body.read_some(self._buffer):
                crc = crc64(self._buffer[:count], crc)
                check = self._second(self._buffer[:count], check)
                self._uploader.send(self._buffer[:count])
                self.sent += count
                self.moved += count
                if slow():
                    body.elsewhere()
            with ahead() as following:
                if following is not None:
                    self._reader.ask_ahead(following.range)
                stored = self._uploader.finish()
                self.delayed += stored.delayed
                return copied(part.number, part.range.size, crc, stored)._replace(
                    check=check, checksum=self._checksum
                )
        except FerryError:
            self._uploader.close()
            raise
        finally:
            self.retried += body.reopened


def copied(number: int, size: int, crc: int, stored: Stored) -> CopiedPart:
    """The part as copied, if what OSS stored is what was sent."""
    if stored.crc64 is not None and stored.crc64 != crc:
        raise PartDamaged(
            f"part {number}: OSS stored bytes with CRC64 {stored.crc64}, sent was {crc}"
        )
    return CopiedPart(number, size, stored.etag, crc, confirmed=stored.crc64 is not None)
