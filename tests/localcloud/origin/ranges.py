"""HTTP ranges (RFC 9110, section 14): read honestly, and answered in all the ways seen in the wild.

Inside, a range is half open; only the headers are inclusive.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SINGLE = re.compile(r"bytes=(\d*)-(\d*)", re.IGNORECASE)
# A reply to so few bytes is always right: a source that fails a probe is caught by any client.
_TOO_SHORT_TO_BEND = 2


class Unsatisfiable(Exception):
    """No byte of the content is in the range that was asked for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The bytes of the content that a Range header selects."""

    start: int
    stop: int
    # The header names bytes past the end.
    overruns: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """The status, the bytes and the Content-Range that a request for a range is answered with."""

    status: int
    start: int
    stop: int
    content_range: str | None


def read_range(header: str | None, size: int) -> Asked | None:
    """Return what is asked, or None for everything: no header, several ranges, or nonsense."""
    match = _SINGLE.fullmatch((header or "").replace(" ", ""))
    if match is None or match.group() == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        return _suffix(int(last), size)
    start, stop = int(first), int(last) + 1 if last else size
    if last and stop <= start:
        return None
    if start >= size:
        raise Unsatisfiable
    return Asked(start, min(stop, size), overruns=stop > size)


def _suffix(length: int, size: int) -> Asked:
    if length == 0 or size == 0:
        raise Unsatisfiable
    return Asked(max(0, size - length), size)


def answer_range(asked: Asked, size: int, manner: str) -> Answered:
    """Answer a range in one of the manners of the behaviour ``range``."""
    start, stop = _bend(asked, size, manner)
    status = 200 if manner in ("ok-200", "ignored") else 206
    unit = "Bytes" if manner == "upper-unit" else "bytes"
    total = {"unknown-total": "*", "wrong-total": str(size + 1)}.get(manner, str(size))
    named = manner not in ("ignored", "bare-206")
    return Answered(status, start, stop, f"{unit} {start}-{stop - 1}/{total}" if named else None)


def _bend(asked: Asked, size: int, manner: str) -> tuple[int, int]:
    start, stop = asked.start, asked.stop
    if manner in ("ignored", "whole-206"):
        return 0, size
    if stop - start < _TOO_SHORT_TO_BEND:
        return start, stop
    if manner == "short":
        return start, start + (stop - start) // 2
    if manner == "shifted":
        shift = 1 if stop < size else -min(1, start)
        return start + shift, stop + shift
    return start, stop
