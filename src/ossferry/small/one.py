"""One small item: a GET and a PUT, or one request by which OSS copies it itself.

Held in memory between the two, so that a hiccup of OSS does not cost the source another request,
and nothing is written that is not whole. What is larger than that is left to others.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from ..byte_range import KIB
from ..context import Context
from ..copying.copy_job import SourceRef
from ..copying.reader import SourceReader
from ..crc64 import crc64
from ..entries import ObjectInfo
from ..errors import (
    FerryError,
    ObjectExists,
    SourceArchived,
    SourceGone,
    SourceRefused,
)
from ..http.connections import Connections
from ..http.netguard import NetGuard
from ..jobs import TransferJob
from ..names import ObjectName
from ..origins.place import ForeignName
from ..oss.direct import LIFETIME, Direct
from ..settings import Settings
from ..source.checks import checked
from ..source.expectations import Expectations, is_source, remembered
from ..source.frozen import require_readable, told
from ..source.identity import Identity
from ..source.object_headers import at_creation, lacks
from ..source.probe import Source, as_read, look
from ..urls import Url
from .buckets import Buckets
from .done import Done, Laps
from .held import SMALL, Memory, held
from .inside import copied_as_transferred, copied_inside, is_same
from .item import Item

_DRAINED = 256 * KIB  # bytes that are read to keep a connection whose reply is not wanted
_KEPT = "it exists, and overwrite is never"


class Hands:
    """What one stream copies with. Not thread-safe, but for ``interrupt``.

    ``as_transfer``: the object becomes what a transfer would make of it, and what a transfer
    decides by more than one look is left to it.
    """

    def __init__(
        self,
        context: Context,
        settings: Settings,
        guard: NetGuard,
        memory: Memory,
        deadline: float,
        sleep: Callable[[float], object],
        *,
        as_transfer: bool = False,
    ) -> None:
        self._guard = guard
        self._foreign = settings.foreign
        self._sources = Connections(guard)
        self._memory = memory
        self._deadline = deadline
        self._buckets = Buckets(context, settings, deadline, sleep)
        self._as_transfer = as_transfer
        self._ended = False
        self._laps = Laps()
        self.source_requests = 0
        self.large: TransferJob | None = None  # the last one that is left to others
        self.large_size = 0  # bytes, as far as they are known

    @property
    def oss_requests(self) -> int:
        return self._buckets.requests

    def copy(self, item: Item, job: TransferJob) -> Done | None:
        """What came of it; None if it is too large, or else no matter of one request each.

        Raises what kept it from being copied; ``SourceBusy`` if its host wants to be left alone.
        """
        self.large, self.large_size, self._laps = job, item.size or 0, Laps()
        key, target = job.target.key, self._buckets.of(job.target)
        existing = None
        if item.look and job.overwrite != "always":
            existing = target.head(key)
            self._laps.lap("probe")
        if existing and job.overwrite == "never" and not self._as_transfer:
            return Done("skipped", existing, reason=_KEPT)
        try:
            return self._copied(item, job, existing)
        except ObjectExists:  # since it was looked for, or since somebody else looked
            return Done("skipped", reason=_KEPT)

    def _copied(self, item: Item, job: TransferJob, existing: ObjectInfo | None) -> Done | None:
        name = job.source
        if isinstance(name, ForeignName):
            return self._elsewhere(item, job, name, existing)
        if isinstance(name, Url):
            return self._through(job, SourceRef(name, job.source_headers), existing)
        inside = self._buckets.may_copy(name, job.target, job.credentials)
        if inside and not self._as_transfer and not _wants_more(job):
            copied = copied_inside(self._buckets, item, job, name, existing)
            if copied is None:
                self.large = self._tagged(job)  # which parts have none of
            return copied
        if inside and self._as_transfer:
            return self._inside(job, name, existing)
        return self._object(item, job, name, existing)

    def _elsewhere(
        self, item: Item, job: TransferJob, name: ForeignName, existing: ObjectInfo | None
    ) -> Done | None:
        """An object of another cloud, by a URL that is signed here. What is known to be large is
        not even asked for, and a transfer looks for what proves it besides."""
        if self._as_transfer or (item.size or 0) > SMALL:
            return None
        from ..source.foreign import Foreign  # which few sources need

        foreign = Foreign(name, self._foreign, job.credentials, job.source_headers)
        seconds = max(0.0, self._deadline - time.monotonic()) + LIFETIME
        try:
            return self._through(job, foreign.whole(seconds), existing)
        except SourceArchived as error:
            raise foreign.archived() from error
        except (SourceRefused, SourceGone) as error:
            self.source_requests += 1
            raise foreign.explained(error, self._guard, self._deadline) from error

    def interrupt(self) -> None:
        self._ended = True
        self._sources.interrupt()
        self._buckets.interrupt()

    def close(self) -> None:
        self._sources.close()
        self._buckets.close()

    def _object(
        self, item: Item, job: TransferJob, name: ObjectName, existing: ObjectInfo | None
    ) -> Done | None:
        """An object through this instance. What nobody has listed is looked at before: who asks
        for an archived object pays for all of it, even for a reply that is not read."""
        paid = job.direct_read
        found = None
        if not item.etag and not paid:
            found = self._source(job, name).head(name.key)
        if found:
            if existing and is_same(existing, found):
                return Done("unchanged", existing, crc64=existing.crc64)
            require_readable(name, found, direct_read=paid)
        with self._telling(name, job):
            return self._through(job, self._signed(job, name), existing)

    def _source(self, job: TransferJob, name: ObjectName) -> Direct:
        return self._buckets.of(name, read_only=True, chosen=job.credentials)

    def _signed(self, job: TransferJob, name: ObjectName) -> SourceRef:
        return self._buckets.signed(name, direct_read=job.direct_read, chosen=job.credentials)

    def _inside(
        self, job: TransferJob, name: ObjectName, existing: ObjectInfo | None
    ) -> Done | None:
        """By OSS, as a transfer has it; through the function what only the bytes can tell."""
        ref = self._signed(job, name)
        with self._telling(name, job):
            with self._reading(ref) as reader:
                source = look(ref, reader)
            Expectations.of(job, source).check_source(source)
            self._laps.lap("probe")
            if existing and is_source(existing, job, source):
                return self._unchanged(existing, job, source)
            if existing and self._is_doubtful(existing, job, source):
                return None
            copied = copied_as_transferred(self._buckets, job, name, source)
            if copied is None:
                return self._through(job, ref, existing)
        self._laps.lap("copy")
        return copied._replace(seconds=self._laps.seconds)

    @contextmanager
    def _telling(self, name: ObjectName, job: TransferJob) -> Iterator[None]:
        """Say more of an archived object than OSS does."""
        try:
            yield
        except SourceArchived as error:
            head = self._source(job, name).head
            raise told(error, name, head, direct_read=job.direct_read) from error

    def _through(
        self, job: TransferJob, ref: SourceRef, existing: ObjectInfo | None
    ) -> Done | None:
        with self._reading(ref) as reader:
            reply = reader.open_whole()
            source = as_read(ref, reply)
            expected = Expectations.of(job, source)
            expected.check_source(source)
            if existing and is_source(existing, job, source):
                return self._unchanged(existing, job, source)
            if existing and self._is_doubtful(existing, job, source):
                return None
            tags = reply.headers.get("x-oss-tagging-count")
            if source.size is not None and source.size > SMALL:
                self.large, self.large_size = self._tagged(job, tags), source.size
                return None
            with self._held(reader, source) as body:
                if body is None:
                    return None
                crc = crc64(body)
                wanted = job.expected_md5
                md5 = wanted and hashlib.md5(body, usedforsecurity=False).hexdigest()
                check = checked(source.checksum, body)
                expected.check(len(body), crc, md5, check)
                self._laps.lap("read")
                known = _of_size(source, len(body)) if self._as_transfer else source
                if existing and source.size is None and is_source(existing, job, known):
                    return self._unchanged(existing, job, source)
                headers = at_creation(self._tagged(job, tags), known)
                info = self._buckets.of(job.target).put(job.target.key, headers, body)
                self._laps.lap("copy")
        proof = tuple(expected.proof([], info, md5, check))
        return Done("copied", info, source, crc, proof, seconds=self._laps.seconds)

    @contextmanager
    def _reading(self, ref: SourceRef) -> Iterator[SourceReader]:
        """One request, mostly; its connection is kept if what is left of the reply is little."""
        self.source_requests += 1
        reader = SourceReader(ref, self._guard, self._deadline, self._sources)
        with _left_reusable(reader):
            yield reader

    def _unchanged(self, existing: ObjectInfo, job: TransferJob, source: Source) -> Done | None:
        if self._as_transfer and lacks(existing, job):
            return None
        self._laps.lap("probe")
        seconds = self._laps.seconds
        return Done("unchanged", existing, source, existing.crc64, seconds=seconds)

    def _is_doubtful(self, existing: ObjectInfo, job: TransferJob, source: Source) -> bool:
        """Whether a transfer would look again before it says what is to become of the object: its
        source may have nodes that give it several ETags, or the object may have to stay."""
        may_be = remembered(existing).may_be_same(Identity.of(source))
        return self._as_transfer and (job.overwrite == "never" or may_be)

    def _held(
        self, reader: SourceReader, source: Source
    ) -> AbstractContextManager[memoryview | None]:
        return held(reader, source.size, self._memory, self._deadline, lambda: self._ended)

    def _tagged(self, job: TransferJob, count: str | None = "") -> TransferJob:
        """With the tags of its source in OSS, which no reply has; ``count`` is how many it told."""
        if (
            not isinstance(job.source, ObjectName)
            or self._as_transfer
            or count in (None, "0")
            or job.tagging is not None
        ):
            return job
        tagging = self._source(job, job.source).tags(job.source.key)
        return replace(job, tagging=tagging)


def _of_size(source: Source, size: int) -> Source:
    """As it would be known by a reply that says how long it is: an answer to a range does."""
    ref = source.ref
    return replace(source, ref=ref._replace(pin=ref.pin._replace(size=size)))


def _wants_more(job: TransferJob) -> bool:
    """Whether the object is to have, or to be checked by, what OSS's own copy cannot give."""
    if job.expected_md5 is not None or job.expected_content_type is not None:
        return True
    return job.content_type is not None or bool(job.metadata)


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
