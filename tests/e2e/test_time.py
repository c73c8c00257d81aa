"""The function's timeout ends a transfer in good order, before Function Compute would."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import refused, stored
from tests.localcloud.client import LocalCloud, started

PART = 100 * 1024
OLD = b"what was there before"
EAGER = {"OSSFERRY_FAN_OUT_FROM": "1"}
TIMEOUT = 4
SLOW = {
    "children": ("rate:10000", {"streams": 1}),
    "coordinator-alone": ("rate:10000", {"max_children": 0}),
    "front-to-back": ("range:ignored,rate:10000", {}),
    "no-length": ("range:ignored,length:chunked,rate:10000", {}),
    "source-stalls": ("stall:5000,after:1", {"streams": 1}),
    "source-stalls-front-to-back": ("range:ignored,stall:250000", {}),
    "source-stalls-without-length": ("range:ignored,length:close,stall:250000", {}),
}


@pytest.fixture(scope="module")
def shared_brief_cloud() -> Iterator[LocalCloud]:
    """A cloud whose function has only a few seconds."""
    with started(timeout=TIMEOUT, env=EAGER) as running:
        yield running


@pytest.fixture
def brief_cloud(shared_brief_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The same, to be left spotless."""
    with staying_spotless(shared_brief_cloud):
        yield shared_brief_cloud


@pytest.mark.parametrize("way", SLOW)
def test_transfer_that_takes_too_long_ends_in_time(
    brief_cloud: LocalCloud, key: str, way: str
) -> None:
    """It is OutOfTime, said before the timeout, and what was there is still there."""
    behaviour, fields = SLOW[way]
    brief_cloud.bucket.put_object(key, OLD)
    url = brief_cloud.generated("slow", 8 * PART, behaviour)
    began = time.monotonic()
    error = refused(brief_cloud, url, key, part_size=PART, **fields)
    assert error.error_type == "OutOfTime"
    assert time.monotonic() - began < TIMEOUT
    assert stored(brief_cloud, key) == OLD


@pytest.mark.parametrize("behaviour", ["range:honoured", "range:ignored"])
def test_coordinator_that_hangs_at_oss_ends_in_time(
    brief_cloud: LocalCloud, key: str, behaviour: str
) -> None:
    """Where OSS takes no more bytes, there is still time to abort and to say so."""
    brief_cloud.bucket.put_object(key, OLD)
    brief_cloud.faults("oss", [{"operation": "UploadPart", "part": 2, "stall_after": 1000}])
    url = brief_cloud.generated("stuck", 4 * PART, behaviour)
    error = refused(brief_cloud, url, key, part_size=PART, max_children=0)
    assert error.error_type == "OutOfTime"
    assert stored(brief_cloud, key) == OLD


def test_child_that_hangs_does_not_outlive_its_coordinator(
    brief_cloud: LocalCloud, key: str
) -> None:
    """A child that is stuck at OSS ends with the transfer, and with it its part."""
    brief_cloud.bucket.put_object(key, OLD)
    stuck = {"operation": "UploadPart", "part": 1, "stall_after": 1000}
    brief_cloud.faults("oss", [stuck])
    url = brief_cloud.generated("stuck", 2 * PART)
    error = refused(brief_cloud, url, key, part_size=PART, streams=1)
    assert error.error_type == "OutOfTime"
    assert stored(brief_cloud, key) == OLD
