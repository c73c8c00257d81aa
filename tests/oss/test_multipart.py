"""Pages of ListParts as OSS writes them."""

from __future__ import annotations

import pytest

from ossferry.context import Credentials
from ossferry.names import ObjectName
from ossferry.oss.multipart import ListedPart, PartsPage, listed_parts, part_urls

BIG = 2**64 - 1


def page(*parts: str, truncated: bool = False, marker: str = "") -> bytes:
    next_marker = f"<NextPartNumberMarker>{marker}</NextPartNumberMarker>" if marker else ""
    return (
        "<?xml version='1.0' encoding='UTF-8'?><ListPartsResult><Bucket>b</Bucket><Key>k</Key>"
        f"<UploadId>U</UploadId>{next_marker}<MaxParts>1000</MaxParts>"
        f"<IsTruncated>{str(truncated).lower()}</IsTruncated>{''.join(parts)}</ListPartsResult>"
    ).encode()


def part(number: int, crc64: str | None = "7") -> str:
    checksum = "" if crc64 is None else f"<HashCrc64ecma>{crc64}</HashCrc64ecma>"
    return (
        f"<Part><PartNumber>{number}</PartNumber><LastModified>2026-01-01T00:00:00.000Z"
        f'</LastModified><ETag>"E{number}"</ETag>{checksum}<Size>{number * 5}</Size></Part>'
    )


def test_parts_are_read_by_their_numbers() -> None:
    """Numbers may have gaps: any order of uploads makes a list."""
    found = listed_parts(page(part(1), part(30)))
    assert found == PartsPage({1: ListedPart(5, "E1", 7), 30: ListedPart(150, "E30", 7)}, None)


@pytest.mark.parametrize(
    ("text", "crc64"), [(str(BIG), BIG), ("0", 0), (None, None), ("", None), ("none", None)]
)
def test_a_part_has_its_checksum_if_oss_gives_one(text: str | None, crc64: int | None) -> None:
    """All 64 bits of it; none is not zero."""
    assert listed_parts(page(part(1, text))).parts[1].crc64 == crc64


@pytest.mark.parametrize(
    ("truncated", "marker", "following"), [(True, "30", "30"), (False, "30", None)]
)
def test_a_page_says_where_the_next_one_begins(
    truncated: bool, marker: str, following: str | None
) -> None:
    """The last page has a marker too, which leads nowhere."""
    document = page(part(30), truncated=truncated, marker=marker)
    assert listed_parts(document).next_marker == following


def test_an_upload_without_parts_is_an_empty_page() -> None:
    """Nothing was copied yet."""
    assert listed_parts(page(marker="0")) == PartsPage({}, None)


def test_a_part_is_put_by_the_keys_that_there_are_then() -> None:
    """What is signed once for many parts is signed again with new ones."""
    keys = [Credentials("STS.1", "s", "one")]
    name, endpoint = ObjectName("cn-hangzhou", "b", "k/ü"), "http://oss.example"
    url = part_urls(name, "U/1", endpoint, lambda: keys[0], lambda: 60)
    first, second = url(1).reveal(), url(2).reveal()
    assert first.startswith("http://b.oss.example/k/%C3%BC?partNumber=1&uploadId=U%2F1&")
    assert "partNumber=2&" in second
    assert all("STS.1%2F" in each and "token=one" in each for each in (first, second))
    keys[0] = Credentials("STS.2", "other", "two")
    renewed = url(1).reveal()
    assert "STS.2%2F" in renewed
    assert "token=two" in renewed
    assert "token=one" not in renewed
