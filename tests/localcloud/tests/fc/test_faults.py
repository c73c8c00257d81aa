"""Faults of the FC server: what a caller has to survive, on demand."""

from __future__ import annotations

import json
from collections.abc import Iterator

import fc2
import pytest
import requests

from tests.localcloud.tests.fc.fc_cloud import FcCloud, eventually, running_fc, template

ECHO = b'{"do": "echo"}'


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FcCloud]:
    document = template(asyncInvokeConfig={"maxAsyncRetryAttempts": 1, "asyncTask": True})
    with running_fc(tmp_path_factory.mktemp("fc"), document) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: FcCloud) -> Iterator[FcCloud]:
    """Give each test the cloud without the faults of the one before."""
    running.inject()
    yield running
    running.inject()


def refused(cloud: FcCloud, **asked: object) -> tuple[int, str]:
    with pytest.raises(fc2.FcError) as caught:
        cloud.call("echo", **asked)
    return caught.value.status_code, caught.value.err_code


def test_status_is_worded_as_the_service_words_it(cloud: FcCloud) -> None:
    """A fault's status comes with the usual code unless it names another."""
    cloud.inject({"status": 429, "times": 1}, {"status": 429, "code": "Other"})
    assert refused(cloud) == (429, "ResourceExhausted")
    assert refused(cloud) == (429, "Other")


def test_fault_can_be_for_one_role_and_its_nth_call(cloud: FcCloud) -> None:
    """The key is the kind of the job; requests of other kinds are not counted."""
    cloud.inject({"operation": "InvokeFunction", "key": "copy", "nth": 2, "status": 503})
    cloud.call("echo", kind="copy")
    cloud.call("echo")
    assert refused(cloud, kind="copy") == (503, "ResourceThrottled")
    cloud.call("echo", kind="copy")


def test_killed_instance_is_an_exit_to_the_caller(cloud: FcCloud) -> None:
    """The fault kills under the running request, and only then."""
    cloud.inject({"kill": True, "times": 1})
    with pytest.raises(fc2.FcError, match="Process exited unexpectedly"):
        cloud.call("wait")
    assert cloud.call("echo", x=1)["x"] == 1


def test_killed_instance_under_an_asynchronous_call_is_retried(cloud: FcCloud) -> None:
    """The fault strikes the first attempt."""
    cloud.inject({"kill": True})
    request_id = cloud.call_async("echo")

    def attempts() -> list[dict[str, object]]:
        records = cloud.view("invocations")
        mine = [each for each in records if each["request_id"] == request_id and each["ended"]]
        return mine if len(mine) == 2 else []

    first, second = eventually(attempts, "it is tried twice")
    assert (first["error_type"], second["error_type"]) == ("UnhandledInvocationError", None)


def test_dropped_reply_leaves_the_work_done(cloud: FcCloud) -> None:
    """The caller sees a broken connection although the function has run."""
    before = len(cloud.view("invocations"))
    cloud.inject({"drop_reply": True, "times": 1})
    with pytest.raises(requests.exceptions.ConnectionError):
        cloud.call("echo")
    after = cloud.view("invocations")
    assert len(after) == before + 1
    assert (after[-1]["status"], after[-1]["error_type"]) == (200, None)


def test_reply_can_be_cut(cloud: FcCloud) -> None:
    """The connection breaks within the body."""
    cloud.inject({"cut_after": 3, "times": 1})
    with pytest.raises(requests.exceptions.RequestException):
        cloud.fc2().invoke_function("ossferry", "ossferry", ECHO)
    assert json.loads(cloud.fc2().invoke_function("ossferry", "ossferry", ECHO).data)
