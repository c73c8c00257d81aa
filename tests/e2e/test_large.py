"""Large sources: identical by CRC64 and size, and never more memory than a small one needs."""

from __future__ import annotations

import pytest

from tests.e2e.contents import crc64_of
from tests.e2e.spotless import MOST_RSS_MB
from tests.e2e.transfers import Reply, headers_of, transferred
from tests.localcloud.client import LocalCloud

MIB, GIB = 1024**2, 1024**3


def copied(cloud: LocalCloud, key: str, size: int, *behaviours: str, **fields: object) -> Reply:
    """Copy so many bytes, compare checksum and size, and give the disk back."""
    reply = transferred(cloud, cloud.generated("large", size, *behaviours), key, **fields)
    headers = headers_of(cloud, key)
    cloud.bucket.delete_object(key)
    assert int(headers["Content-Length"]) == size
    assert headers["x-oss-hash-crc64ecma"] == str(crc64_of("large", size))
    return reply


def most_rss_mb(cloud: LocalCloud) -> float:
    """Return the peak of the instance that ever needed most."""
    return max(float(instance["rss_mb"]) for instance in cloud.instances())


@pytest.mark.timeout(240)
def test_5_gib(cloud: LocalCloud, key: str) -> None:
    """5 GiB are shared out, arrive whole, and no instance exceeds the bar on memory.

    About 25 seconds where the machine has nothing else to do, and 5 GiB of disk meanwhile.
    """
    reply = copied(cloud, key, 5 * GIB)
    assert reply["proof"] == ["parts", "object"]
    assert reply["children"]["invocations"] > 3
    assert most_rss_mb(cloud) <= MOST_RSS_MB


@pytest.mark.parametrize(
    ("behaviour", "fields"),
    [
        ("range:honoured", {"max_children": 0}),
        ("range:honoured", {"max_children": 0, "streams": 32}),
        ("rate:2000000", {"max_children": 0, "streams": 128}),
        ("range:ignored", {}),
        ("range:ignored,length:chunked", {}),
        ("range:ignored,length:chunked", {"part_size": 100 * MIB}),
    ],
    ids=[
        "alone",
        "many-streams",
        "most-streams",
        "front-to-back",
        "no-length",
        "no-length-large-parts",
    ],
)
def test_coordinator_alone_needs_no_more_memory(
    cloud: LocalCloud, key: str, behaviour: str, fields: dict[str, object]
) -> None:
    """However the coordinator copies by itself, size is no matter of memory."""
    copied(cloud, key, 300 * MIB + 1, behaviour, **fields)
    assert most_rss_mb(cloud) <= MOST_RSS_MB
