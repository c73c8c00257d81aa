"""What the caller knows of the source is checked before the object becomes visible."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tests.e2e.contents import bytes_of, crc64_of
from tests.e2e.transfers import refused, stored, transferred
from tests.localcloud.client import LocalCloud

PART = 100 * 1024
SEED = "expected"
OLD = b"what was there before"
ONE_STREAM = {"max_children": 0, "streams": 1}
WAYS = pytest.mark.parametrize(
    ("size", "behaviour"),
    [(7, "range:honoured"), (3 * PART, "range:honoured"), (3 * PART, "range:ignored")],
    ids=["one-request", "parts", "front-to-back"],
)


def md5_of(size: int) -> bytes:
    """Return the MD5 of the source."""
    return hashlib.md5(bytes_of(SEED, size)).digest()


@WAYS
def test_right_expectations_hold_and_are_part_of_the_proof(
    eager_cloud: LocalCloud, key: str, size: int, behaviour: str
) -> None:
    """Size, CRC64 and MD5 together, where one stream does it all."""
    reply = transferred(
        eager_cloud,
        eager_cloud.generated(SEED, size, behaviour),
        key,
        part_size=PART,
        expected_size=size,
        expected_crc64=crc64_of(SEED, size),
        expected_md5=md5_of(size).hex(),
        **ONE_STREAM,
    )
    assert stored(eager_cloud, key) == bytes_of(SEED, size)
    assert {"expected_size", "expected_crc64", "expected_md5"} <= set(reply["proof"])


@pytest.mark.parametrize("write", [str, int], ids=["text", "number"])
def test_crc64_may_be_text_because_json_numbers_lose_bits(
    eager_cloud: LocalCloud, key: str, write: type
) -> None:
    """Both spellings of a 64-bit number are taken, by children as well."""
    url, crc64 = eager_cloud.generated(SEED, 3 * PART), crc64_of(SEED, 3 * PART)
    reply = transferred(
        eager_cloud, url, key, part_size=PART, streams=1, expected_crc64=write(crc64)
    )
    assert "expected_crc64" in reply["proof"]
    assert reply["object"]["crc64"] == str(crc64)


@pytest.mark.parametrize("spelling", ["hex", "upper", "base64"])
def test_md5_may_be_hexadecimal_or_base64(eager_cloud: LocalCloud, key: str, spelling: str) -> None:
    """``md5sum`` prints the one, Content-MD5 carries the other."""
    digest = md5_of(9)
    texts = {
        "hex": digest.hex(),
        "upper": digest.hex().upper(),
        "base64": base64.b64encode(digest).decode(),
    }
    url = eager_cloud.generated(SEED, 9)
    reply = transferred(eager_cloud, url, key, expected_md5=texts[spelling])
    assert "expected_md5" in reply["proof"]


@WAYS
@pytest.mark.parametrize(
    "wrong", [{"expected_size": 8}, {"expected_crc64": 1}, {"expected_md5": "0" * 32}], ids=str
)
def test_wrong_expectation_leaves_the_old_object_untouched(
    eager_cloud: LocalCloud, key: str, size: int, behaviour: str, wrong: dict[str, object]
) -> None:
    """A mismatch is ChecksumMismatch, and what was there is still there."""
    eager_cloud.bucket.put_object(key, OLD)
    url = eager_cloud.generated(SEED, size, behaviour)
    error = refused(eager_cloud, url, key, part_size=PART, **ONE_STREAM, **wrong)
    assert error.error_type == "ChecksumMismatch"
    assert next(iter(wrong)) in error.message
    assert stored(eager_cloud, key) == OLD


def test_wrong_size_is_noticed_where_the_source_does_not_say_it(
    eager_cloud: LocalCloud, key: str
) -> None:
    """Without a length, the bytes are counted."""
    url = eager_cloud.generated(SEED, 3 * PART, "range:ignored,length:chunked")
    eager_cloud.bucket.put_object(key, OLD)
    error = refused(eager_cloud, url, key, part_size=PART, expected_size=3 * PART - 1)
    assert error.error_type == "ChecksumMismatch"
    assert stored(eager_cloud, key) == OLD


def test_wrong_crc64_is_noticed_by_a_fan_out(eager_cloud: LocalCloud, key: str) -> None:
    """The CRC64s of parts that children copied are combined and compared."""
    eager_cloud.bucket.put_object(key, OLD)
    url = eager_cloud.generated(SEED, 3 * PART)
    error = refused(eager_cloud, url, key, part_size=PART, streams=1, expected_crc64=1)
    assert error.error_type == "ChecksumMismatch"
    assert stored(eager_cloud, key) == OLD


@pytest.mark.parametrize("fields", [{}, {"max_children": 0}, {"streams": 1}], ids=str)
def test_md5_is_refused_where_several_streams_would_copy(
    eager_cloud: LocalCloud, key: str, fields: dict[str, int]
) -> None:
    """An MD5 cannot be combined from parts, so the sentence says what to do instead."""
    url = eager_cloud.generated(SEED, 3 * PART)
    error = refused(
        eager_cloud, url, key, part_size=PART, expected_md5=md5_of(3 * PART).hex(), **fields
    )
    assert error.error_type == "InvalidEvent"
    assert error.message.startswith("expected_md5")
    assert "expected_crc64" in error.message


def test_source_that_lies_about_its_own_crc64_is_not_believed(
    eager_cloud: LocalCloud, key: str
) -> None:
    """Bytes that contradict the source's own checksum do not become an object."""
    eager_cloud.bucket.put_object(key, OLD)
    url = eager_cloud.generated(SEED, 3 * PART, "crc64:wrong")
    error = refused(eager_cloud, url, key, part_size=PART, streams=1)
    assert error.error_type == "SourceChanged"
    assert stored(eager_cloud, key) == OLD


@WAYS
def test_another_content_type_than_expected_copies_nothing(
    eager_cloud: LocalCloud, key: str, size: int, behaviour: str
) -> None:
    """The page of a login, say; what was there before stays."""
    eager_cloud.bucket.put_object(key, OLD)
    url = eager_cloud.generated(SEED, size, behaviour)
    error = refused(eager_cloud, url, key, part_size=PART, expected_content_type="image/*")
    assert error.error_type == "ChecksumMismatch"
    assert "expected_content_type is image/*" in error.message
    assert stored(eager_cloud, key) == OLD
