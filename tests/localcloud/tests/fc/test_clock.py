"""Timers, delays and the age of tasks go by a clock that a test moves: a day passes in no time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
from alibabacloud_fc20230330 import models
from alibabacloud_tea_openapi import exceptions as tea_exceptions

from tests.conftest import StartCloud
from tests.localcloud.tests.fc.fc_cloud import FcCloud, eventually, running_fc, template
from tests.localcloud.tests.fc.test_node_clients import by_fc3, invocation
from tests.localcloud.tests.node.running import Node

DAY = 86400
SEEN = "acs:mns:cn-hangzhou::/queues/seen/messages"


def tasks(*timers: dict[str, Any], **config: Any) -> dict[str, Any]:
    """Return a template in task mode that tells of each end, with these timers."""
    seen = {name: {"destination": SEEN} for name in ("onSuccess", "onFailure")}
    defaults = {"asyncTask": True, "maxAsyncRetryAttempts": 0, "destinationConfig": seen}
    return template(triggers=[*timers], asyncInvokeConfig={**defaults, **config})


def timer(name: str, expression: str, enable: bool = True) -> dict[str, Any]:
    config = {"cronExpression": expression, "enable": enable, "payload": f"of {name}"}
    return {"triggerName": name, "triggerType": "timer", "triggerConfig": config}


def advance(cloud: FcCloud, seconds: object) -> int:
    url = f"{cloud.config.fc_endpoint}/-/clock"
    return requests.put(url, json={"advance": seconds}, timeout=20).status_code


def delayed(cloud: FcCloud, task_id: str, seconds: int) -> None:
    """Queue a call that is to run so many seconds later."""
    reply = cloud.call_fc3(
        b'{"do": "echo"}',
        x_fc_invocation_type="Async",
        x_fc_async_task_id=task_id,
        common_headers={"x-fc-async-delay": str(seconds)},
    )
    assert reply.status_code == 202


def status(cloud: FcCloud, task_id: str) -> str:
    request = models.GetAsyncTaskRequest()
    return str(cloud.fc3().get_async_task("ossferry", task_id, request).body.status)


def becomes(cloud: FcCloud, task_id: str, wanted: str) -> None:
    eventually(lambda: status(cloud, task_id) == wanted, f"{task_id} is {wanted}")


def events(cloud: FcCloud, count: int) -> list[Any]:
    """Return what the function was called with, once so many calls have been told of."""

    def look() -> Any:
        found = cloud.view("queues/seen")
        return found if len(found) >= count else None

    return [json.loads(each["requestPayload"]) for each in eventually(look, f"{count} calls")]


def test_delayed_call_waits_for_its_time(tmp_path: Path) -> None:
    """It is enqueued until the clock comes to it, however little time has really passed."""
    with running_fc(tmp_path, tasks()) as cloud:
        delayed(cloud, "later", 3600)
        assert advance(cloud, 3000) == 200
        assert status(cloud, "later") == "Enqueued"
        assert cloud.view("invocations") == []
        advance(cloud, 600)
        becomes(cloud, "later", "Succeeded")


def test_delayed_call_of_fc2_and_of_node(node: Node, tmp_path: Path) -> None:
    """The 2.0 API knows the header too; Node's 3.0 client sends it unsigned."""
    with running_fc(tmp_path, tasks()) as cloud:
        headers = {"x-fc-invocation-type": "Async", "x-fc-async-delay": "1800"}
        cloud.fc2().invoke_function("ossferry", "ossferry", b'{"do": "echo"}', headers)
        call = invocation(xFcInvocationType="Async")
        call["headers"]["commonHeaders"] = {"x-fc-async-delay": "1800"}
        (queued,) = by_fc3(node, cloud, call)
        assert queued["status"] == 202
        assert cloud.view("invocations") == []
        advance(cloud, 1800)
        assert len(events(cloud, 2)) == 2


def test_delay_can_be_ignored(tmp_path: Path) -> None:
    """As FC 3.0 may do: nobody has confirmed that it honours the header."""
    with running_fc(tmp_path, tasks(), ignore_delay=True) as cloud:
        delayed(cloud, "at-once", 3600)
        becomes(cloud, "at-once", "Succeeded")
        assert status(cloud, "at-once") == "Succeeded"


def test_delayed_call_can_be_stopped(tmp_path: Path) -> None:
    """It never runs."""
    with running_fc(tmp_path, tasks()) as cloud:
        delayed(cloud, "stopped", 60)
        cloud.fc3().stop_async_task("ossferry", "stopped", models.StopAsyncTaskRequest())
        becomes(cloud, "stopped", "Stopped")
        advance(cloud, 60)
        assert cloud.view("invocations") == []


def test_call_that_is_delayed_beyond_its_age_expires(tmp_path: Path) -> None:
    """The delay counts as age."""
    with running_fc(tmp_path, tasks(maxAsyncEventAgeInSeconds=600)) as cloud:
        delayed(cloud, "too-late", 601)
        advance(cloud, 601)
        becomes(cloud, "too-late", "Expired")
        assert cloud.view("invocations") == []


def test_task_is_known_for_seven_days(tmp_path: Path) -> None:
    """Then it cannot be asked for, and its id is free."""
    with running_fc(tmp_path, tasks()) as cloud:
        cloud.call_async("echo", task_id="old")
        becomes(cloud, "old", "Succeeded")
        advance(cloud, 6 * DAY)
        assert status(cloud, "old") == "Succeeded"
        advance(cloud, DAY)
        with pytest.raises(tea_exceptions.AlibabaCloudException) as caught:
            status(cloud, "old")
        assert (caught.value.status_code, caught.value.code) == (404, "AsyncTaskNotFound")
        cloud.call_async("echo", task_id="old")
        becomes(cloud, "old", "Succeeded")


def test_timer_fires_for_each_moment_that_passes(tmp_path: Path) -> None:
    """A week is seven nights, each with its own moment, whenever the test runs."""
    document = tasks(timer("nightly", "0 0 3 * * *"), timer("never", "0 * * * * *", enable=False))
    with running_fc(tmp_path, document, still_timers=True) as cloud:
        advance(cloud, 7 * DAY)
        fired = events(cloud, 7)
        assert len(cloud.view("invocations")) == 7
    moments = sorted(each["triggerTime"] for each in fired)
    assert len({moment[:10] for moment in moments}) == 7
    assert {moment[10:] for moment in moments} == {"T03:00:00Z"}
    assert {(each["triggerName"], each["payload"]) for each in fired} == {("nightly", "of nightly")}


def test_timer_in_a_time_zone(tmp_path: Path) -> None:
    """Four o'clock in Shanghai is eight in the evening in UTC, which the event is told in."""
    document = tasks(timer("shanghai", "CRON_TZ=Asia/Shanghai 0 0 4 * * *"))
    with running_fc(tmp_path, document, still_timers=True) as cloud:
        advance(cloud, DAY)
        (event,) = events(cloud, 1)
    assert event["triggerTime"].endswith("T20:00:00Z")


def test_timer_fires_by_itself(tmp_path: Path) -> None:
    """Time that really passes counts as well."""
    with running_fc(tmp_path, tasks(timer("often", "@every 1s"))) as cloud:
        first, second = events(cloud, 2)[:2]
    assert first["triggerTime"] != second["triggerTime"]


@pytest.mark.parametrize("seconds", [-1, "soon", None, 1e400])
def test_clock_only_goes_forward(tmp_path: Path, seconds: object) -> None:
    """Anything else is refused."""
    with running_fc(tmp_path) as cloud:
        body = json.dumps({"advance": seconds})
        url = f"{cloud.config.fc_endpoint}/-/clock"
        assert requests.put(url, data=body, timeout=20).status_code == 400


def test_clock_of_the_whole_cloud(start_cloud: StartCloud) -> None:
    """In a day that passes, the project's sweep runs once, and its other timer each quarter."""
    cloud = start_cloud()
    cloud.advance(DAY, timers=True)
    expected = 1 + DAY // (15 * 60)

    def calls() -> set[str]:
        return {call["request_id"] for call in cloud.invocations()}

    # One that failed would be retried, under the same id.
    eventually(lambda: len(calls()) >= expected, "all timers fire")
    assert len(calls()) == expected
    assert {call["type"] for call in cloud.invocations()} == {"async"}
