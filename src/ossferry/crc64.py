"""CRC-64/XZ, the checksum that OSS computes for every part and object.

OSS reports it as an unsigned decimal in ``x-oss-hash-crc64ecma``. fastcrc computes it at memory
speed without the interpreter lock; it cannot combine, so that is done here.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from fastcrc.crc64 import xz as crc64

__all__ = ["combine", "combine_all", "crc64"]

# Polynomials are bit-reflected: bit 63 is x**0.
_POLYNOMIAL = 0xC96C5795D7870F42  # ECMA-182
_ONE = 1 << 63
_BYTE = 1 << (63 - 8)  # x**8, what shifting by a byte multiplies with


def _times(a: int, b: int) -> int:
    """Multiply two polynomials modulo the CRC's."""
    product = 0
    while a:
        if a >> 63:
            product ^= b
        a = (a << 1) & 0xFFFFFFFFFFFFFFFF
        b = (b >> 1) ^ (_POLYNOMIAL if b & 1 else 0)
    return product


@cache
def _shift(length: int) -> int:
    """x**(8 * length); remembered, because nearly all parts of a transfer have one length."""
    power, square = _ONE, _BYTE
    while length:
        if length & 1:
            power = _times(power, square)
        square = _times(square, square)
        length >>= 1
    return power


def combine(crc_a: int, crc_b: int, len_b: int) -> int:
    """The CRC of a + b, from those of a and of b and the length of b in bytes."""
    return _times(_shift(len_b), crc_a) ^ crc_b


def combine_all(pieces: Iterable[tuple[int, int]]) -> int:
    """The CRC of a whole, from the (crc, length) of its consecutive pieces."""
    total = 0
    for crc, length in pieces:
        total = combine(total, crc, length)
    return total
