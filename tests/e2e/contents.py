"""The bytes that the origin generates, known here without asking it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from fastcrc import crc64

from tests.localcloud.origin.contents import generated


def bytes_of(seed: str, size: int) -> bytes:
    """Return what ``cloud.generated(seed, size)`` serves."""
    return b"".join(_pieces(seed, size))


def crc64_of(seed: str, size: int) -> int:
    """Return its CRC64 as OSS counts it, without holding it in memory."""
    crc = 0
    for piece in _pieces(seed, size):
        crc = crc64.xz(piece, crc)
    return crc


def _pieces(seed: str, size: int) -> Iterator[bytes]:
    # The origin knows a seed as its URL spells it.
    return generated(quote(seed, safe=""), size).read(0, size)
