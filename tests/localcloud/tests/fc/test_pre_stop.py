"""The preStop hook: called before an instance ends by choice, beside what it still works on."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from alibabacloud_fc20230330 import models

from tests.localcloud.tests.fc.fc_cloud import (
    FcCloud,
    add_function,
    eventually,
    running_fc,
    template,
)


def hooked(timeout: float = 20, **environment: str) -> dict[str, Any]:
    """Return a template whose function has the hook, and runs asynchronous calls as tasks."""
    return template(
        instanceLifecycleConfig={"preStop": {"handler": "index.pre_stop", "timeout": timeout}},
        environmentVariables={"SAID": "nothing", **environment},
        asyncInvokeConfig={"asyncTask": True, "maxAsyncRetryAttempts": 0},
    )


def begin_task(cloud: FcCloud, **asked: str) -> str:
    """Start a task that waits, and return its request id once it runs."""
    begun = cloud.folder / "begun"
    request_id = cloud.call_async("wait", task_id="task", begun=str(begun), **asked)
    eventually(begun.exists, "the task runs")
    return request_id


def stop_task(cloud: FcCloud) -> None:
    cloud.fc3().stop_async_task("ossferry", "task", models.StopAsyncTaskRequest())


def states(cloud: FcCloud) -> list[str]:
    found = cloud.fc3().get_async_task("ossferry", "task", models.GetAsyncTaskRequest()).body
    return [event.status for event in found.events]


def test_stop_of_a_task_calls_the_hook_beside_the_handler(tmp_path: Path) -> None:
    """The hook runs while the handler does, and both are over before the task is stopped."""
    go = tmp_path / "go"
    with running_fc(tmp_path, hooked(STOP_FILE=str(go), STOP_SECONDS="0.3")) as cloud:
        request_id = begin_task(cloud, until=str(go))
        stop_task(cloud)
        eventually(lambda: states(cloud)[-1] == "Stopped", "the task is stopped")
        assert states(cloud)[-3:] == ["Running", "Stopping", "Stopped"]
        assert cloud.view("instances") == []
        assert "pre_stop ran, 30" in cloud.log(request_id)
    assert go.exists()


def test_hook_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    """Its own timeout counts, and neither it nor the handler outlives it."""
    with running_fc(tmp_path, hooked(timeout=1, STOP_SECONDS="600")) as cloud:
        begin_task(cloud)
        began = time.monotonic()
        stop_task(cloud)
        eventually(lambda: cloud.view("instances") == [], "the instance ends")
        assert 1 <= time.monotonic() - began < 10


def test_hook_is_called_when_the_caller_goes_away(tmp_path: Path) -> None:
    """FC ends an instance that still works for nobody, but not without a word."""
    said = tmp_path / "said"
    with running_fc(tmp_path, hooked(STOP_FILE=str(said))) as cloud:
        payload = json.dumps({"do": "wait"}).encode()
        with pytest.raises(requests.exceptions.ReadTimeout):
            cloud.fc2(timeout=1).invoke_function("ossferry", "ossferry", payload)
        eventually(said.exists, "the hook is called")
        eventually(lambda: cloud.view("instances") == [], "the instance ends")


def test_hook_is_called_when_an_idle_instance_gives_way(tmp_path: Path) -> None:
    """An instance that works on nothing can be told as well."""
    said = tmp_path / "said"
    document = add_function(hooked(STOP_FILE=str(said)), "other")
    with running_fc(tmp_path, document, instances=1) as cloud:
        cloud.call("echo")
        cloud.call_fc3(b'{"do": "echo"}', "other")
        assert said.exists()


@pytest.mark.parametrize("end", ["crash", "wait"])
def test_hook_is_not_called_when_the_function_ends_the_instance(tmp_path: Path, end: str) -> None:
    """After a crash there is nobody to call, and past its timeout a function is killed."""
    said = tmp_path / "said"
    document = hooked(STOP_FILE=str(said))
    with running_fc(tmp_path, document, timeout=1.0) as cloud:
        payload = json.dumps({"do": end}).encode()
        assert "x-fc-error-type" in cloud.call_fc3(payload).headers
        eventually(lambda: cloud.view("instances") == [], "the instance ends")
    assert not said.exists()


def test_cloud_that_ends_waits_for_no_hook(tmp_path: Path) -> None:
    """Instances that work when the cloud ends are killed at once."""
    with running_fc(tmp_path, hooked(timeout=60, STOP_SECONDS="600")) as cloud:
        begin_task(cloud)
        began = time.monotonic()
    assert time.monotonic() - began < 10
