"""What is refused before a byte is copied, and what OSS cannot guard."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from oss2.models import BucketVersioningConfig

from tests.e2e.conftest import StartCloud
from tests.e2e.interrupted import asked_of_oss
from tests.e2e.spotless import log_of
from tests.e2e.transfers import bucket_named, event_for, exists, refused, replied, transferred
from tests.localcloud.client import LocalCloud

PART = 100 * 1024
SIZE = 3 * PART


def signed(url: str, form: str, ago: float) -> str:
    """Return a URL as one that was signed some seconds ago, for one second."""
    moment = datetime.now(timezone.utc) - timedelta(seconds=ago)
    date = moment.strftime("%Y%m%dT%H%M%SZ")
    ends = moment + timedelta(seconds=1)
    queries = {
        "oss-v1": f"Expires={ends.timestamp():.0f}&Signature=x",
        "oss-v4": f"x-oss-date={date}&x-oss-expires=1&x-oss-signature=x",
        "aws-v4": f"X-Amz-Date={date}&X-Amz-Expires=1&X-Amz-Signature=x",
        "google": f"X-Goog-Date={date}&X-Goog-Expires=1&X-Goog-Signature=x",
        "azure": f"se={ends.strftime('%Y-%m-%dT%H:%M:%SZ')}&sig=x",
    }
    return f"{url}?{queries[form]}"


@pytest.mark.parametrize("form", ["oss-v1", "oss-v4", "aws-v4", "google", "azure"])
def test_url_that_expires_too_soon_is_refused_early(
    eager_cloud: LocalCloud, key: str, form: str
) -> None:
    """The reason is the expiry, and no upload was opened."""
    before = asked_of_oss(eager_cloud, "InitiateMultipartUpload")
    url = signed(eager_cloud.generated(key, SIZE), form, ago=3600)
    error = refused(eager_cloud, url, key, part_size=PART)
    assert error.error_type == "SourceRefused"
    assert "expires" in error.message
    assert asked_of_oss(eager_cloud, "InitiateMultipartUpload") == before


def test_url_that_lives_long_enough_is_copied(eager_cloud: LocalCloud, key: str) -> None:
    """The same forms in time are no obstacle."""
    url = signed(eager_cloud.generated(key, SIZE), "oss-v4", ago=-3600)
    assert transferred(eager_cloud, url, key, part_size=PART)["status"] == "copied"


def test_targets_that_are_not_allowed_are_refused(start_cloud: StartCloud, key: str) -> None:
    """An operator's patterns bound where events may write, whatever the role may."""
    cloud = start_cloud(env={"OSSFERRY_ALLOW_TARGETS": "ossferry-local/in/*/x, logs-*"})
    url = cloud.generated(key, 10)
    assert transferred(cloud, url, "in/a/x1")["status"] == "copied"
    for outside in ("in/a/y", "inside", "elsewhere/in/a/x1"):
        error = refused(cloud, url, outside)
        assert error.error_type == "TargetRefused"
        assert "OSSFERRY_ALLOW_TARGETS" in error.message
        assert not exists(cloud, outside)


def test_nothing_is_told_where_nothing_may_be_written(start_cloud: StartCloud, key: str) -> None:
    """An event that says that it was handed over has its outcome written: not there."""
    cloud = start_cloud(env={"OSSFERRY_ALLOW_TARGETS": "logs-*"})
    url = cloud.generated(key, 10)
    told = ".ossferry/outcomes/forged.json"
    error = refused(cloud, url, key, handover=[1, "forged", 0])
    assert error.error_type == "TargetRefused"
    assert not exists(cloud, told)
    assert refused(cloud, url, key, handover=[1, "../forged", 0]).error_type == "InvalidEvent"
    assert "outcome.not_written" in log_of(cloud, error.request_id)


@pytest.mark.parametrize("steps", [("Enabled",), ("Enabled", "Suspended"), ()], ids=str)
def test_never_warns_where_versioning_defeats_it(
    eager_cloud: LocalCloud, key: str, steps: tuple[str, ...]
) -> None:
    """OSS ignores forbid-overwrite on a bucket with versioning, and the reply says so."""
    bucket = bucket_named(eager_cloud, "versioned")
    bucket.create_bucket()
    event = {**event_for(eager_cloud, eager_cloud.generated(key, 10), "x"), "overwrite": "never"}
    try:
        for status in steps:
            bucket.put_bucket_versioning(_versioning(status))
        reply = replied(eager_cloud, {**event, "target_bucket_name": "versioned"})
        assert any("versioning" in each for each in reply.get("warnings", [])) == bool(steps)
    finally:
        bucket.delete_object("x")
        bucket.delete_bucket()


def _versioning(status: str) -> object:
    config = BucketVersioningConfig()
    config.status = status
    return config
