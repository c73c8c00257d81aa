"""CRC-64/XZ of a whole from the CRCs of its pieces, and the ETag of a multipart object.

Written apart from what is tested with it, so that an error in one does not hide the other's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

_POLY = 0xC96C5795D7870F42  # ECMA-182, reflected
_ONE = 1 << 63  # the polynomial 1: bit 63 is x^0 when reflected


def combine(first: int, second: int, second_length: int) -> int:
    """Return the CRC of A+B from the CRCs of A and B and the length of B in bytes."""
    return _multiply(first, _shift(second_length)) ^ second


def combine_all(pieces: Iterable[tuple[int, int]]) -> int:
    """Return the CRC of a sequence of (CRC, length)."""
    crc = 0
    for piece_crc, length in pieces:
        crc = combine(crc, piece_crc, length)
    return crc


def multipart_etag(digests: Sequence[bytes]) -> str:
    """Return an ETag in the service's form; its recipe is not documented, so nobody may rely."""
    return f"{hashlib.md5(b''.join(digests)).hexdigest().upper()}-{len(digests)}"


@lru_cache(maxsize=4096)
def _shift(length: int) -> int:
    """Return x^(8 * length): what ``length`` zero bytes multiply a remainder by."""
    result, power, exponent = _ONE, _ONE >> 1, 8 * length
    while exponent:
        if exponent & 1:
            result = _multiply(result, power)
        power = _multiply(power, power)
        exponent >>= 1
    return result


def _multiply(a: int, b: int) -> int:
    """Multiply two polynomials over GF(2) modulo the CRC's."""
    product = 0
    while a:
        if a & _ONE:
            product ^= b
        a = (a << 1) & 0xFFFFFFFFFFFFFFFF
        b = (b >> 1) ^ (_POLY if b & 1 else 0)
    return product
