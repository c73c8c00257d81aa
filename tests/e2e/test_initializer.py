"""What an instance does before its first request, and what becomes of one that cannot."""

from __future__ import annotations

import time

import pytest

from tests.e2e.conftest import StartCloud
from tests.e2e.spotless import log_of
from tests.e2e.transfers import event_for, failed


@pytest.mark.parametrize(("name", "value"), [("STREAMS", "many"), ("DEPOT", "zips/libraries.zip")])
def test_a_setting_that_makes_no_sense_is_told_to_each_request(
    start_cloud: StartCloud, name: str, value: str
) -> None:
    """By type and in one sentence; each time a new instance is tried, and none is left behind."""
    cloud = start_cloud(env={f"OSSFERRY_{name}": value})
    started = time.time()
    for _ in range(3):
        error = failed(cloud, event_for(cloud, f"{cloud.origin}/x", "x"))
        assert error.error_type == "InvalidSettings"
        assert f"OSSFERRY_{name} must" in error.message
        assert cloud.instances() == []
    calls = cloud.invocations(since=started)
    assert [call["cold"] for call in calls] == [True] * 3
    for call in calls:
        assert '"error_type": "InvalidSettings"' in log_of(cloud, call["request_id"])
