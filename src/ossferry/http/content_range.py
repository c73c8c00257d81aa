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
    """What Content-Range says; None where there is none, or it is no single range of bytes."""
    match = _CONTENT_RANGE.fullmatch((headers.get("Content-Range") or "").strip())
    if match is None:
        return None
    first, last, total = match.groups()
    size = None if total == "*" else int(total)
    if int(last) < int(first) or (size is not None and size <= int(last)):
        return None  # invalid, as the RFC has it
    return ContentRange(ByteRange(int(first), int(last) + 1), size)


def empty_total(headers: Headers) -> int | None:
    """The size that a 416 reply gives."""
    match = _NOTHING_IN_RANGE.fullmatch((headers.get("Content-Range") or "").strip())
    return int(match[1]) if match else None
