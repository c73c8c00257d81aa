"""A child that outlives its coordinator still has signed URLs, and may PUT a part at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import oss2
import pytest

from tests.e2e.contents import bytes_of
from tests.e2e.interrupted import leaving_nothing
from tests.e2e.transfers import event_for, exists, stored, transferred
from tests.localcloud.client import FunctionError, LocalCloud
from tests.localcloud.patience import eventually

PART = 100 * 1024
COUNT = 12
SIZE = COUNT * PART
ALONE = {"part_size": PART, "streams": 1, "max_children": 0}
# What the late child has of the source from where the part begins: less, or more, than the part.
LATE = {"less": PART // 2, "as much of another version": PART, "more": 3 * PART}


@pytest.fixture
def cloud(eager_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """A cloud where nothing stays."""
    with leaving_nothing(eager_cloud):
        yield eager_cloud


@pytest.mark.parametrize("late", LATE)
def test_a_part_that_somebody_else_replaced_is_never_completed(
    cloud: LocalCloud, key: str, late: str
) -> None:
    """OSS refuses to make it part of an object; the same event copies that part again, no other."""
    url = cloud.generated(key, SIZE)
    cloud.faults("origin", [{"operation": "GET", "bytes_per_second": 300_000}])
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, event_for(cloud, url, key, **ALONE))
        [(upload, number)] = eventually(lambda: [*_parts(cloud, key)][:1], within=30)
        cloud.bucket.upload_part(key, upload, number, b"x" * LATE[late])
        with pytest.raises(FunctionError) as failure:
            call.result()
    assert failure.value.error_type == "TargetRefused"
    assert "the same event goes on with them" in failure.value.message
    assert not exists(cloud, key)
    cloud.faults("origin")
    assert transferred(cloud, url, key, **ALONE)["parts"]["reused"] == COUNT - 1
    assert stored(cloud, key) == bytes_of(key, SIZE)


def _parts(cloud: LocalCloud, key: str) -> Iterator[tuple[str, int]]:
    """The parts that OSS has of open uploads: of which, and their numbers."""
    for upload in oss2.MultipartUploadIterator(cloud.bucket, prefix=key):
        for part in oss2.PartIterator(cloud.bucket, key, upload.upload_id):
            yield upload.upload_id, part.part_number
