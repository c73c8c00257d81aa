"""What a bucket signs and copies, as a real local OSS takes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ossferry.byte_range import ByteRange
from ossferry.names import ObjectName
from ossferry.parts import Part
from tests.peers.oss_service import OssService, running
from tests.records.recorded import bucket_of


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    """An OSS for the module, in a thread."""
    with running() as service:
        yield service


def test_an_object_is_read_and_written_at_its_signed_urls(oss: OssService) -> None:
    """By anybody who has them, each for what it was signed for."""
    bucket, headers = bucket_of(oss), {"Content-Type": "a/b"}
    put, get = bucket.put_url("a ü.bin", headers).reveal(), bucket.get_url("a ü.bin").reveal()
    assert oss.http("PUT", put, data=b"content", headers=headers).status_code == 200
    found = oss.http("GET", get)
    assert (found.status_code, found.content) == (200, b"content")
    assert found.headers["Content-Type"] == "a/b"
    assert oss.http("GET", put).status_code == 403


def test_a_part_that_oss_copied_is_not_confirmed(oss: OssService) -> None:
    """OSS says no CRC64 of it, and none was computed."""
    bucket = bucket_of(oss)
    etag = oss.bucket().put_object("source.bin", b"content").etag
    upload = bucket.create("copy.bin", {})
    try:
        name = ObjectName(oss.config.region, oss.config.bucket, "source.bin")
        part = upload.copy_part(name, etag, Part(3, ByteRange(2, 7)))
    finally:
        assert upload.abort()
    assert (part.number, part.size, part.confirmed) == (3, 5, False)
