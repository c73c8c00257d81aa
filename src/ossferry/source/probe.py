"""The source as a coordinator sees it: how large it is, whether it can be split, what it is.

HEAD is never used: a URL signed for GET refuses it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace

from ..copying.copy_job import SourceRef
from ..copying.judge import content_length, pin_of, refusal
from ..copying.reader import SourceReader
from ..http.content_range import content_range
from ..http.head import Headers
from ..http.netguard import NetGuard
from ..http.reply import Reply
from ..log import log
from .checks import Check, checks_of, second_of, value_of

# Of a source's headers, those that OSS keeps with an object. Not Expires: a moment, not a property.
_STANDARD = (
    "Content-Type",
    "Content-Encoding",
    "Content-Disposition",
    "Content-Language",
    "Cache-Control",
)


@dataclass(frozen=True, slots=True)
class Source:
    """A source as probed. ``headers`` are those that become the object's, ``metadata`` what an
    object of OSS says of itself beyond them.

    Split is only what can be known again: by an ETag or a modification time that stays the same.
    ``etag_dropped``: its nodes gave it several, so it is known by its date. ``checks`` are the
    checksums that it says its bytes have, of which ``crc64`` is the one that OSS computes too.
    """

    ref: SourceRef
    splittable: bool
    headers: Mapping[str, str]
    crc64: int | None
    etag_dropped: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()

    @property
    def size(self) -> int | None:
        return self.ref.pin.size

    @property
    def checksum(self) -> str:
        """What has to be computed of the bytes, beside CRC64, to compare what the source tells."""
        return second_of(self.checks) if self.crc64 is None else ""

    @property
    def to_copy(self) -> SourceRef:
        """For whoever copies parts of it, and computes that."""
        return self.ref._replace(checksum=self.checksum)

    @property
    def known_by(self) -> list[str]:
        """What every reply is compared with, for the reply to the user."""
        pin = self.ref.pin
        named = {"etag": pin.etag, "last_modified": not pin.etag and pin.last_modified}
        return [name for name, there in named.items() if there] + ["size"] * (pin.size is not None)


def probe(ref: SourceRef, guard: NetGuard, deadline: float = math.inf) -> Source:
    """Look at the source by asking for its first byte."""
    with closing(SourceReader(ref, guard, deadline)) as reader:
        return look(ref, reader)


def look(ref: SourceRef, reader: SourceReader) -> Source:
    """The same through a reader that is there.

    Servers that refuse a range where they would give the whole, because a signature covers Range,
    say, are asked once more, without one.
    """
    reply = reader.ask("bytes=0-0")
    said = content_range(reply.headers)
    mute = reply.status == 206 and said is None  # a part, and it does not say which
    if mute or reply.status in (400, 401, 403, 405, 416, 501):
        return as_read(ref, reader.open_whole())
    if reply.status not in (200, 206):
        raise refusal(reply.status, reply.headers, ref.url.redacted)
    if said is None:
        return as_read(ref, reply)
    source = _source(ref, reply, said.total)
    pin = source.ref.pin
    known_again = said.total is not None and bool(pin.etag or pin.last_modified)
    return replace(source, splittable=known_again and said.range.start == 0)


def as_read(ref: SourceRef, reply: Reply) -> Source:
    """The source that a reply without a range is: what is stored follows from what is read."""
    # Of a whole reply with status 200, Content-Range says nothing: RFC 9110, section 14.4.
    said = content_range(reply.headers) if reply.status == 206 else None
    return _source(ref, reply, said.range.size if said else content_length(reply.headers))


def with_checks_of(now: Source, before: Source) -> Source:
    """What is read now, with the checksums that were told before of the very same."""
    if now.checks or not now.ref.pin.etag or now.ref.pin != before.ref.pin:
        return now
    return replace(now, checks=before.checks, crc64=before.crc64)


def _source(ref: SourceRef, reply: Reply, size: int | None) -> Source:
    checks = checks_of(reply.headers)
    return Source(
        ref=ref._replace(pin=pin_of(reply.headers, size)),
        splittable=False,
        headers=_kept(reply.headers),
        crc64=value_of(checks, "crc64"),
        metadata=reply.headers.named("x-oss-meta-"),
        checks=checks,
    )


def _kept(headers: Headers) -> dict[str, str]:
    """What OSS can keep: it signs headers, and what is not ASCII never matches its signature."""
    kept = {}
    for name in _STANDARD:
        value = headers.get(name)
        if value and value.isascii() and value.isprintable():
            kept[name] = value
        elif value:
            log("source.header_dropped", "warning", header=name)
    return kept
