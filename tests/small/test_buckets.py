"""The buckets of one stream: what is asked of them ends with it."""

from __future__ import annotations

import time

import pytest

from ossferry.errors import FerryError
from ossferry.names import ObjectName
from ossferry.small.buckets import Buckets
from tests.items.staged import BUCKET, stage

NAME = ObjectName("cn-hangzhou", BUCKET, "k")


@pytest.mark.parametrize("opened", [True, False])
def test_after_the_end_no_bucket_is_asked(opened: bool) -> None:
    """Neither one that is known by then nor one that is not."""
    with stage() as ours:
        deadline = time.monotonic() + 20
        buckets = Buckets(ours.context, ours.settings, deadline, lambda _: buckets.interrupt())
        if opened:
            assert buckets.of(NAME).head("k") is None
        buckets.interrupt()
        with pytest.raises(FerryError):
            buckets.of(NAME).head("k")
        assert len(ours.oss.served.requests) == opened
        buckets.close()
