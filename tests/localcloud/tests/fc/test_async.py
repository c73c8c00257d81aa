"""Asynchronous calls: queued, retried, reported, and as tasks asked for and stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fc2
import pytest
import requests
from alibabacloud_fc20230330 import models
from alibabacloud_tea_openapi import exceptions as tea_exceptions

from tests.localcloud.tests.fc.fc_cloud import (
    FcCloud,
    add_function,
    eventually,
    running_fc,
    template,
)

QUEUE = "acs:mns:cn-hangzhou::/queues/results/messages"
TOPIC = "acs:mns:cn-hangzhou::/topics/failures/messages"


def configured(**config: Any) -> dict[str, Any]:
    """Return a template with this asynchronous configuration."""
    return template(asyncInvokeConfig={"maxAsyncRetryAttempts": 1, **config})


def ended(cloud: FcCloud, count: int = 1) -> list[dict[str, Any]]:
    """Return the executions once so many have ended."""

    def look() -> list[dict[str, Any]]:
        found = [each for each in cloud.view("invocations") if each["ended"] is not None]
        return found if len(found) >= count else []

    return list(eventually(look, f"{count} executions end"))


def task(cloud: FcCloud, task_id: str) -> Any:
    return cloud.fc3().get_async_task("ossferry", task_id, models.GetAsyncTaskRequest()).body


def reaches(cloud: FcCloud, task_id: str, status: str) -> Any:
    """Return a task once it is in a state."""

    def look() -> Any:
        found = task(cloud, task_id)
        return found if found.status == status else None

    return eventually(look, f"{task_id} is {status}")


def test_call_is_accepted_and_executed(tmp_path: Path) -> None:
    """Both APIs answer 202 with nothing but the request's id, and the function runs."""
    with running_fc(tmp_path) as cloud:
        new = cloud.call_fc3(b'{"do": "echo"}', x_fc_invocation_type="Async")
        old = cloud.fc2().invoke_function(
            "ossferry", "ossferry", b'{"do": "echo"}', {"x-fc-invocation-type": "Async"}
        )
        assert new.status_code == 202
        assert new.body.read() == old.data == b""
        assert "x-fc-async-task-id" not in new.headers
        records = ended(cloud, 2)
    assert {each["request_id"] for each in records} == {
        new.headers["x-fc-request-id"],
        old.headers["X-Fc-Request-Id"],
    }
    assert [(each["type"], each["status"]) for each in records] == [("async", 200)] * 2


def test_function_error_is_retried_as_often_as_configured(tmp_path: Path) -> None:
    """All attempts belong to one request; then the failure is reported."""
    document = configured(destinationConfig={"onFailure": {"destination": TOPIC}})
    with running_fc(tmp_path, document) as cloud:
        request_id = cloud.call_async("fail")
        (message,) = eventually(lambda: cloud.view("topics/failures"), "the failure is reported")
        records = ended(cloud, 2)
    assert [each["request_id"] for each in records] == [request_id] * 2
    assert message["requestContext"]["requestId"] == request_id
    assert message["requestContext"]["approximateInvokeCount"] == 2
    assert json.loads(message["requestPayload"]) == {"do": "fail"}
    assert message["responseContext"] == {
        "statusCode": 200,
        "functionError": "UnhandledInvocationError",
    }
    assert json.loads(message["responsePayload"])["errorMessage"] == "something is wrong"
    assert isinstance(message["timestamp"], int)


def test_retry_can_succeed(tmp_path: Path) -> None:
    """A call that fails once succeeds, and only the success is reported."""
    document = configured(
        asyncTask=True,
        destinationConfig={
            "onSuccess": {"destination": QUEUE},
            "onFailure": {"destination": TOPIC},
        },
    )
    with running_fc(tmp_path, document) as cloud:
        cloud.call_async("fail_once", task_id="again", attempts=str(tmp_path / "attempts"))
        (message,) = eventually(lambda: cloud.view("queues/results"), "the success is reported")
        found = task(cloud, "again")
        assert cloud.view("topics/failures") == []
    assert (found.status, found.already_retried_times) == ("Succeeded", 1)
    assert [event.status for event in found.events] == [
        *("Enqueued", "Dequeued", "Running", "Retrying", "Running", "Succeeded"),
    ]
    assert message["responsePayload"] == "at last"
    assert message["requestContext"]["functionArn"] == (
        "acs:fc:cn-hangzhou:1234567890123456:functions/ossferry"
    )


def test_result_can_go_to_another_function(tmp_path: Path) -> None:
    """The destination is called with the report as its event."""
    arn = "acs:fc:cn-hangzhou::functions/other"
    document = configured(destinationConfig={"onSuccess": {"destination": arn}})
    add_function(document, "other", asyncInvokeConfig={"maxAsyncRetryAttempts": 0})
    with running_fc(tmp_path, document) as cloud:
        cloud.call_async("echo")
        records = ended(cloud, 2)
    assert [each["function"] for each in records] == ["ossferry", "other"]
    assert records[1]["type"] == "async"


def test_call_can_be_delivered_twice(tmp_path: Path) -> None:
    """At least once means that a function may see a call again."""
    attempts = tmp_path / "attempts"
    document = configured(destinationConfig={"onSuccess": {"destination": QUEUE}})
    with running_fc(tmp_path, document, deliver_twice=True) as cloud:
        request_id = cloud.call_async("fail_once", attempts=str(attempts), failures=0)
        records = ended(cloud, 2)
        eventually(lambda: cloud.view("queues/results"), "it is reported")
    assert [each["request_id"] for each in records] == [request_id] * 2
    assert attempts.read_text() == "xx"


def test_throttled_call_waits(tmp_path: Path) -> None:
    """Past the cap an asynchronous call is neither refused nor lost."""
    until = tmp_path / "go"
    with running_fc(tmp_path, configured(asyncTask=True), instances=1) as cloud:
        cloud.call_async("wait", task_id="first", until=str(until))
        reaches(cloud, "first", "Running")
        cloud.call_async("echo", task_id="second")
        assert task(cloud, "second").status != "Succeeded"
        until.touch()
        reaches(cloud, "second", "Succeeded")
        assert [each["status"] for each in cloud.view("invocations")] == [200, 200]


def test_call_that_is_too_old_expires(tmp_path: Path) -> None:
    """What waited longer than the maximum age is given up, and reported as a failure."""
    document = configured(
        asyncTask=True,
        maxAsyncEventAgeInSeconds=1,
        destinationConfig={"onFailure": {"destination": TOPIC}},
    )
    with running_fc(tmp_path, document, instances=1) as cloud:
        cloud.call_async("wait", task_id="first")
        reaches(cloud, "first", "Running")
        cloud.call_async("echo", task_id="second")
        assert reaches(cloud, "second", "Expired").started_time
        assert eventually(lambda: cloud.view("topics/failures"), "it is reported")


def test_call_can_be_delayed(tmp_path: Path) -> None:
    """It is accepted at once and executed later."""
    with running_fc(tmp_path) as cloud:
        headers = {"x-fc-invocation-type": "Async", "x-fc-async-delay": "1"}
        accepted = time.time()
        cloud.fc2().invoke_function("ossferry", "ossferry", b"{}", headers)
        (record,) = ended(cloud)
    assert record["started"] - accepted >= 1


def test_task_id_is_taken_once(tmp_path: Path) -> None:
    """The same id again is a 409; without an id the request's own becomes the task's."""
    with running_fc(tmp_path, configured(asyncTask=True)) as cloud:
        reply = cloud.call_fc3(
            b'{"do": "echo"}', x_fc_invocation_type="Async", x_fc_async_task_id="once"
        )
        assert reply.headers["x-fc-async-task-id"] == "once"
        with pytest.raises(tea_exceptions.AlibabaCloudException) as caught:
            cloud.call_async("echo", task_id="once")
        assert caught.value.status_code == 409
        assert "AlreadyExist" in caught.value.code
        request_id = cloud.call_async("echo")
        assert reaches(cloud, request_id, "Succeeded").task_id == request_id
        headers = {"x-fc-invocation-type": "Async", "x-fc-stateful-async-invocation-id": "once"}
        with pytest.raises(fc2.FcError) as refused:
            cloud.fc2().invoke_function("ossferry", "ossferry", b"{}", headers)
        assert refused.value.status_code == 409
        assert refused.value.err_code == "StatefulAsyncInvocationAlreadyExists"


@pytest.mark.parametrize("task_id", ["1st", "with space", "a" * 129, "a.b"])
def test_task_id_has_to_be_well_formed(tmp_path: Path, task_id: str) -> None:
    """Letters, digits, - and _, not starting with a digit or a dash, 128 at most."""
    with running_fc(tmp_path, configured(asyncTask=True)) as cloud:
        headers = {
            "x-fc-invocation-type": "Async",
            "x-fc-stateful-async-invocation-id": task_id,
        }
        with pytest.raises(fc2.FcError) as caught:
            cloud.fc2().invoke_function("ossferry", "ossferry", b"{}", headers)
    assert (caught.value.status_code, caught.value.err_code) == (400, "InvalidArgument")


def test_running_task_can_be_stopped(tmp_path: Path) -> None:
    """Its instance is killed and it stays stopped; one that has ended does not change."""
    with running_fc(tmp_path, configured(asyncTask=True)) as cloud:
        cloud.call_async("wait", task_id="endless", begun=str(tmp_path / "begun"))
        eventually((tmp_path / "begun").exists, "it runs")
        cloud.fc3().stop_async_task("ossferry", "endless", models.StopAsyncTaskRequest())
        found = reaches(cloud, "endless", "Stopped")
        assert found.end_time >= found.started_time
        assert cloud.view("instances") == []
        cloud.call_async("echo", task_id="quick")
        reaches(cloud, "quick", "Succeeded")
        cloud.fc3().stop_async_task("ossferry", "quick", models.StopAsyncTaskRequest())
        assert task(cloud, "quick").status == "Succeeded"


def test_unknown_task_is_404(tmp_path: Path) -> None:
    """To get and to stop what was never submitted fails."""
    with running_fc(tmp_path, configured(asyncTask=True)) as cloud:
        client = cloud.fc3()
        attempts: list[Callable[[], object]] = [
            lambda: client.get_async_task("ossferry", "none", models.GetAsyncTaskRequest()),
            lambda: client.stop_async_task("ossferry", "none", models.StopAsyncTaskRequest()),
        ]
        for ask in attempts:
            with pytest.raises(tea_exceptions.AlibabaCloudException) as caught:
                ask()
            assert caught.value.status_code == 404
            assert "NotFound" in caught.value.code


def test_tasks_are_listed_by_filter_and_page(tmp_path: Path) -> None:
    """Prefix, state, order, payload and paging work as the SDK asks for them."""
    with running_fc(tmp_path, configured(asyncTask=True)) as cloud:
        for task_id in ("a-1", "a-2", "a-3", "b-1"):
            cloud.call_async("echo", task_id=task_id)
            reaches(cloud, task_id, "Succeeded")

        def listed(**query: Any) -> Any:
            request = models.ListAsyncTasksRequest(**query)
            return cloud.fc3().list_async_tasks("ossferry", request).body

        assert [each.task_id for each in listed(prefix="a-").tasks] == ["a-1", "a-2", "a-3"]
        assert listed(status="Running").tasks == []
        first = listed(limit=3, sort_order_by_time="desc")
        assert [each.task_id for each in first.tasks] == ["b-1", "a-3", "a-2"]
        second = listed(limit=3, sort_order_by_time="desc", next_token=first.next_token)
        assert [each.task_id for each in second.tasks] == ["a-1"]
        assert not second.next_token
        assert listed().tasks[0].task_payload is None
        assert json.loads(listed(include_payload=True).tasks[0].task_payload) == {"do": "echo"}
        with pytest.raises(tea_exceptions.AlibabaCloudException) as caught:
            listed(limit=101)
        assert caught.value.code == "InvalidArgument"


def test_fc2_tasks_can_be_asked_for_and_stopped(tmp_path: Path) -> None:
    """The 2.0 API has its own names for the same."""
    path = "/2016-08-15/services/ossferry/functions/ossferry/stateful-async-invocations"
    with running_fc(tmp_path, configured(asyncTask=True)) as cloud:
        begun = tmp_path / "begun"
        headers = {"x-fc-invocation-type": "Async", "x-fc-stateful-async-invocation-id": "old"}
        payload = json.dumps({"do": "wait", "begun": str(begun)}).encode()
        reply = cloud.fc2().invoke_function("ossferry", "ossferry", payload, headers)
        assert reply.headers["X-Fc-Stateful-Async-Invocation-Id"] == "old"
        eventually(begun.exists, "it runs")

        def ask(method: str, where: str) -> requests.Response:
            client: Any = cloud.fc2()
            sign: Callable[[str, str], dict[str, str]] = client._build_common_headers
            signed = sign(method, where)
            url = cloud.config.fc_endpoint + where
            return requests.request(method, url, headers=signed, timeout=20)

        found = ask("GET", f"{path}/old").json()
        assert (found["invocationId"], found["status"]) == ("old", "Running")
        assert [each["invocationId"] for each in ask("GET", path).json()["invocations"]] == ["old"]
        assert ask("PUT", f"{path}/old").status_code == 200
        eventually(lambda: ask("GET", f"{path}/old").json()["status"] == "Stopped", "it stops")
        assert ask("GET", f"{path}/new").json()["ErrorCode"] == "StatefulAsyncInvocationNotFound"


def test_configuration_can_be_changed_over_the_api(tmp_path: Path) -> None:
    """Put, get and delete, with the limits that FC has."""
    with running_fc(tmp_path) as cloud:
        client = cloud.fc3()

        def put(**config: Any) -> Any:
            body = models.PutAsyncInvokeConfigInput(**config)
            request = models.PutAsyncInvokeConfigRequest(body=body)
            return client.put_async_invoke_config("ossferry", request).body

        put(
            async_task=True,
            max_async_retry_attempts=0,
            destination_config=models.DestinationConfig(
                on_failure=models.Destination(destination=QUEUE)
            ),
        )
        found = client.get_async_invoke_config("ossferry", models.GetAsyncInvokeConfigRequest())
        assert (found.body.async_task, found.body.max_async_retry_attempts) == (True, 0)
        assert found.body.destination_config.on_failure.destination == QUEUE
        cloud.call_async("fail", task_id="now")
        assert reaches(cloud, "now", "Failed").already_retried_times == 0
        assert eventually(lambda: cloud.view("queues/results"), "it is reported")
        with pytest.raises(tea_exceptions.AlibabaCloudException) as caught:
            put(max_async_retry_attempts=9)
        assert caught.value.code == "InvalidArgument"
        client.delete_async_invoke_config("ossferry", models.DeleteAsyncInvokeConfigRequest())
        with pytest.raises(tea_exceptions.AlibabaCloudException) as caught:
            client.get_async_invoke_config("ossferry", models.GetAsyncInvokeConfigRequest())
        assert (caught.value.status_code, caught.value.code) == (404, "AsyncConfigNotExists")
