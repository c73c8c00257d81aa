"""What a source says that its checksum is, in the words of each cloud, and what that proves."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.checksums import second
from ossferry.copying.copy_job import CopiedPart
from ossferry.http.head import Headers
from ossferry.source.checks import (
    Check,
    checked,
    checks_of,
    second_of,
    second_of_all,
    value_of,
)

NVME, CRC32C = "rosUhgp5mIg=", "4waSgw=="  # of "123456789"
WHOLE = {"x-amz-checksum-type": "FULL_OBJECT"}
IS_NVME, IS_CRC32C = Check("crc64nvme", 0xAE8B14860A799888), Check("crc32c", 0xE3069283)


def read(**fields: str) -> tuple[Check, ...]:
    return checks_of(Headers((name.replace("_", "-"), text) for name, text in fields.items()))


@pytest.mark.parametrize(
    "name",
    [
        "x_oss_hash_crc64ecma",
        "x_cos_hash_crc64ecma",
        "x_tos_hash_crc64ecma",
        "x_obs_checksum_crc64ecma",
        "X_AMZ_Checksum_CRC64ECMA",
    ],
)
def test_crc64_is_a_decimal_number(name: str) -> None:
    """Five clouds have one, under five names."""
    assert read(**{name: "18446744073709551615"}) == (Check("crc64", 2**64 - 1),)


@pytest.mark.parametrize("text", ["", "x", "-1", "1.0", "18446744073709551616", "1" * 21, "٣"])
def test_what_is_no_number_of_64_bits_is_no_checksum(text: str) -> None:
    """A header that cannot be read proves nothing, and breaks nothing."""
    assert read(x_oss_hash_crc64ecma=text) == ()


def test_s3_writes_base64_and_says_of_what() -> None:
    """Of the whole object."""
    told = {"x-amz-checksum-crc64nvme": NVME, "x-amz-checksum-crc32c": CRC32C}
    assert read(**WHOLE, **told) == (IS_NVME, IS_CRC32C)


@pytest.mark.parametrize("kind", [{}, {"x-amz-checksum-type": "COMPOSITE"}], ids=["none", "parts"])
def test_what_s3_composed_of_parts_is_no_checksum_of_the_bytes(kind: dict[str, str]) -> None:
    """It depends on where the uploader cut them."""
    told = {"x-amz-checksum-crc32c": f"{CRC32C}-3", "x-amz-checksum-crc64nvme": NVME}
    assert read(**kind, **told) == ()


def test_a_composite_value_is_no_number_whatever_its_kind() -> None:
    """Its last characters are the number of parts."""
    assert read(**WHOLE, **{"x-amz-checksum-crc32c": f"{CRC32C}-3"}) == ()


@pytest.mark.parametrize(
    "text",
    [
        f"crc32c={CRC32C},md5=JfnnlDI7RTiF9RgfG2JNCw==",
        f"md5=JfnnlDI7RTiF9RgfG2JNCw==, crc32c={CRC32C}",
        f"crc32c={CRC32C}",
    ],
)
def test_google_lists_its_checksums(text: str) -> None:
    """In one header or in two, which are one list."""
    assert read(x_goog_hash=text) == (IS_CRC32C,)


@pytest.mark.parametrize(
    "text", ["", "md5=JfnnlDI7RTiF9RgfG2JNCw==", "crc32c=", "crc32c=4waSgw", f"xcrc32c={CRC32C}"]
)
def test_a_list_without_a_crc32c_has_none(text: str) -> None:
    """Composed objects have no MD5; others may have no CRC-32C that can be read."""
    assert read(x_goog_hash=text) == ()


def test_what_google_unpacks_on_the_way_has_another_checksum() -> None:
    """Its own is of the bytes as they are stored."""
    told = {"x-goog-hash": f"crc32c={CRC32C}", "x-goog-stored-content-encoding": "gzip"}
    assert read(**told) == ()
    assert read(**told, **{"Content-Encoding": "gzip"}) == (IS_CRC32C,)
    assert read(**told | {"x-goog-stored-content-encoding": "identity"}) == (IS_CRC32C,)


def test_each_algorithm_counts_once() -> None:
    """A gateway may tell one in two ways."""
    told = {"x-amz-checksum-crc32c": CRC32C, "x-goog-hash": "crc32c=AAAAAA=="}
    assert read(**WHOLE, **told) == (IS_CRC32C,)


@given(st.text(max_size=20), st.text(max_size=20))
def test_whatever_a_server_says_is_read(kind: str, text: str) -> None:
    """No header raises."""
    for name in ("x-amz-checksum-crc64nvme", "x-goog-hash", "x-oss-hash-crc64ecma"):
        checks_of(Headers([(name, text), ("x-amz-checksum-type", kind)]))


@given(st.integers(0, 2**64 - 1))
def test_all_64_bits_are_read(value: int) -> None:
    """The highest byte is in front."""
    text = b64encode(value.to_bytes(8, "big")).decode()
    assert read(**WHOLE, **{"x-amz-checksum-crc64nvme": text}) == (Check("crc64nvme", value),)


def test_one_is_computed_beside_crc64_unless_the_source_tells_that() -> None:
    """CRC64 is computed anyway, and proves as much."""
    assert second_of(()) == ""
    assert second_of((IS_CRC32C, IS_NVME)) == "crc64nvme"
    assert second_of((IS_CRC32C,)) == "crc32c"
    assert second_of((IS_CRC32C, Check("crc64", 7))) == ""
    assert value_of((IS_CRC32C, Check("crc64", 7)), "crc64") == 7
    assert value_of((IS_CRC32C,), "crc64") is None


def part(number: int, content: bytes, checksum: str) -> CopiedPart:
    check = second(checksum)(content, 0)
    return CopiedPart(number, len(content), "e", 0, True, check, checksum)


@pytest.mark.parametrize("known", [IS_NVME, IS_CRC32C], ids=lambda check: check.algorithm)
def test_parts_make_up_the_whole(known: Check) -> None:
    """What a source tells is compared with what was computed where the parts were copied."""
    name = known.algorithm
    parts = [part(1, b"1234", name), part(5, b"5678", name), part(9, b"9", name)]
    assert second_of_all(parts, name) == known == checked(name, b"123456789")


def test_a_part_without_it_leaves_nothing_to_compare() -> None:
    """One that an earlier version copied, or for another checksum: no proof, and no mismatch."""
    parts = [part(1, b"1234", "crc32c"), part(5, b"5678", "")]
    assert second_of_all(parts, "crc32c") is None
    assert second_of_all(parts[:1], "crc64nvme") is None
    assert second_of_all(parts[1:], "") is None
    assert checked("", b"123456789") is None


def test_people_read_names_and_values() -> None:
    """As catalogues and command lines write them."""
    assert (IS_NVME.name, str(IS_NVME)) == ("CRC-64/NVME", "ae8b14860a799888")
    assert (IS_CRC32C.name, str(IS_CRC32C)) == ("CRC-32C", "e3069283")
    assert str(Check("crc32c", 1)) == "00000001"
