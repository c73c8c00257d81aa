"""Where the body of a reply ends: RFC 9112, section 6.3. Pure.

Two statements about the length that do not agree, or a coding that we did not ask for, make a
reply unusable: whichever is believed, somebody reads another body.
"""

from __future__ import annotations

import re

from .head import Head, Malformed

CHUNKED = -1
UNTIL_CLOSE = -2

_LENGTH = re.compile(r"[0-9]{1,19}")
_BODILESS = (204, 304)


def body_of(head: Head) -> int:
    """The bytes of the body, ``CHUNKED``, or ``UNTIL_CLOSE``."""
    if head.status in _BODILESS:
        return 0
    coding, length = head.headers.get("Transfer-Encoding"), head.headers.get("Content-Length")
    if coding is not None:
        if length is not None:
            raise Malformed("it has both a Transfer-Encoding and a Content-Length")
        if coding.lower() != "chunked" or not head.version:
            raise Malformed("it has a Transfer-Encoding other than chunked")
        return CHUNKED
    return UNTIL_CLOSE if length is None else _length(length)


def _length(text: str) -> int:
    """One number; the RFC allows to take a list of equal ones for one, and few clients do."""
    if not _LENGTH.fullmatch(text):
        raise Malformed("its Content-Length is not one number")
    return int(text)


_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:;[^\0\r\n]*|[ \t]*)\r\n")


def size_of_chunk(line: bytes) -> int:
    """What the line before a chunk says: RFC 9112, section 7.1."""
    found = _SIZE_LINE.fullmatch(line)
    if found is None:
        raise Malformed("a chunk of its body has no valid size")
    return int(found[1], 16)
