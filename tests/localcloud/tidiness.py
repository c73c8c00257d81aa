"""What must hold after every test of the whole system, whatever happened in it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import oss2

from tests.localcloud.client import LocalCloud
from tests.localcloud.faults import SERVERS
from tests.localcloud.patience import eventually

BYSTANDER = "bystander/не трогать.bin"
_CONTENT = b"nobody asked to change this object"


@contextlib.contextmanager
def leaving_no_trace(cloud: LocalCloud) -> Iterator[None]:
    """Check that no upload stays open, no instance busy, and no other object is touched.

    The faults of the test are taken back first, so that the look around is not hit by them.
    """
    before = _place_bystander(cloud)
    try:
        yield
    finally:
        for server in SERVERS:
            cloud.faults(server)
    idle(cloud, within=10)
    assert not open_uploads(cloud), "multipart uploads were left open"
    after = cloud.bucket.get_object(BYSTANDER)
    assert (after.read(), after.etag, after.last_modified) == before, "a bystander was changed"


def idle(cloud: LocalCloud, within: float = 60) -> None:
    """Wait until nobody is at work."""
    eventually(lambda: _busy(cloud), wanted=lambda busy: not busy, within=within)


def open_uploads(cloud: LocalCloud) -> list[str]:
    """Return the keys of the multipart uploads that are open in the bucket."""
    return [upload.key for upload in oss2.MultipartUploadIterator(cloud.bucket)]


def _busy(cloud: LocalCloud) -> list[dict[str, Any]]:
    return [instance for instance in cloud.instances() if instance["busy"]]


def _place_bystander(cloud: LocalCloud) -> tuple[bytes, str, int]:
    cloud.bucket.put_object(BYSTANDER, _CONTENT)
    placed = cloud.bucket.head_object(BYSTANDER)
    return _CONTENT, placed.etag, placed.last_modified
