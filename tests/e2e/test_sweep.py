"""A sweep removes what transfers left behind, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.contents import bytes_of
from tests.e2e.interrupted import (
    assert_nothing_left,
    killed_after,
    leaving_nothing,
    record_names,
    sweep_event,
    swept,
)
from tests.e2e.transfers import exists, failed, refused, stored, transferred
from tests.localcloud.client import LocalCloud
from tests.localcloud.tidiness import open_uploads

PART = 100 * 1024
SIZE = 8 * PART
RATE = "rate:100000"
FIELDS = {"part_size": PART, "streams": 2, "max_children": 0}
DENIED = {"status": 403, "code": "AccessDenied"}


@pytest.fixture
def cloud(eager_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """A cloud where nothing was left before, and nothing is after."""
    with leaving_nothing(eager_cloud):
        yield eager_cloud


def left_behind(cloud: LocalCloud, key: str, *behaviours: str) -> None:
    """Leave an upload and its record, as a crash does."""
    killed_after(cloud, 1, cloud.generated(key, SIZE, RATE, *behaviours), key, **FIELDS)
    assert open_uploads(cloud) == [key]
    assert len(record_names(cloud)) == 1


@pytest.mark.parametrize("habits", ["etag:weak", "range:ignored", "range:ignored,length:chunked"])
def test_sweep_removes_what_a_crash_left(cloud: LocalCloud, key: str, habits: str) -> None:
    """However the source was copied: in parts by many, or front to back."""
    left_behind(cloud, key, habits)
    assert swept(cloud) == {"status": "swept", "swept": 1, "kept": 0, "failed": 0}
    assert_nothing_left(cloud)
    assert not exists(cloud, key)


def test_sweep_is_idempotent(cloud: LocalCloud, key: str) -> None:
    """The second finds nothing to do."""
    left_behind(cloud, key)
    assert [swept(cloud)["swept"] for _ in range(2)] == [1, 0]


def test_sweep_goes_by_age(cloud: LocalCloud, key: str) -> None:
    """What is younger is kept, and may still be gone on with."""
    left_behind(cloud, key)
    assert swept(cloud, hours=1) == {"status": "swept", "swept": 0, "kept": 1, "failed": 0}
    assert open_uploads(cloud) == [key]
    transferred(cloud, cloud.generated(key, SIZE), key, **FIELDS)
    assert_nothing_left(cloud)
    assert stored(cloud, key) == bytes_of(key, SIZE)


def test_sweep_touches_only_uploads_on_record(cloud: LocalCloud, key: str) -> None:
    """Those of other programs stay open, even for the same key."""
    left_behind(cloud, key)
    foreign = cloud.bucket.init_multipart_upload(key).upload_id
    cloud.bucket.upload_part(key, foreign, 1, b"x")
    swept(cloud)
    assert open_uploads(cloud) == [key]
    assert len(cloud.bucket.list_parts(key, foreign).parts) == 1
    cloud.bucket.abort_multipart_upload(key, foreign)


def test_sweep_removes_outcomes_and_what_makes_no_sense(cloud: LocalCloud, key: str) -> None:
    """The folder is ossferry's own; the object next to it is not."""
    cloud.bucket.put_object(".ossferry/outcomes/1-2-3.json", b'{"status": "copied"}')
    cloud.bucket.put_object(".ossferry/odd.json", b'{"version": 1, "upload_id": 1}')
    cloud.bucket.put_object(f".ossferry-{key}", b"somebody else's")
    assert swept(cloud) == {"status": "swept", "swept": 2, "kept": 0, "failed": 0}
    assert stored(cloud, f".ossferry-{key}") == b"somebody else's"


def test_sweep_of_an_upload_that_is_gone_removes_its_record(cloud: LocalCloud, key: str) -> None:
    """A lifecycle rule may have been faster."""
    left_behind(cloud, key)
    for upload in cloud.bucket.list_multipart_uploads().upload_list:
        cloud.bucket.abort_multipart_upload(upload.key, upload.upload_id)
    assert swept(cloud)["swept"] == 1


def test_sweep_that_cannot_abort_says_so_and_keeps_the_record(cloud: LocalCloud, key: str) -> None:
    """The next sweep tries again."""
    left_behind(cloud, key)
    cloud.faults("oss", [{"operation": "AbortMultipartUpload", **DENIED}])
    assert swept(cloud) == {"status": "swept", "swept": 0, "kept": 0, "failed": 1}
    assert len(record_names(cloud)) == 1
    cloud.faults("oss")
    assert swept(cloud)["swept"] == 1


def test_sweep_finishes_an_abort_that_failed(cloud: LocalCloud, key: str) -> None:
    """A transfer that failed and could not clean up is remembered like one that crashed."""
    part_2 = {"operation": "UploadPart", "part": 2, "corrupt_at": 9}
    cloud.faults("oss", [part_2, {"operation": "AbortMultipartUpload", **DENIED}])
    refused(cloud, cloud.generated(key, SIZE), key, **FIELDS)
    cloud.faults("oss")
    assert swept(cloud)["swept"] == 1


@pytest.mark.parametrize("hours", [-1, 1.5, "soon", 24 * 365 + 1])
def test_age_that_makes_no_sense_is_refused(cloud: LocalCloud, hours: object) -> None:
    """The error names the field."""
    error = failed(cloud, {**sweep_event(cloud), "older_than_hours": hours})
    assert error.error_type == "InvalidEvent"
    assert "older_than_hours" in error.message
