"""What the 3.0 API tells of a function, by the official clients for Python and Node."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_tea_openapi import exceptions as tea_exceptions

from tests.localcloud.credentials import issue
from tests.localcloud.tests.fc.fc_cloud import (
    FcCloud,
    add_function,
    eventually,
    running_fc,
    template,
)
from tests.localcloud.tests.fc.test_node_clients import by_fc3
from tests.localcloud.tests.node.running import Node

ARN = "acs:fc:cn-hangzhou:1234567890123456:functions/ossferry"
TIMER = {
    "triggerName": "nightly",
    "triggerType": "timer",
    "triggerConfig": {"cronExpression": "0 0 3 * * *", "enable": True, "payload": "sweep"},
}
ARRIVALS = {
    "triggerName": "arrivals",
    "triggerType": "oss",
    "sourceArn": "acs:oss:cn-hangzhou:1234567890123456:inbox",
    "invocationRole": "acs:ram::1234567890123456:role/trigger",
    "triggerConfig": {
        "events": ["oss:ObjectCreated:PutObject"],
        "filter": {"key": {"prefix": "in/", "suffix": ""}},
    },
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FcCloud]:
    """One function with everything, and a second one with nothing."""
    document = template(
        description="moves things",
        role="ferry",
        diskSize=10240,
        internetAccess=False,
        environmentVariables={"OSSFERRY_MAX_CHILDREN": 50},
        logConfig="auto",
        instanceLifecycleConfig={"preStop": {"handler": "index.pre_stop", "timeout": 30}},
        concurrencyConfig={"reservedConcurrency": 5},
        asyncInvokeConfig={"asyncTask": True, "maxAsyncRetryAttempts": 2},
        triggers=[TIMER, ARRIVALS],
    )
    add_function(document, "plain")
    with running_fc(tmp_path_factory.mktemp("fc"), document, still_timers=True) as running:
        yield running


# One for each call: its action, what its resource has below the function, and the call itself.
Call = Callable[[Any, str], Any]
CALLS: dict[str, tuple[str, Call]] = {
    "fc:GetFunction": ("", lambda c, f: c.get_function(f, models.GetFunctionRequest())),
    "fc:ListTriggers": (
        "/triggers/*",
        lambda c, f: c.list_triggers(f, models.ListTriggersRequest()),
    ),
    "fc:GetFunctionAsyncInvokeConfig": (
        "",
        lambda c, f: c.get_async_invoke_config(f, models.GetAsyncInvokeConfigRequest()),
    ),
    "fc:GetConcurrencyConfig": ("", lambda c, f: c.get_concurrency_config(f)),
    "fc:ListInstances": (
        "/instances/*",
        lambda c, f: c.list_instances(f, models.ListInstancesRequest()),
    ),
    "fc:ListAsyncTasks": (
        "/async-tasks/*",
        lambda c, f: c.list_async_tasks(f, models.ListAsyncTasksRequest()),
    ),
    "fc:GetAsyncTask": (
        "/async-tasks/known",
        lambda c, f: c.get_async_task(f, "known", models.GetAsyncTaskRequest()),
    ),
    "fc:StopAsyncTask": (
        "/async-tasks/known",
        lambda c, f: c.stop_async_task(f, "known", models.StopAsyncTaskRequest()),
    ),
}
actions = pytest.mark.parametrize("action", CALLS)


@pytest.fixture(scope="module", autouse=True)
def known_task(cloud: FcCloud) -> None:
    """A task to ask for."""
    cloud.call_async("echo", task_id="known")


def refused(call: Call, client: Any, function: str = "ossferry") -> tuple[int, str, str]:
    with pytest.raises(tea_exceptions.AlibabaCloudException) as caught:
        call(client, function)
    assert caught.value.request_id
    return caught.value.status_code, caught.value.code, str(caught.value)


def allowed_to(cloud: FcCloud, action: str, resource: str) -> Any:
    """Return a client whose policy allows this one thing."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    policy = {"Version": "1", "Statement": [statement]}
    given = issue(cloud.config.root_secret, policy, time.time() + 600)
    return cloud.fc3(given.access_key_id, given.access_key_secret, given.security_token)


@actions
def test_wrong_signature(cloud: FcCloud, action: str) -> None:
    """Nothing is told to whoever has another secret."""
    status, code, _ = refused(CALLS[action][1], cloud.fc3(secret="wrong"))
    assert (status, code) == (403, "SignatureNotMatch")


@actions
def test_unknown_function(cloud: FcCloud, action: str) -> None:
    """A function that is not deployed is a 404, for each call."""
    status, code, _ = refused(CALLS[action][1], cloud.fc3(), "other")
    assert (status, code) == (404, "FunctionNotFound")


@actions
def test_policy_that_allows_just_this(cloud: FcCloud, action: str) -> None:
    """Action and resource are those of the service's page on policies."""
    below, call = CALLS[action]
    assert call(allowed_to(cloud, action, ARN + below), "ossferry").status_code in (200, 204)


@actions
def test_policy_that_allows_something_else(cloud: FcCloud, action: str) -> None:
    """Another action, or this one on another function, is not enough; the refusal names both."""
    below, call = CALLS[action]
    for strange in (
        allowed_to(cloud, "fc:InvokeFunction", "*"),
        allowed_to(cloud, action, ARN.replace("ossferry", "other") + below),
    ):
        status, code, message = refused(call, strange)
        assert (status, code) == (403, "AccessDenied")
        assert f"'{action}' on resource '{ARN}{below}'" in message


def test_function_is_described(cloud: FcCloud) -> None:
    """With what it runs on, how long, as whom, and whether it is ready."""
    found = cloud.fc3().get_function("ossferry", models.GetFunctionRequest()).body
    assert (found.function_name, found.function_arn) == ("ossferry", ARN)
    assert (found.runtime, found.handler) == ("python3.10", "index.handler")
    assert (found.cpu, found.memory_size, found.disk_size, found.timeout) == (0.5, 512, 10240, 30)
    assert found.role == "acs:ram::1234567890123456:role/ferry"
    assert found.environment_variables == {"OSSFERRY_MAX_CHILDREN": "50"}
    assert (found.internet_access, found.description) == (False, "moves things")
    assert found.instance_lifecycle_config.pre_stop.handler == "index.pre_stop"
    assert found.log_config.project
    assert (found.state, found.last_update_status) == ("Active", "Successful")
    assert int(found.code_checksum)
    assert found.code_size > 0
    assert found.last_modified_time.endswith("Z")


def test_function_of_a_service_is_described_by_its_whole_name(cloud: FcCloud) -> None:
    """A function that was made with 2.0 is ``service$function``; an unknown alias is a 404."""
    request = models.GetFunctionRequest()
    assert cloud.fc3().get_function("ossferry$ossferry", request).body.function_name == (
        "ossferry$ossferry"
    )
    with pytest.raises(tea_exceptions.AlibabaCloudException) as caught:
        cloud.fc3().get_function("ossferry", models.GetFunctionRequest(qualifier="canary"))
    assert (caught.value.status_code, caught.value.code) == (404, "AliasNotFound")


def test_triggers_are_listed_by_pages(cloud: FcCloud) -> None:
    """Their configuration is a text of JSON."""

    def listed(**asked: Any) -> Any:
        return cloud.fc3().list_triggers("ossferry", models.ListTriggersRequest(**asked)).body

    first = listed(limit=1)
    second = listed(limit=1, next_token=first.next_token)
    timer, oss = first.triggers[0], second.triggers[0]
    assert (timer.trigger_name, timer.trigger_type, timer.qualifier) == (
        *("nightly", "timer"),
        "LATEST",
    )
    assert json.loads(timer.trigger_config) == TIMER["triggerConfig"]
    assert json.loads(oss.trigger_config) == ARRIVALS["triggerConfig"]
    assert (oss.source_arn, oss.target_arn) == (ARRIVALS["sourceArn"], ARN)
    assert not second.next_token
    assert [each.trigger_name for each in listed(prefix="arr").triggers] == ["arrivals"]


def test_configurations_are_told_or_are_not_there(cloud: FcCloud) -> None:
    """A function that nothing was configured for has none: that is a 404, not the defaults."""
    config = CALLS["fc:GetFunctionAsyncInvokeConfig"][1]
    concurrency = CALLS["fc:GetConcurrencyConfig"][1]
    found = config(cloud.fc3(), "ossferry").body
    assert (found.async_task, found.max_async_retry_attempts, found.function_arn) == (True, 2, ARN)
    assert concurrency(cloud.fc3(), "ossferry").body.reserved_concurrency == 5
    assert refused(config, cloud.fc3(), "plain")[:2] == (404, "AsyncConfigNotExists")
    assert refused(concurrency, cloud.fc3(), "plain")[:2] == (404, "OnDemandConfigNotFound")


def test_task_names_its_function(cloud: FcCloud) -> None:
    """Beside what it has always said."""
    found = CALLS["fc:GetAsyncTask"][1](cloud.fc3(), "ossferry").body
    assert (found.task_id, found.function_arn) == ("known", ARN)


def instances(cloud: FcCloud, function: str = "ossferry", **asked: Any) -> Any:
    request = models.ListInstancesRequest(**asked)
    return cloud.fc3().list_instances(function, request).body.instances


def test_instances_are_listed_while_they_live_and_after(cloud: FcCloud) -> None:
    """Without being asked, only those that live; LATEST is version 0."""
    began = int(time.time() * 1000)
    cloud.call_fc3(b'{"do": "echo"}', function="plain")
    (living,) = instances(cloud, "plain")
    assert (living.status, living.qualifier, living.version_id) == ("Running", "LATEST", "0")
    assert living.created_time_ms >= began
    cloud.call_fc3(b'{"do": "crash"}', function="plain")
    assert instances(cloud, "plain") == []
    (ended,) = instances(cloud, "plain", instance_status=["Destroyed"], start_time_ms=began)
    assert (ended.instance_id, ended.status) == (living.instance_id, "Destroyed")
    assert ended.destroyed_time_ms >= ended.created_time_ms
    both = ["Destroyed", "Running"]
    assert instances(cloud, "plain", instance_status=both, end_time_ms=began - 1) == []
    assert instances(cloud, "plain", instance_status=both, instance_ids=["other"]) == []


def test_busy_instance_is_listed(cloud: FcCloud, tmp_path: Path) -> None:
    """Also while it runs, whatever times are asked for."""
    begun, until = tmp_path / "begun", tmp_path / "until"
    cloud.call_async("wait", begun=str(begun), until=str(until))
    eventually(begun.exists, "the function runs")
    found = instances(cloud, end_time_ms=1, with_all_active=True)
    until.touch()
    busy = {each["instance"] for each in cloud.view("instances")}
    assert {each.instance_id for each in found} & busy


def test_status_that_does_not_exist_is_refused(cloud: FcCloud) -> None:
    """A misspelt filter is an error, not everything."""
    with pytest.raises(tea_exceptions.AlibabaCloudException) as caught:
        instances(cloud, instance_status=["running"])
    assert (caught.value.status_code, caught.value.code) == (400, "InvalidArgument")


def test_function_has_no_more_instances_than_are_reserved(tmp_path: Path) -> None:
    """One more synchronous call is a 429, though the account has room."""
    document = template(concurrencyConfig={"reservedConcurrency": 1})
    begun, until = tmp_path / "begun", tmp_path / "until"
    with running_fc(tmp_path, document) as cloud:
        cloud.call_async("wait", begun=str(begun), until=str(until))
        eventually(begun.exists, "the function runs")
        with pytest.raises(tea_exceptions.AlibabaCloudException) as caught:
            cloud.call_fc3()
        until.touch()
    assert (caught.value.status_code, caught.value.code) == (429, "ResourceExhausted")


def test_node_is_told_the_same(node: Node, cloud: FcCloud) -> None:
    """Each call once by @alicloud/fc20230330."""
    asked = [
        *("GetFunction", "ListTriggers", "GetAsyncInvokeConfig", "ListInstances"),
        "ListAsyncTasks",
    ]
    calls: list[dict[str, Any]] = [
        {
            "method": name[0].lower() + name[1:],
            "path": ["ossferry"],
            "model": f"{name}Request",
            "request": {},
        }
        for name in asked
    ]
    calls.append({"method": "getConcurrencyConfig", "path": ["ossferry"]})
    answers = by_fc3(node, cloud, *calls)
    assert [each["status"] for each in answers] == [200] * 6
    function, triggers, config, listed, tasks, concurrency = (each["body"] for each in answers)
    assert function["functionArn"] == ARN
    assert [each["triggerName"] for each in triggers["triggers"]] == ["nightly", "arrivals"]
    assert config["maxAsyncRetryAttempts"] == 2
    assert isinstance(listed["instances"], list)
    assert "known" in [each["taskId"] for each in tasks["tasks"]]
    assert concurrency["reservedConcurrency"] == 5
    wrong = by_fc3(node, cloud, *calls, accessKeySecret="wrong")
    assert [each["code"] for each in wrong] == ["SignatureNotMatch"] * 6
