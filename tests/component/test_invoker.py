"""One invocation of a child through fc2, with answers of Function Compute that are rarely seen."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import requests
import responses

from ossferry.byte_range import ByteRange
from ossferry.context import Context, Credentials
from ossferry.copy_job import CopiedPart, CopyJob, CopyResult, PartJob, SourceRef
from ossferry.errors import (
    ChildFailed,
    ChildRefused,
    ChildThrottled,
    FerryError,
    InternalError,
    InvalidEvent,
    OutOfTime,
    SourceChanged,
)
from ossferry.invoker import Invoker
from ossferry.settings import Settings
from ossferry.urls import Url

ENDPOINT = "http://fc.example"
CHILD = f"{ENDPOINT}/2016-08-15/services/moving.LATEST/functions/ferry/invocations"
CANARY = "C4n4ry"
JOB = CopyJob(
    SourceRef(Url(f"http://h/x?{CANARY}")),
    (PartJob(1, ByteRange(0, 5), Url(f"http://oss/k?{CANARY}")),),
    streams=2,
    seconds=5.5,
)
RESULT = CopyResult((CopiedPart(1, 5, "e", 7, confirmed=True),), retried=1)


def context(service: str | None = "moving") -> Context:
    return Context(
        request_id="r",
        region="cn-hangzhou",
        account_id="123",
        service=service,
        function="ferry",
        qualifier="LATEST",
        timeout=600,
        deadline=0,
        credentials=Credentials("STS.id", f"{CANARY}-secret", f"{CANARY}-token"),
    )


@pytest.fixture
def fc() -> Iterator[responses.RequestsMock]:
    """Function Compute; every answer that a test prepares has to be asked for."""
    with responses.RequestsMock() as prepared:
        yield prepared


def invoke() -> CopyResult:
    return Invoker(context(), Settings(fc_endpoint=ENDPOINT))(JOB)


def test_the_child_gets_the_job_and_its_result_comes_back(fc: responses.RequestsMock) -> None:
    """As JSON, at the version that runs, with the role's token."""
    fc.post(CHILD, json=RESULT.to_json())
    assert invoke() == RESULT
    request = fc.calls[0].request
    assert request.body == JOB.encode()
    assert request.headers["x-fc-security-token"] == f"{CANARY}-token"
    assert request.headers["authorization"].startswith("FC STS.id:")


def test_the_caller_is_more_patient_than_the_function(fc: responses.RequestsMock) -> None:
    """FC interrupts a child whose caller goes away, so the caller waits past the timeout."""
    fc.post(CHILD, json=RESULT.to_json())
    invoke()
    assert fc.calls[0].request.req_kwargs["timeout"] > 600  # type: ignore[attr-defined]


def test_by_default_the_endpoint_is_the_internal_one_of_the_account() -> None:
    """Free of charge, and within the region."""
    with responses.RequestsMock() as fc:
        fc.post(
            CHILD.replace(ENDPOINT, "https://123.cn-hangzhou-internal.fc.aliyuncs.com"),
            json=RESULT.to_json(),
        )
        assert Invoker(context(), Settings())(JOB) == RESULT


def test_a_function_of_fc_3_is_told_that_it_cannot_yet() -> None:
    """A clear sentence instead of a request that cannot work."""
    with pytest.raises(InternalError, match=r"FC 2\.0"):
        Invoker(context(service=None), Settings(fc_endpoint=ENDPOINT))


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "ResourceExhausted"), (429, "ResourceThrottled"), (503, "ResourceExhausted")],
)
def test_no_instance_for_a_child_is_throttling(
    fc: responses.RequestsMock, status: int, code: str
) -> None:
    """Whatever status it comes with; nothing was done, so no attempt is used up."""
    fc.post(CHILD, status=status, json={"ErrorCode": code, "ErrorMessage": "no"})
    with pytest.raises(ChildThrottled, match=code):
        invoke()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ChildRefused),
        (403, ChildRefused),
        (404, ChildRefused),
        (412, ChildRefused),
        (503, ChildFailed),
        (599, ChildFailed),
    ],
)
def test_other_refusals_are_final_and_server_faults_are_not(
    fc: responses.RequestsMock, status: int, error: type[FerryError]
) -> None:
    """A refusal would be the same for every child."""
    fc.post(CHILD, status=status, json={"ErrorCode": "Code", "ErrorMessage": "no"})
    with pytest.raises(error, match=str(status)):
        invoke()


@pytest.mark.parametrize("status", [403, 502, 503])
def test_an_error_page_that_is_not_json_may_pass(fc: responses.RequestsMock, status: int) -> None:
    """It comes from something between us and FC."""
    fc.post(CHILD, status=status, body="<html>Bad Gateway</html>")
    with pytest.raises(ChildFailed):
        invoke()


@pytest.mark.parametrize("body", ["", "null", "[]", "<html>", '{"parts": [[1]]}', '"x"'])
def test_an_answer_that_makes_no_sense_is_a_failed_child(
    fc: responses.RequestsMock, body: str
) -> None:
    """It may have been cut off on its way; another child may do better."""
    fc.post(CHILD, body=body)
    with pytest.raises(ChildFailed):
        invoke()


@pytest.mark.parametrize("error", [requests.ConnectionError, requests.ReadTimeout])
def test_a_connection_that_breaks_is_a_failed_child(
    fc: responses.RequestsMock, error: type[requests.RequestException]
) -> None:
    """The text of the library's error, which may quote the request, is left out."""
    fc.post(CHILD, body=error(CANARY))
    with pytest.raises(ChildFailed, match=error.__name__) as raised:
        invoke()
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize("kind", [SourceChanged, InvalidEvent, OutOfTime, InternalError])
def test_the_error_of_a_child_is_raised_as_what_it_is(
    fc: responses.RequestsMock, kind: type[FerryError]
) -> None:
    """By the type that the child's function error names."""
    report = {"errorType": kind.__name__, "errorMessage": "told", "stackTrace": []}
    fc.post(CHILD, json=report, headers={"X-Fc-Error-Type": "UnhandledInvocationError"})
    with pytest.raises(kind, match="told") as raised:
        invoke()
    assert type(raised.value) is kind


@pytest.mark.parametrize(
    "report",
    [
        {"errorMessage": "Function timed out after 600 seconds"},
        {"errorMessage": "Process exited unexpectedly before completing request (OOMKilled)"},
        {"errorType": "MemoryError", "errorMessage": ""},
        {},
    ],
)
def test_a_child_that_ended_badly_may_be_replaced(
    fc: responses.RequestsMock, report: object
) -> None:
    """Killed at its timeout or past its memory, FC speaks for it."""
    fc.post(CHILD, json=report, headers={"X-Fc-Error-Type": "FunctionUnhandledError"})
    with pytest.raises(ChildFailed):
        invoke()


def test_nothing_secret_is_logged(
    fc: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    """The SDK writes the headers of a failed request into the function's log, token included."""
    fc.post(CHILD, status=403, json={"ErrorCode": "AccessDenied", "ErrorMessage": "no"})
    with caplog.at_level(logging.DEBUG), pytest.raises(ChildRefused) as raised:
        invoke()
    logging.getLogger().warning("our own lines still come through")
    assert "come through" in caplog.text
    assert CANARY not in caplog.text
    assert CANARY not in json.dumps([str(raised.value), repr(raised.value)])
