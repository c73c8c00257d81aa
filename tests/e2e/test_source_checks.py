"""Checksums that the source tells in another cloud's words are computed as the bytes pass, by
whoever copies them, and compared before the object becomes visible."""

from __future__ import annotations

from base64 import b64encode
from functools import cache

import pytest

from ossferry.checksums import second
from tests.e2e.contents import bytes_of
from tests.e2e.interrupted import killed_when_recorded, leaving_nothing, records
from tests.e2e.transfers import exists, refused, stored, transferred
from tests.localcloud.client import LocalCloud

PART = 100 * 1024
SEED = "source-checks"
OLD = b"what was there before"
ALONE = {"part_size": PART, "max_children": 0}
CHILDREN = {"part_size": PART, "streams": 2, "max_children": 2}
NAMES = pytest.mark.parametrize("name", ["crc64nvme", "crc32c"])
WAYS = pytest.mark.parametrize(
    ("size", "behaviour", "fields"),
    [
        (0, "range:honoured", ALONE),
        (7, "range:honoured", ALONE),
        (5 * PART, "range:honoured", ALONE),
        (5 * PART - 1, "range:honoured", CHILDREN),
        (5 * PART, "range:ignored", ALONE),
        (5 * PART, "range:ignored,length:chunked", ALONE),
    ],
    ids=["empty", "one-request", "streams", "children", "front-to-back", "of-unknown-length"],
)


@cache
def checksum_of(name: str, size: int, seed: str = SEED) -> int:
    """Return a checksum of the source."""
    return second(name)(bytes_of(seed, size), 0)


def told(name: str, value: int, kind: str = "FULL_OBJECT") -> str:
    """Return the behaviour of a source that tells a checksum as S3 or Google does."""
    text = b64encode(value.to_bytes(4 if name == "crc32c" else 8, "big")).decode()
    if name == "crc32c" and kind == "FULL_OBJECT":
        return f"header:x-goog-hash=crc32c={text}"
    return f"header:x-amz-checksum-{name}={text},header:x-amz-checksum-type={kind}"


@WAYS
@NAMES
def test_right_checksum_is_part_of_the_proof(
    eager_cloud: LocalCloud,
    key: str,
    name: str,
    size: int,
    behaviour: str,
    fields: dict[str, int],
) -> None:
    """However the source is copied."""
    says = f"{told(name, checksum_of(name, size))},{behaviour}"
    reply = transferred(eager_cloud, eager_cloud.generated(SEED, size, says), key, **fields)
    assert stored(eager_cloud, key) == bytes_of(SEED, size)
    assert f"source_{name}" in reply["proof"]
    assert (reply["children"]["invocations"] > 0) == (fields is CHILDREN)


@WAYS
@NAMES
def test_source_that_lies_about_it_is_not_believed(
    eager_cloud: LocalCloud,
    key: str,
    name: str,
    size: int,
    behaviour: str,
    fields: dict[str, int],
) -> None:
    """Bytes that contradict it do not become an object: what was there is still there."""
    eager_cloud.bucket.put_object(key, OLD)
    says = f"{told(name, checksum_of(name, size) ^ 1)},{behaviour}"
    error = refused(eager_cloud, eager_cloud.generated(SEED, size, says), key, **fields)
    assert error.error_type == "SourceChanged"
    assert stored(eager_cloud, key) == OLD


@NAMES
def test_checksum_of_parts_is_not_looked_at(eager_cloud: LocalCloud, key: str, name: str) -> None:
    """It says nothing of the bytes as a whole, and is neither proof nor reason to fail."""
    says = told(name, 1, kind="COMPOSITE")
    url = eager_cloud.generated(SEED, 5 * PART, says)
    reply = transferred(eager_cloud, url, key, **CHILDREN)
    assert stored(eager_cloud, key) == bytes_of(SEED, 5 * PART)
    assert reply["proof"] == ["parts", "object"]


@NAMES
def test_part_that_is_copied_twice_counts_once(
    eager_cloud: LocalCloud, key: str, name: str
) -> None:
    """One connection stalls in the middle of a part, which another copies meanwhile."""
    size = 12 * PART
    says = told(name, checksum_of(name, size))
    stalling = "stall:50000,after:3,first:4"
    url = eager_cloud.generated(SEED, size, says, stalling, name=key)
    reply = transferred(eager_cloud, url, key, **{**ALONE, "streams": 4})
    assert reply["parts"]["hedged"] >= 1
    assert f"source_{name}" in reply["proof"]
    assert stored(eager_cloud, key) == bytes_of(SEED, size)


@NAMES
@pytest.mark.parametrize("way", [ALONE, CHILDREN], ids=["alone", "children"])
@pytest.mark.parametrize("wrong", [0, 1], ids=["right", "wrong"])
def test_what_an_earlier_invocation_copied_is_part_of_it(
    eager_cloud: LocalCloud, key: str, name: str, way: dict[str, int], wrong: int
) -> None:
    """Records and receipts keep what was computed."""
    size, fields = 24 * PART - 1, {**way, "streams": 2}
    says = told(name, checksum_of(name, size, key) ^ wrong)
    with leaving_nothing(eager_cloud):
        slow = eager_cloud.generated(key, size, says, "rate:60000")
        assert killed_when_recorded(eager_cloud, slow, key, **fields)
        fast = eager_cloud.generated(key, size, says)
        if wrong:
            assert refused(eager_cloud, fast, key, **fields).error_type == "SourceChanged"
            assert not exists(eager_cloud, key)
            return
        reply = transferred(eager_cloud, fast, key, **fields)
        assert reply["parts"]["reused"] > 0
        assert f"source_{name}" in reply["proof"]
        assert stored(eager_cloud, key) == bytes_of(key, size)


def test_parts_that_were_copied_without_it_leave_it_unproven(
    eager_cloud: LocalCloud, key: str
) -> None:
    """As those of an earlier version: they are not copied again, and no proof is claimed, nor is
    anything taken for a mismatch."""
    size, fields = 24 * PART - 1, {**ALONE, "streams": 2}
    with leaving_nothing(eager_cloud):
        slow = eager_cloud.generated(key, size, "rate:60000")
        assert killed_when_recorded(eager_cloud, slow, key, **fields)
        assert all(len(part) == 5 for record in records(eager_cloud) for part in record["parts"])
        says = told("crc32c", checksum_of("crc32c", size, key))
        reply = transferred(eager_cloud, eager_cloud.generated(key, size, says), key, **fields)
        assert reply["parts"]["reused"] > 0
        assert reply["proof"] == ["parts", "object"]
        assert stored(eager_cloud, key) == bytes_of(key, size)
