"""CRC-64/XZ, the checksum that OSS computes for every part and object.

OSS reports it as an unsigned decimal in ``x-oss-hash-crc64ecma``. fastcrc computes it at memory
speed without the interpreter lock; it cannot combine, so that is done beside.
"""

from __future__ import annotations

from collections.abc import Iterable

from fastcrc.crc64 import xz as crc64

from . import checksums

__all__ = ["combine", "combine_all", "crc64"]


def combine(crc_a: int, crc_b: int, len_b: int) -> int:
    """The CRC of a + b, from those of a and of b and the length of b in bytes."""
    return checksums.combine("crc64", crc_a, crc_b, len_b)


def combine_all(pieces: Iterable[tuple[int, int]]) -> int:
    """The CRC of a whole, from the (crc, length) of its consecutive pieces."""
    return checksums.combine_all("crc64", pieces)
