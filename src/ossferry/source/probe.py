"""The source as a coordinator sees it: how large it is, whether it can be split, what it is.

HEAD is never used: a URL signed for GET refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace

from ..copying.copy_job import Pin, SourceRef
from ..copying.judge import content_length, content_range, empty_total, pin_of, refusal
from ..copying.netguard import NetGuard
from ..copying.reader import SourceReader
from ..errors import RangeNotHonoured, SourceChanged

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
    """A source as probed. ``headers`` are those that become the object's.

    Split is only what can be known again: by an ETag or a modification time that stays the same.
    """

    ref: SourceRef
    splittable: bool
    headers: Mapping[str, str]
    crc64: int | None

    @property
    def size(self) -> int | None:
        return self.ref.pin.size

    @property
    def known_by(self) -> list[str]:
        """What every reply is compared with, for the reply to the user."""
        pin = self.ref.pin
        named = {"etag": pin.etag, "last_modified": not pin.etag and pin.last_modified}
        return [name for name, there in named.items() if there] + ["size"] * (pin.size is not None)


def probe(ref: SourceRef, guard: NetGuard) -> Source:
    """Look at the source by asking for its first byte."""
    with closing(SourceReader(ref, guard)) as reader:
        return _ask(ref, reader)


def probe_again(source: Source, guard: NetGuard) -> Source:
    """A source that is to be split, as known by what two probes agree on.

    The nodes behind one name may not agree on the ETag of one file, and each child talks to
    another node.
    """
    other = probe(source.ref._replace(pin=Pin()), guard)
    return _agreed(source, other)


def _ask(ref: SourceRef, reader: SourceReader) -> Source:
    """Servers that refuse a range where they would give the whole, because a signature covers
    Range, say, are asked once more, without one."""
    response = reader.ask("bytes=0-0")
    said = content_range(response.headers)
    empty = empty_total(response.headers) == 0
    mute = response.status == 206 and said is None  # a part, and it does not say which
    if (mute or response.status in (400, 401, 403, 405, 416, 501)) and not empty:
        response, said = reader.ask(None), None
    if response.status not in (200, 206) and not empty:
        raise refusal(response.status, response.headers, ref.url.redacted)
    if response.status == 206 and said is None:
        raise RangeNotHonoured(f"{ref.url.redacted} answers a part where all was asked for")
    size = 0 if empty else content_length(response.headers)
    if said is not None:
        size = said.total
    pin = pin_of(response.headers, size)
    return Source(
        ref=ref._replace(pin=pin),
        splittable=(
            said is not None
            and said.range.start == 0
            and said.total is not None
            and bool(pin.etag or pin.last_modified)
        ),
        headers={n: v for n in _STANDARD if (v := response.headers.get(n)) and not empty},
        crc64=_crc64(response.headers.get("x-oss-hash-crc64ecma")),
    )


def _agreed(first: Source, second: Source) -> Source:
    one, other = first.ref.pin, second.ref.pin
    if one.size != other.size:
        raise SourceChanged(f"{first.ref.url.redacted} changes its size from request to request")
    pin = Pin(
        size=one.size,
        etag=one.etag if one.etag == other.etag else None,
        last_modified=one.last_modified if one.last_modified == other.last_modified else None,
    )
    return replace(
        first,
        ref=first.ref._replace(pin=pin),
        splittable=second.splittable and bool(pin.etag or pin.last_modified),
    )


def _crc64(text: str | None) -> int | None:
    return int(text) if text and len(text) <= 20 and text.isdecimal() else None
