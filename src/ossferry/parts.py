"""The parts of a multipart upload, as OSS allows them.

OSS user guide, "Multipart upload": parts of 100 KB to 5 GB, numbers 1 to 10,000, objects of up to
48.8 TB.
"""

from __future__ import annotations

from dataclasses import dataclass

from .byte_range import GIB, KIB, ByteRange

MIN_PART = 100 * KIB
MAX_PART = 5 * GIB
MAX_PARTS = 10_000
MAX_OBJECT = MAX_PARTS * MAX_PART


@dataclass(frozen=True, slots=True)
class Part:
    number: int
    range: ByteRange


# The parts that one invocation is given.
Slice = tuple[Part, ...]
