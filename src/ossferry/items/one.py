"""One small item: a GET and a PUT, or one request by which OSS copies it itself.

Held in memory between the two, so that a hiccup of OSS does not cost the source another request,
and nothing is written that is not whole. What is larger than that is left to others.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial

from ..byte_range import KIB, MIB
from ..context import Context
from ..copying.copy_job import SourceRef
from ..copying.reader import SourceReader
from ..crc64 import crc64
from ..errors import (
    FerryError,
    ObjectExists,
    OutOfTime,
    SourceUnavailable,
)
from ..http.connections import Connections
from ..http.netguard import NetGuard
from ..jobs import ObjectInfo, TransferJob
from ..names import ObjectName
from ..settings import Settings
from ..source.expectations import Expectations, is_source
from ..source.object_headers import at_creation
from ..source.probe import as_read
from .buckets import Buckets
from .inside import copied_inside
from .job import Item
from .row import Row, row_of

SMALL = 8 * MIB  # bytes: also the most that a transfer copies in one request
_HELD = 64 * MIB  # bytes of all items that are held at once
_FIRST_HELD = 256 * KIB  # bytes for a source that does not say its size, to begin with
_PATIENCE = 120.0  # seconds for the bytes of a small item; then it is not what this is for
_DRAINED = 256 * KIB  # bytes that are read to keep a connection whose reply is not wanted

_Tell = Callable[..., Row]


class Memory:
    """So many bytes may be held at once by all streams of an instance."""

    def __init__(self, size: int = _HELD) -> None:
        self._left = size
        self._changed = threading.Condition()

    @contextmanager
    def of(self, size: int) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: self._left >= size)
            self._left -= size
        try:
            yield
        finally:
            with self._changed:
                self._left += size
                self._changed.notify_all()


class Hands:
    """What one stream copies with. Not thread-safe, but for ``interrupt``."""

    def __init__(
        self,
        context: Context,
        settings: Settings,
        guard: NetGuard,
        memory: Memory,
        deadline: float,
        sleep: Callable[[float], object],
    ) -> None:
        self._guard = guard
        self._sources = Connections(guard)
        self._memory = memory
        self._deadline = deadline
        self._buckets = Buckets(context, settings, deadline, sleep)
        self._ended = False
        self.source_requests = 0
        self.large: TransferJob | None = None  # the last one that is left to others

    @property
    def oss_requests(self) -> int:
        return self._buckets.requests

    def copy(self, item: Item, job: TransferJob) -> Row | None:
        """What came of it; None if it is too large, or else no matter of one request each.

        Raises what kept it from being copied; ``SourceBusy`` if its host wants to be left alone.
        """
        self.large = job
        key, target = job.target.key, self._buckets.of(job.target)
        look = item.look and job.overwrite != "always"
        existing = target.head(key) if look else None
        row = partial(row_of, item.number, shown(job), key, query=has_query(job))
        kept = partial(row, "skipped", reason="it exists, and overwrite is never")
        if existing and job.overwrite == "never":
            return kept(size=existing.size)
        try:
            return self._copied(row, item, job, existing)
        except ObjectExists:  # since it was looked for, or since somebody else looked
            return kept()

    def _copied(
        self, row: _Tell, item: Item, job: TransferJob, existing: ObjectInfo | None
    ) -> Row | None:
        if not isinstance(job.source, ObjectName):
            return self._through(row, job, SourceRef(job.source, job.source_headers), existing)
        if job.source.region == job.target.region and not _wants_more(job):
            copied = copied_inside(self._buckets, row, item, job, job.source, existing)
            if copied is None:
                self.large = self._tagged(job)  # which parts have none of
            return copied
        return self._through(row, job, self._buckets.signed(job.source), existing)

    def interrupt(self) -> None:
        self._ended = True
        self._sources.interrupt()
        self._buckets.interrupt()

    def close(self) -> None:
        self._sources.close()
        self._buckets.close()

    def _through(
        self,
        row: _Tell,
        job: TransferJob,
        ref: SourceRef,
        existing: ObjectInfo | None,
    ) -> Row | None:
        self.source_requests += 1
        reader = SourceReader(ref, self._guard, self._deadline, self._sources)
        with _left_reusable(reader):
            reply = reader.open_whole()
            source = as_read(ref, reply)
            expected = Expectations.of(job, source)
            expected.check_size(source.size)
            if existing and is_source(existing, job, source):
                return row("unchanged", size=existing.size, crc64=existing.crc64)
            tags = reply.headers.get("x-oss-tagging-count")
            if source.size is not None and source.size > SMALL:
                self.large = self._tagged(job, tags)
                return None
            with self._held(reader, source.size) as body:
                if body is None:
                    return None
                crc = crc64(body)
                wanted = job.expected_md5
                md5 = wanted and hashlib.md5(body, usedforsecurity=False).hexdigest()
                expected.check(len(body), crc, md5)
                headers = at_creation(self._tagged(job, tags), source)
                info = self._buckets.of(job.target).put(job.target.key, headers, body)
        return row("copied", size=info.size, crc64=crc)

    @contextmanager
    def _held(self, reader: SourceReader, size: int | None) -> Iterator[memoryview | None]:
        """The whole source; None if there is more of it than is held, or it takes too long.

        Most that do not say their size are short. Who waits for the memory of a long one keeps that
        of the beginning, which is never so much that nobody could go on.
        """
        until = min(self._deadline, time.monotonic() + _PATIENCE)
        with ExitStack() as stack:
            first = _FIRST_HELD if size is None else size
            stack.enter_context(self._memory.of(first))
            held = memoryview(bytearray(first))
            filled = self._fill(reader, held, 0, until)
            if size is None and filled == first:
                stack.enter_context(self._memory.of(SMALL + 1))
                longer = memoryview(bytearray(SMALL + 1))
                longer[:filled] = held
                held, filled = longer, self._fill(reader, longer, filled, until)
            if self._ended:
                raise OutOfTime("the copying had to end before it was done")
            late = filled != size and time.monotonic() >= until
            more = memoryview(bytearray(1))
            if size is not None and not late and (filled != size or reader.readinto(more)):
                raise SourceUnavailable(f"the source announced {size} bytes, and gave more or less")
            yield None if late or filled > SMALL else held[:filled]

    def _fill(self, reader: SourceReader, view: memoryview, filled: int, until: float) -> int:
        """How much of the view is filled when the source ends, or time is up."""
        while filled < len(view) and time.monotonic() < until:
            count = reader.readinto(view[filled:])
            if not count:
                break
            filled += count
        return filled

    def _tagged(self, job: TransferJob, count: str | None = "") -> TransferJob:
        """With the tags of its source in OSS, which no reply has; ``count`` is how many it told."""
        if (
            not isinstance(job.source, ObjectName)
            or count in (None, "0")
            or job.tagging is not None
        ):
            return job
        tagging = self._buckets.of(job.source, read_only=True).tags(job.source.key)
        return replace(job, tagging=tagging)


def shown(job: TransferJob) -> str:
    return str(job.source) if isinstance(job.source, ObjectName) else job.source.redacted


def has_query(job: TransferJob) -> bool:
    """Whether what is shown of the source is less than what it takes to read it."""
    return not isinstance(job.source, ObjectName) and job.source.reveal() != job.source.redacted


def _wants_more(job: TransferJob) -> bool:
    """Whether the object is to have, or to be checked by, what OSS's own copy cannot give."""
    return job.expected_md5 is not None or job.content_type is not None or bool(job.metadata)


@contextmanager
def _left_reusable(reader: SourceReader) -> Iterator[None]:
    """Keep the connection if what is left of the reply is little, whatever becomes of it."""
    try:
        yield
    except FerryError:
        reader.drain(_DRAINED)
        raise
    except Exception:
        reader.close()
        raise
    reader.drain(_DRAINED)
