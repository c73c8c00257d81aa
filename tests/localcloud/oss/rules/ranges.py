"""Which bytes of an object a Range header gets: OSS's own rules, and the standard's on request.

OSS answers a range that it finds invalid, one that ends past the object included, with the whole
object and status 200. ``x-oss-range-behavior: standard`` makes it do what RFC 9110 says.
"""

from __future__ import annotations

import re

from tests.localcloud.oss.rules.refusals import Refusal

_ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_SEVERAL = re.compile(r"bytes=[\d\s,-]+,[\d\s,-]+", re.ASCII)


def chosen(header: str | None, size: int, standard: bool) -> tuple[int, int] | None:
    """Return the bytes ``start <= i < stop`` to answer 206 with, or None for all with 200."""
    if header is None:
        return None
    asked = _parsed(header, size)
    if asked is None:
        if standard and _SEVERAL.fullmatch(header):
            raise _invalid(header, size)
        return None
    start, stop = asked
    if standard:
        return _by_the_standard(header, start, stop, size)
    return (start, stop) if 0 <= start < stop <= size else None


def _parsed(header: str, size: int) -> tuple[int, int] | None:
    """Return what was asked for, as far out of the object as it may be."""
    match = _ONE_RANGE.fullmatch(header.strip())
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        return size - int(last), size
    if not last:
        return int(first), max(size, int(first))
    return (int(first), int(last) + 1) if int(first) <= int(last) else None


def _by_the_standard(header: str, start: int, stop: int, size: int) -> tuple[int, int]:
    start, stop = max(start, 0), min(stop, size)
    if start >= stop:
        raise _invalid(header, size)
    return start, stop


def _invalid(header: str, size: int) -> Refusal:
    message = "The requested range cannot be satisfied."
    details = {"ActualObjectSize": str(size), "RangeRequested": header}
    content_range = {"Content-Range": f"bytes */{size}"}
    return Refusal(416, "InvalidRange", message, "0026-00000002", details, content_range)
