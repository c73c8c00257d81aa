"""The checksum is OSS's, and the checksums of parts add up to that of the whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from oss2.utils import Crc64

from ossferry.crc64 import combine, combine_all, crc64


def test_check_value() -> None:
    """The catalogued check value of CRC-64/XZ: a fixed point that no bug of ours can move."""
    assert crc64(b"123456789") == 0x995DC9BBDF1939FA


@given(st.binary(max_size=300))
def test_it_is_the_checksum_of_the_official_sdk(content: bytes) -> None:
    """oss2's own implementation, which OSS's customers check against, agrees."""
    theirs = Crc64()
    theirs.update(content)
    assert crc64(content) == theirs.crc


@given(st.binary(max_size=500), st.binary(max_size=500))
def test_combining_is_the_checksum_of_the_concatenation(a: bytes, b: bytes) -> None:
    """Two checksums and a length are enough for the checksum of both."""
    assert combine(crc64(a), crc64(b), len(b)) == crc64(a + b)
    assert crc64(b, crc64(a)) == crc64(a + b)


@given(st.lists(st.binary(max_size=100), max_size=20))
def test_combining_all_is_the_checksum_of_the_whole(pieces: list[bytes]) -> None:
    """Any number of pieces of any lengths, empty ones among them."""
    whole = b"".join(pieces)
    assert combine_all((crc64(piece), len(piece)) for piece in pieces) == crc64(whole)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**44))
def test_combining_huge_lengths_is_associative(a: int, b: int, length: int) -> None:
    """Lengths that no test could hash: shifting by both at once is shifting by each in turn."""
    assert combine(combine(a, 0, length), b, length) == combine(a, b, 2 * length)
