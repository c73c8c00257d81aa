"""The source as a coordinator sees it: how large it is, whether it can be split, what it is.

HEAD is never used: a URL signed for GET refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from .copy_job import SourceRef
from .errors import RangeNotHonoured
from .judge import content_length, content_range, empty_total, pin_of, refusal
from .netguard import NetGuard
from .reader import SourceReader

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
    """A source as probed. ``headers`` are those that become the object's."""

    ref: SourceRef
    splittable: bool
    headers: Mapping[str, str]
    crc64: int | None

    @property
    def size(self) -> int | None:
        return self.ref.pin.size


def probe(ref: SourceRef, guard: NetGuard) -> Source:
    """Look at the source by asking for its first byte.

    Servers that refuse a range where they would give the whole (a signature may cover Range) are
    asked once more, without one.
    """
    with closing(SourceReader(ref, guard)) as reader:
        response = reader.ask("bytes=0-0")
        said = content_range(response.headers)
        empty = empty_total(response.headers) == 0
        if response.status in (400, 401, 403, 405, 416, 501) and not empty:
            response, said = reader.ask(None), None
        if response.status not in (200, 206) and not empty:
            raise refusal(response.status, response.headers, ref.url.redacted)
        if response.status == 206 and said is None:
            raise RangeNotHonoured(f"{ref.url.redacted} answered a part and does not say which")
        size = 0 if empty else content_length(response.headers)
        if said is not None:
            size = said.total
        return Source(
            ref=ref._replace(pin=pin_of(response.headers, size)),
            splittable=said is not None and said.range.start == 0 and said.total is not None,
            headers={n: v for n in _STANDARD if (v := response.headers.get(n)) and not empty},
            crc64=_crc64(response.headers.get("x-oss-hash-crc64ecma")),
        )


def _crc64(text: str | None) -> int | None:
    return int(text) if text and len(text) <= 20 and text.isdecimal() else None
