"""CRC-64/XZ, the checksum that OSS computes for every part and object.

OSS reports it as an unsigned decimal in ``x-oss-hash-crc64ecma``. fastcrc computes it at memory
speed without the interpreter lock; it cannot combine, so that is done here.
"""

from __future__ import annotations

from collections.abc import Iterable

from fastcrc.crc64 import xz as crc64

__all__ = ["combine", "combine_all", "crc64"]

_POLYNOMIAL = 0xC96C5795D7870F42  # ECMA-182, bit-reflected


def _times(a: int, b: int) -> int:
    """Multiply two polynomials modulo the CRC's, both bit-reflected (bit 63 is x**0)."""
    product = 0
    while a:
        if a >> 63:
            product ^= b
        a = (a << 1) & 0xFFFFFFFFFFFFFFFF
        b = (b >> 1) ^ (_POLYNOMIAL if b & 1 else 0)
    return product


def _squares() -> tuple[int, ...]:
    """x**(8 * 2**k) for k = 0..63: what shifting by 2**k bytes multiplies with."""
    powers = [1 << (63 - 8)]
    while len(powers) < 64:
        powers.append(_times(powers[-1], powers[-1]))
    return tuple(powers)


_SHIFTS = _squares()
_shift_by: dict[int, int] = {}


def _shift(length: int) -> int:
    """x**(8 * length); remembered, because nearly all parts of a transfer have one length."""
    if length not in _shift_by:
        power = 1 << 63
        for bit, square in enumerate(_SHIFTS):
            if length >> bit & 1:
                power = _times(power, square)
        _shift_by[length] = power
    return _shift_by[length]


def combine(crc_a: int, crc_b: int, len_b: int) -> int:
    """The CRC of a + b, from those of a and of b and the length of b in bytes."""
    return _times(_shift(len_b), crc_a) ^ crc_b


def combine_all(pieces: Iterable[tuple[int, int]]) -> int:
    """The CRC of a whole, from the (crc, length) of its consecutive pieces."""
    total = 0
    for crc, length in pieces:
        total = combine(total, crc, length)
    return total
