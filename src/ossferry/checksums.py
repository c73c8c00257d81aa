"""CRCs by name: how each is computed, and how those of parts are combined.

OSS keeps CRC-64/XZ of all it stores, so each byte of a copy passes through that: it is ``crc64``,
and has a module of its own. Other clouds keep CRC-64/NVME or CRC-32C, which a source that tells one
has computed as a second. What computes a second is imported when a source has one: a child of any
other source pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

Bytes = bytes | bytearray | memoryview
# The CRC of what came before and of these bytes, from the bytes and the CRC of what came before.
Update = Callable[[Bytes, int], int]

# By name, the width in bits and the polynomial, bit-reflected: the highest bit is x**0.
_POLYNOMIALS = {
    "crc64": (64, 0xC96C5795D7870F42),  # CRC-64/XZ, of ECMA-182
    "crc64nvme": (64, 0x9A6C9329AC4BC9B5),
    "crc32c": (32, 0x82F63B78),  # Castagnoli's; RFC 3720
}
BESIDE_CRC64 = ("crc64nvme", "crc32c")  # the one in front is taken where a source has both


def _times(width: int, polynomial: int, a: int, b: int) -> int:
    """Multiply two polynomials modulo the CRC's."""
    highest, mask = width - 1, (1 << width) - 1
    product = 0
    while a:
        if a >> highest:
            product ^= b
        a = (a << 1) & mask
        b = (b >> 1) ^ (polynomial if b & 1 else 0)
    return product


@cache
def _shift(algorithm: str, length: int) -> int:
    """x**(8 * length); remembered, because nearly all parts of a transfer have one length."""
    width, polynomial = _POLYNOMIALS[algorithm]
    power, square = 1 << (width - 1), 1 << (width - 1 - 8)
    while length:
        if length & 1:
            power = _times(width, polynomial, power, square)
        square = _times(width, polynomial, square, square)
        length >>= 1
    return power


def combine(algorithm: str, crc_a: int, crc_b: int, len_b: int) -> int:
    """The CRC of a + b, from those of a and of b and the length of b in bytes."""
    return _times(*_POLYNOMIALS[algorithm], _shift(algorithm, len_b), crc_a) ^ crc_b


def combine_all(algorithm: str, pieces: Iterable[tuple[int, int]]) -> int:
    """The CRC of a whole, from the (crc, length) of its consecutive pieces."""
    total = 0
    for crc, length in pieces:
        total = combine(algorithm, total, crc, length)
    return total


def second(algorithm: str) -> Update:
    """How to compute the second checksum with this name; of "", which is none, always 0."""
    if algorithm == "crc64nvme":
        return _crc64nvme()
    if algorithm == "crc32c":
        return _crc32c()
    if algorithm:
        raise ValueError(f"there is no checksum {algorithm[:20]!r}")
    return _none


def _none(content: Bytes, before: int = 0) -> int:
    return 0


@cache
def _crc64nvme() -> Update:
    # fastcrc, which is faster, does not have it.
    from anycrc import Model

    update: Update = Model("CRC64-NVME").calc
    return update


@cache
def _crc32c() -> Update:
    from fastcrc.crc32 import iscsi

    return iscsi
