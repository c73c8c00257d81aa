"""Which buckets are swept: those that events may write to."""

from __future__ import annotations

import time
from types import SimpleNamespace as Record

import pytest

from ossferry.cloud import Cloud
from ossferry.context import Context
from ossferry.errors import TargetRefused
from ossferry.jobs import SweepJob
from ossferry.names import ObjectName
from ossferry.records.sweep import sweep
from ossferry.settings import Settings
from ossferry.stop import Stop
from tests.peers.scripted import Reply, answer, in_turn, scripted

JOB = SweepJob(ObjectName("cn-hangzhou", "my-bucket", ""), older_than=0)
NOTHING = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"


def cloud(endpoint: str, allowed: str) -> Cloud:
    settings = Settings(oss_endpoint=endpoint, allow_targets=(allowed,))
    context = Context.read(Record(region="cn-hangzhou"), {}, time.monotonic())
    return Cloud(context, settings, Stop())


@pytest.mark.parametrize("allowed", ["my-bucket", "my-bucket/in/", "my-*/x"])
def test_a_bucket_that_events_may_write_to_is_swept(allowed: str) -> None:
    """Whichever prefix it is that they may write to: records lie outside of all."""
    listing = Reply(answer(200, NOTHING, Date="Sun, 29 Nov 2026 01:00:00 GMT"))
    with scripted(in_turn(listing, listing)) as oss:
        assert sweep(JOB, cloud(oss.url, allowed))["status"] == "swept"


@pytest.mark.parametrize("allowed", ["other", "my-bucket2", "y-bucket/in/"])
def test_another_bucket_is_not_even_looked_at(allowed: str) -> None:
    """What may not be written is not deleted from."""
    with scripted(in_turn()) as oss:
        with pytest.raises(TargetRefused, match="OSSFERRY_ALLOW_TARGETS"):
            sweep(JOB, cloud(oss.url, allowed))
        assert oss.requests == []
