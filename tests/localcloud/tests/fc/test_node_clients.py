"""Function Compute by the official clients for Node, which sign in ways of their own."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.localcloud.credentials import issue
from tests.localcloud.tests.fc.fc_cloud import SECRET, FcCloud, eventually, running_fc, template
from tests.localcloud.tests.node.running import Node

HERE = Path(__file__).parent
ECHO = json.dumps({"do": "echo", "text": "ü"})
FAIL = json.dumps({"do": "fail"})


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FcCloud]:
    """A function in task mode, so that an asynchronous call is answered with its task id."""
    document = template(asyncInvokeConfig={"asyncTask": True, "maxAsyncRetryAttempts": 0})
    with running_fc(tmp_path_factory.mktemp("fc"), document) as running:
        yield running


def by_fc2(node: Node, cloud: FcCloud, *calls: list[Any], **config: Any) -> Any:
    """Answer what @alicloud/fc2 gets for each call."""
    settings = {
        "accountID": cloud.config.account_id,
        "accessKeyID": cloud.config.access_key_id,
        "accessKeySecret": SECRET,
        "region": cloud.config.region,
        "endpoint": cloud.config.fc_endpoint,
        **config,
    }
    return node.run(HERE / "fc2.js", {"config": settings, "calls": calls})


def by_fc3(node: Node, cloud: FcCloud, *calls: dict[str, Any], **config: Any) -> Any:
    """Answer what @alicloud/fc20230330 gets for each call."""
    settings = {
        "accessKeyId": cloud.config.access_key_id,
        "accessKeySecret": SECRET,
        "regionId": cloud.config.region,
        "endpoint": cloud.config.fc_endpoint.removeprefix("http://"),
        "protocol": "HTTP",
        **config,
    }
    return node.run(HERE / "fc3.js", {"config": settings, "calls": calls})


def invocation(
    body: str = ECHO, function: str = "ossferry", qualifier: str | None = None, **headers: str
) -> dict[str, Any]:
    """Return InvokeFunction as ``fc3.js`` takes it."""
    return {
        "method": "invokeFunction",
        "path": [function],
        "model": "InvokeFunctionRequest",
        "request": {"body": body, "qualifier": qualifier},
        "headers": headers,
    }


def asking_for_task(task_id: str) -> dict[str, Any]:
    """Return GetAsyncTask as ``fc3.js`` takes it."""
    path = ["ossferry", task_id]
    return {"method": "getAsyncTask", "path": path, "model": "GetAsyncTaskRequest", "request": {}}


def test_fc2_invokes(node: Node, cloud: FcCloud) -> None:
    """Its Content-MD5 is the hexadecimal digest in base64; log type and qualifier are signed."""
    (answer,) = by_fc2(
        node,
        cloud,
        ["invokeFunction", "ossferry", "ossferry", ECHO, {"x-fc-log-type": "Tail"}, "LATEST"],
    )
    assert json.loads(answer["data"])["text"] == "ü"
    assert b"FC Invoke End" in base64.b64decode(answer["headers"]["x-fc-log-result"])


def test_fc2_queues_and_reads_function_errors(node: Node, cloud: FcCloud) -> None:
    """An asynchronous call is accepted; a function that fails is a success with a header."""
    queued = {
        "x-fc-invocation-type": "Async",
        "x-fc-stateful-async-invocation-id": "from-node-fc2",
    }
    accepted, failed = by_fc2(
        node,
        cloud,
        ["invokeFunction", "ossferry", "ossferry", ECHO, queued],
        ["invokeFunction", "ossferry", "ossferry", FAIL],
    )
    assert accepted["headers"]["x-fc-stateful-async-invocation-id"] == "from-node-fc2"
    assert failed["headers"]["x-fc-error-type"] == "UnhandledInvocationError"


def test_fc2_is_refused(node: Node, cloud: FcCloud) -> None:
    """A wrong secret, an unknown function or service: it reads the code of each."""
    call = ["invokeFunction", "ossferry", "ossferry", ECHO]
    (wrong,) = by_fc2(node, cloud, call, accessKeySecret="wrong")
    assert wrong["code"] == "SignatureNotMatch"
    unknown, nowhere = by_fc2(
        node,
        cloud,
        ["invokeFunction", "ossferry", "other", ECHO],
        ["invokeFunction", "other", "ossferry", ECHO],
    )
    assert (unknown["code"], nowhere["code"]) == ("FunctionNotFound", "ServiceNotFound")


def test_policy_of_temporary_credentials(node: Node, cloud: FcCloud) -> None:
    """Either client may do what the policy of its token allows, and nothing else."""
    region, account = cloud.config.region, cloud.config.account_id
    resources = [
        f"acs:fc:{region}:{account}:services/ossferry.LATEST/functions/ossferry",
        f"acs:fc:{region}:{account}:functions/ossferry",
    ]
    statement = {"Effect": "Allow", "Action": "fc:InvokeFunction", "Resource": resources}
    policy = {"Version": "1", "Statement": [statement]}
    given = issue(cloud.config.root_secret, policy, time.time() + 600)
    secrets = {"accessKeySecret": given.access_key_secret, "securityToken": given.security_token}
    allowed, refused = by_fc2(
        node,
        cloud,
        ["invokeFunction", "ossferry", "ossferry", ECHO],
        ["invokeFunction", "ossferry", "other", ECHO],
        accessKeyID=given.access_key_id,
        **secrets,
    )
    assert json.loads(allowed["data"])["text"] == "ü"
    assert refused["code"] == "AccessDenied"
    calls = invocation(), asking_for_task("any")
    allowed, refused = by_fc3(node, cloud, *calls, accessKeyId=given.access_key_id, **secrets)
    assert json.loads(allowed["body"])["text"] == "ü"
    assert (refused["status"], refused["code"]) == (403, "AccessDenied")


def test_fc3_invokes(node: Node, cloud: FcCloud) -> None:
    """It signs no ``x-fc-*``; log type, invocation type and task id count all the same."""
    plain, logged, queued = by_fc3(
        node,
        cloud,
        invocation(),
        invocation(xFcLogType="Tail", qualifier="LATEST"),
        invocation(xFcInvocationType="Async", xFcAsyncTaskId="from-node-fc3"),
    )
    assert (plain["status"], json.loads(plain["body"])["text"]) == (200, "ü")
    assert b"FC Invoke End" in base64.b64decode(logged["headers"]["x-fc-log-result"])
    assert (queued["status"], queued["headers"]["x-fc-async-task-id"]) == (202, "from-node-fc3")


def test_fc3_follows_a_task(node: Node, cloud: FcCloud) -> None:
    """The task that it queued ends, is listed, and its id is taken."""
    queue = invocation(xFcInvocationType="Async", xFcAsyncTaskId="followed-from-node")
    get = asking_for_task("followed-from-node")
    taken, _ = by_fc3(node, cloud, queue, get)
    assert taken["status"] == 202

    def ended() -> Any:
        (task,) = by_fc3(node, cloud, get)
        return task["body"]["status"] == "Succeeded"

    eventually(ended, "the task succeeds")
    listing = {
        "method": "listAsyncTasks",
        "path": ["ossferry"],
        "model": "ListAsyncTasksRequest",
        "request": {"prefix": "followed-"},
    }
    again, listed = by_fc3(node, cloud, queue, listing)
    assert (again["status"], again["code"]) == (409, "AsyncTaskAlreadyExists")
    assert [each["taskId"] for each in listed["body"]["tasks"]] == ["followed-from-node"]


def test_fc3_is_refused(node: Node, cloud: FcCloud) -> None:
    """A wrong secret, an unknown function, alias or task: it reads status and code of each."""
    (wrong,) = by_fc3(node, cloud, invocation(), accessKeySecret="wrong")
    assert (wrong["status"], wrong["code"]) == (403, "SignatureNotMatch")
    get = asking_for_task("unknown")
    found = by_fc3(node, cloud, invocation(function="other"), invocation(qualifier="canary"), get)
    assert [(each["status"], each["code"]) for each in found] == [
        (404, "FunctionNotFound"),
        (404, "AliasNotFound"),
        (404, "AsyncTaskNotFound"),
    ]
