"""Calling a function: what it gets, what comes back, and what its failures look like."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fc2
import pytest

from tests.localcloud.config import REPOSITORY
from tests.localcloud.tests.fc.fc_cloud import FUNCTION_FOLDER, FcCloud, running_fc, template


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FcCloud]:
    with running_fc(tmp_path_factory.mktemp("fc")) as running:
        yield running


def failure(cloud: FcCloud, do: str, **asked: Any) -> tuple[dict[str, Any], str]:
    """Call what fails, with the 3.0 SDK, which hands over body and headers as they are."""
    reply = cloud.call_fc3(json.dumps({"do": do, **asked}).encode())
    assert reply.status_code == 200
    return json.loads(reply.body.read()), reply.headers["x-fc-error-type"]


@pytest.mark.parametrize("service", ["ossferry", "ossferry.LATEST"])
def test_fc2_client_gets_what_the_handler_returns(cloud: FcCloud, service: str) -> None:
    """The 2.0 API answers with the handler's bytes, with and without a qualifier."""
    payload = b'{"do": "reverse", "text": "abc"}'
    answer = cloud.fc2().invoke_function(service, "ossferry", payload)
    assert answer.data == b"cba"


@pytest.mark.parametrize("name", ["ossferry", "ossferry$ossferry"])
@pytest.mark.parametrize("qualifier", [None, "LATEST"])
def test_fc3_client_gets_what_the_handler_returns(
    cloud: FcCloud, name: str, qualifier: str | None
) -> None:
    """The 3.0 API knows the function by its own name and by that of a service's function."""
    payload = b'{"do": "reverse", "text": "abc"}'
    reply = cloud.call_fc3(payload, name, qualifier=qualifier)
    assert reply.body.read() == b"cba"
    assert "x-fc-error-type" not in reply.headers


def test_reply_carries_the_headers_of_the_service(cloud: FcCloud) -> None:
    """Duration, memory, instance and request are told in FC's headers and formats."""
    headers = cloud.call_fc3().headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-fc-instance-id"].startswith("c-")
    assert headers["x-fc-invocation-duration"].isdecimal()
    assert headers["x-fc-invocation-service-version"] == "LATEST"
    assert headers["x-fc-code-checksum"].isdecimal()
    assert re.fullmatch(r"\d+\.\d\d", headers["x-fc-max-memory-usage"])
    assert "x-fc-request-id" in headers["access-control-expose-headers"]
    assert "x-fc-log-result" not in headers


def test_log_tail_has_the_end_of_what_was_printed(cloud: FcCloud) -> None:
    """Only when asked for, and only 4 KB; the view has all of it."""
    text = "-".join(str(number) for number in range(5000))
    payload = json.dumps({"do": "say", "text": text}).encode()
    reply = cloud.call_fc3(payload, x_fc_log_type="Tail")
    request_id = reply.headers["x-fc-request-id"]
    tail = base64.b64decode(reply.headers["x-fc-log-result"]).decode()
    assert len(tail) == 4096
    assert f"{request_id} [INFO] logged\nFC Invoke End RequestId: {request_id}" in tail
    assert "Memory Size: 512 MB, Max Memory Used: " in tail
    log = cloud.log(request_id)
    assert log.startswith(f"FC Invoke Start RequestId: {request_id}\n{text}\n")
    assert log.endswith(tail)


def test_function_sees_nothing_of_the_test_environment(
    cloud: FcCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Environment, path and folder are those of a deployed function."""
    monkeypatch.setenv("SECRET_OF_THE_TESTS", "1")
    seen = cloud.call("describe")
    assert seen["folder"] == str(FUNCTION_FOLDER)
    assert seen["path"][:2] == [str(FUNCTION_FOLDER), str(REPOSITORY / ".venv" / "runtime")]
    assert not [entry for entry in seen["path"][2:] if "site-packages" in entry]
    assert str(REPOSITORY) not in seen["path"]
    assert set(seen["environment"]) == {
        *("PATH", "LANG", "FC_ACCOUNT_ID", "FC_FUNCTION_HANDLER", "FC_FUNCTION_MEMORY_SIZE"),
        *("FC_FUNCTION_NAME", "FC_FUNC_CODE_PATH", "FC_INSTANCE_ID", "FC_QUALIFIER"),
        *("FC_REGION", "FC_SERVICE_NAME"),
        *("OSSFERRY_ALLOW_NETWORKS", "OSSFERRY_FC_ENDPOINT", "OSSFERRY_OSS_ENDPOINT"),
    }
    assert seen["environment"]["FC_FUNCTION_MEMORY_SIZE"] == "512"
    third_party = {"oss2", "fc2", "requests", "urllib3", "aiohttp", "pytest"}
    assert not third_party & set(seen["modules"])


def test_environment_of_the_configuration_comes_last(tmp_path: Path) -> None:
    """What the cloud was started with overrides the template, which overrides the defaults."""
    document = template(environmentVariables={"OSSFERRY_OSS_ENDPOINT": "t", "MINE": "t"})
    with running_fc(tmp_path, document, env={"MINE": "c"}) as cloud:
        environment = cloud.call("describe")["environment"]
    assert environment["OSSFERRY_OSS_ENDPOINT"] == "t"
    assert environment["MINE"] == "c"


def test_context_of_python_3_10_has_service_and_credentials(cloud: FcCloud) -> None:
    """The older runtimes hand the credentials over in the context."""
    seen = cloud.call("describe")
    assert seen["context"] == [
        *("account_id", "credentials", "function", "logger", "region", "request_id", "service"),
    ]
    assert seen["service"]["name"] == "ossferry"
    assert seen["service"]["qualifier"] == "LATEST"
    assert seen["function"] == {
        "name": "ossferry",
        "handler": "index.handler",
        "memory": 512,
        "timeout": 30,
    }
    assert seen["credentials"]["access_key_id"].startswith("STS.")


@pytest.mark.parametrize(
    ("runtime", "place"), [("python3.10", "service"), ("python3.12", "function")]
)
def test_alias_has_instances_and_a_context_of_its_own(
    tmp_path: Path, runtime: str, place: str
) -> None:
    """By either API, and nothing of LATEST's."""
    payload = b'{"do": "describe"}'
    with running_fc(tmp_path, runtime=runtime, qualifier="live") as cloud:
        latest = cloud.call("describe")
        by_fc2 = cloud.fc2().invoke_function("ossferry", "ossferry", payload, qualifier="live")
        by_fc3 = cloud.call_fc3(payload, qualifier="live")
        aliases = [json.loads(by_fc2.data), json.loads(by_fc3.body.read())]
    assert latest[place]["qualifier"] == "LATEST"
    assert [seen[place]["qualifier"] for seen in aliases] == ["live"] * 2
    assert [seen[place]["version_id"] for seen in aliases] == ["1"] * 2
    assert aliases[0]["pid"] == aliases[1]["pid"] != latest["pid"]
    assert by_fc3.headers["x-fc-invocation-service-version"] == "1"


def test_context_of_python_3_12_has_neither(tmp_path: Path) -> None:
    """The new runtime puts credentials into the environment, fresh for each call."""
    with running_fc(tmp_path, runtime="python3.12") as cloud:
        first, second = cloud.call("describe"), cloud.call("describe")
    assert first["context"] == [
        *("account_id", "function", "log_project", "log_store", "logger", "region", "request_id"),
    ]
    assert first["function"]["qualifier"] == "LATEST"
    assert "FC_SERVICE_NAME" not in first["environment"]
    tokens = {seen["environment"]["ALIBABA_CLOUD_SECURITY_TOKEN"] for seen in (first, second)}
    assert first["pid"] == second["pid"]
    assert len(tokens) == 2
    assert first["environment"]["ALIBABA_CLOUD_ACCESS_KEY_ID"].startswith("STS.")
    assert first["environment"]["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]


def test_temporary_credentials_can_call_the_function(cloud: FcCloud) -> None:
    """What a function gets signs calls of both APIs, as self-invocation needs."""
    given = cloud.call("describe")["credentials"]
    keys = given["access_key_id"], given["access_key_secret"], given["security_token"]
    payload = b'{"do": "reverse", "text": "abc"}'
    old = cloud.fc2(*keys).invoke_function("ossferry", "ossferry", payload)
    new = cloud.call_fc3(payload, client=cloud.fc3(*keys))
    assert (old.data, new.body.read()) == (b"cba", b"cba")


def test_exception_is_a_function_error(cloud: FcCloud) -> None:
    """Status 200, the error type in a header, message and the function's frames in the body."""
    body, error_type = failure(cloud, "fail", message="no such luck")
    assert error_type == "UnhandledInvocationError"
    assert (body["errorMessage"], body["errorType"]) == ("no such luck", "ValueError")
    outer, inner = body["stackTrace"]
    assert outer[2] == "in handler"
    file, line, where, code = inner
    assert file == f'File "{FUNCTION_FOLDER / "index.py"}"'
    assert re.fullmatch(r"line \d+", line)
    assert where == "in fail"
    assert code.startswith("raise ValueError(")


def test_fc2_client_raises_a_function_error(cloud: FcCloud) -> None:
    """The old SDK turns the header into an exception with status 200."""
    with pytest.raises(fc2.FcError) as caught:
        cloud.call("fail")
    assert caught.value.status_code == 200
    assert "something is wrong" in caught.value.message


@pytest.mark.parametrize("do", ["leave", "crash"])
def test_exit_of_the_process_is_a_function_error(cloud: FcCloud, do: str) -> None:
    """sys.exit and a crash are one thing to the caller, and the next call is fine."""
    body, error_type = failure(cloud, do)
    assert error_type == "UnhandledInvocationError"
    assert re.fullmatch(
        r"Process exited unexpectedly before completing request "
        r"\(duration: \d+ms, maxMemoryUsage: \d+\.\d\dMB\)",
        body["errorMessage"],
    )
    assert cloud.call("echo", x=1)["x"] == 1


def test_answer_that_is_no_json_is_a_function_error(cloud: FcCloud) -> None:
    """What cannot be serialised is the function's mistake."""
    body, _ = failure(cloud, "unanswerable")
    assert body["errorType"] == "TypeError"


def test_answer_of_more_than_32_mb_is_a_function_error(cloud: FcCloud) -> None:
    """The answer of a synchronous call is limited, and the instance survives."""
    limit = 32 * 1024 * 1024
    assert len(cloud.call_fc3(b'{"do": "big", "bytes": %d}' % limit).body.read()) == limit
    body, _ = failure(cloud, "big", bytes=limit + 1)
    assert "response payload size exceeds" in body["errorMessage"]


@pytest.mark.parametrize(
    ("handler", "kind"),
    [("missing.handler", "ImportModuleError"), ("index.missing", "HandlerNotFound")],
)
def test_handler_that_is_not_there_is_a_function_error(
    tmp_path: Path, handler: str, kind: str
) -> None:
    """A wrong handler setting is told by its own error type."""
    with running_fc(tmp_path, template(handler=handler)) as cloud:
        body, error_type = failure(cloud, "describe")
    assert error_type == "UnhandledInvocationError"
    assert body["errorType"] == kind


def test_invocations_are_listed_with_role_and_outcome(tmp_path: Path) -> None:
    """The view tells what was asked of the function and how it ended."""
    with running_fc(tmp_path) as cloud:
        cloud.call("echo", kind="copy")
        failure(cloud, "fail")
        first, second = cloud.view("invocations")
    assert (first["role"], first["type"], first["status"]) == ("copy", "sync", 200)
    assert (first["error_type"], first["cold"]) == (None, True)
    assert (second["role"], second["cold"]) == ("transfer", False)
    assert second["error_type"] == "UnhandledInvocationError"
    assert first["started"] <= first["ended"] <= second["started"]
    assert first["instance"] == second["instance"]
