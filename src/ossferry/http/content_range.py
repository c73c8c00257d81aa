"""What Content-Range says a reply carries; RFC 9110, section 14.4. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol

from ..byte_range import ByteRange

# The unit is case-insensitive, the total may be unknown.
_CONTENT_RANGE = re.compile(r"(?i:bytes)[ =](\d{1,19})-(\d{1,19})/(\d{1,19}|\*)")
_NOTHING_IN_RANGE = re.compile(r"(?i:bytes)[ =]\*/(\d{1,19})")


class Headers(Protocol):
    """What is needed of a reply's headers: look-ups that ignore case."""

    def get(self, name: str, /) -> str | None: ...


class ContentRange(NamedTuple):
    """Bytes that a reply says it carries, half open, and the size of the whole if it says so."""

    range: ByteRange
    total: int | None


def content_range(headers: Headers) -> ContentRange | None:
    """What Content-Range says; None where there is none, or it is no single range of bytes, or goes
    on beyond its own total, which makes it worth nothing."""
    match = _CONTENT_RANGE.fullmatch((headers.get("Content-Range") or "").strip())
    if match is None:
        return None
    first, last = int(match[1]), int(match[2])
    total = None if match[3] == "*" else int(match[3])
    if last < first or (total is not None and total <= last):
        return None
    return ContentRange(ByteRange(first, last + 1), total)


def empty_total(headers: Headers) -> int | None:
    """The size that a 416 reply gives."""
    match = _NOTHING_IN_RANGE.fullmatch((headers.get("Content-Range") or "").strip())
    return int(match[1]) if match else None
