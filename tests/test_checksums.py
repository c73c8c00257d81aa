"""Checksums by name are those of catalogues, and those of parts add up to that of the whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry import crc64
from ossferry.checksums import BESIDE_CRC64, Update, combine, combine_all, second

SRC = Path(__file__).resolve().parents[1] / "src"
CHECKS = {
    "crc64": 0x995DC9BBDF1939FA,
    "crc64nvme": 0xAE8B14860A799888,
    "crc32c": 0xE3069283,
}
NAMES = pytest.mark.parametrize("name", CHECKS)


def update_of(name: str) -> Update:
    return crc64.crc64 if name == "crc64" else second(name)


def of(name: str, content: bytes) -> int:
    return update_of(name)(content, 0)


@NAMES
def test_check_value(name: str) -> None:
    """The catalogued check values: fixed points that no bug of ours can move."""
    assert of(name, b"123456789") == CHECKS[name]


@NAMES
def test_nothing_has_none(name: str) -> None:
    """As S3 and Google say of empty objects."""
    assert of(name, b"") == 0


@NAMES
@given(content=st.binary(max_size=300))
def test_it_is_the_checksum_by_its_definition(name: str, content: bytes) -> None:
    """Bit by bit, as the catalogue of parametrised CRCs describes it."""
    width, polynomial = {
        "crc64": (64, 0x42F0E1EBA9EA3693),
        "crc64nvme": (64, 0xAD93D23594C93659),
        "crc32c": (32, 0x1EDC6F41),
    }[name]
    ones = (1 << width) - 1
    register = ones
    for byte in content:
        for bit in range(8):  # reflected: the lowest bit first
            top = register >> (width - 1)
            register = (register << 1) & ones
            if top ^ (byte >> bit & 1):
                register ^= polynomial
    assert of(name, content) == int(f"{register ^ ones:0{width}b}"[::-1], 2)


@NAMES
@given(a=st.binary(max_size=500), b=st.binary(max_size=500))
def test_combining_is_the_checksum_of_the_concatenation(name: str, a: bytes, b: bytes) -> None:
    """Two checksums and a length are enough; so is going on from the first."""
    assert combine(name, of(name, a), of(name, b), len(b)) == of(name, a + b)
    assert update_of(name)(b, of(name, a)) == of(name, a + b)


@NAMES
@given(pieces=st.lists(st.binary(max_size=100), max_size=20))
def test_combining_all_is_the_checksum_of_the_whole(name: str, pieces: list[bytes]) -> None:
    """Any number of pieces of any lengths, empty ones among them."""
    told = ((of(name, piece), len(piece)) for piece in pieces)
    assert combine_all(name, told) == of(name, b"".join(pieces))


@NAMES
@given(a=st.integers(0, 2**32 - 1), b=st.integers(0, 2**32 - 1), length=st.integers(0, 2**44))
def test_combining_huge_lengths_is_associative(name: str, a: int, b: int, length: int) -> None:
    """Lengths that no test could hash: shifting by both at once is shifting by each in turn."""
    once = combine(name, a, b, 2 * length)
    assert combine(name, combine(name, a, 0, length), b, length) == once


@pytest.mark.parametrize("name", BESIDE_CRC64)
def test_a_buffer_is_read_in_place(name: str) -> None:
    """A part of a mutable buffer, as the copy path has it."""
    view = memoryview(bytearray(b"..123456789.."))
    assert second(name)(view[2:-2], 0) == CHECKS[name]


def test_without_a_second_there_is_nothing_to_compute() -> None:
    """A source that tells none costs nothing."""
    assert second("")(b"123456789", 0) == 0


@pytest.mark.parametrize("name", ["crc64", "md5"])
def test_no_other_is_a_second(name: str) -> None:
    """CRC64 is the first, and is computed anyway."""
    with pytest.raises(ValueError, match=name):
        second(name)


@pytest.mark.parametrize(("name", "there"), [("", False), ("crc32c", False), ("crc64nvme", True)])
def test_a_package_is_imported_when_it_is_needed(name: str, there: bool) -> None:
    """A cold child of a source without that checksum starts without it."""
    program = (
        "import sys; from ossferry import checksums, copying, crc64;"
        f"checksums.second({name!r}); print('anycrc' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(SRC)},
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == f"{there}\n"
