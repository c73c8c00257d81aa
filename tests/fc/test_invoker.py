"""One invocation of a child through either SDK, with answers of Function Compute rarely seen."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator

import pytest
import requests
import responses

from ossferry.copying.copy_job import CopyResult
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
from ossferry.fc.invoker import Invoker
from ossferry.settings import Settings
from tests.fc.generations import CANARY, FC2, FC3, GENERATIONS, JOB, RESULT, TIMEOUT, Generation

ENDPOINT = "http://fc.example"
FAILED = {"X-Fc-Error-Type": "UnhandledInvocationError"}

Answer = Callable[..., object]


@pytest.fixture(params=GENERATIONS, ids=lambda generation: generation.name)
def generation(request: pytest.FixtureRequest) -> Generation:
    """Either."""
    found: Generation = request.param
    return found


@pytest.fixture
def fc() -> Iterator[responses.RequestsMock]:
    """Function Compute; every answer that a test prepares has to be asked for."""
    with responses.RequestsMock() as prepared:
        yield prepared


@pytest.fixture
def answer(fc: responses.RequestsMock, generation: Generation) -> Answer:
    """Prepare an answer to the invocation of a child."""
    return lambda **answer: fc.post(ENDPOINT + generation.path, **answer)


@pytest.fixture
def invoke(generation: Generation) -> Callable[[], CopyResult]:
    """Invoke a child."""
    return lambda: Invoker(generation.context(), Settings(fc_endpoint=ENDPOINT))(JOB)


Invoke = Callable[[], CopyResult]


def test_the_child_gets_the_job_and_its_result_comes_back(
    fc: responses.RequestsMock, generation: Generation, answer: Answer, invoke: Invoke
) -> None:
    """As JSON, at the version that runs, with the role's token."""
    answer(json=RESULT.to_json())
    assert invoke() == RESULT
    request = fc.calls[0].request
    assert request.body == JOB.encode()
    assert request.headers["x-fc-invocation-type"] == "Sync"
    assert request.headers[generation.token] == f"{CANARY}-token"
    assert request.headers["authorization"].startswith(generation.scheme)


def test_an_event_for_later_is_left_with_function_compute(
    fc: responses.RequestsMock, generation: Generation, answer: Answer
) -> None:
    """FC takes it and answers at once."""
    answer(status=202)
    Invoker(generation.context(), Settings(fc_endpoint=ENDPOINT)).later(b'{"an": "event"}')
    request = fc.calls[0].request
    assert request.body == b'{"an": "event"}'
    assert request.headers["x-fc-invocation-type"] == "Async"


def test_an_event_that_function_compute_does_not_take_is_an_error(
    generation: Generation, answer: Answer
) -> None:
    """Else nobody would go on with the transfer."""
    answer(status=403, json={generation.code: "AccessDenied"})
    with pytest.raises(ChildRefused, match="AccessDenied"):
        Invoker(generation.context(), Settings(fc_endpoint=ENDPOINT)).later(b"{}")


def later(generation: Generation, delay: int = 0, task_id: str = "") -> None:
    Invoker(generation.context(), Settings(fc_endpoint=ENDPOINT)).later(b"{}", delay, task_id)


def test_an_event_may_come_later_and_only_once(
    fc: responses.RequestsMock, generation: Generation, answer: Answer
) -> None:
    """By headers that each API has its own names for; they are signed with the request."""
    answer(status=202)
    later(generation, 3600, "wake-id-1-0")
    headers = fc.calls[0].request.headers
    assert headers["x-fc-invocation-type"] == "Async"
    assert headers["x-fc-async-delay"] == "3600"
    assert headers[generation.task] == "wake-id-1-0"
    if generation is FC3:
        signed = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0]
        assert {"x-fc-async-delay", generation.task} <= {*signed.split(";")}


def test_who_asks_for_neither_sends_neither(
    fc: responses.RequestsMock, generation: Generation, answer: Answer
) -> None:
    answer(status=202)
    later(generation)
    assert not {"x-fc-async-delay", generation.task} & {
        *map(str.lower, fc.calls[0].request.headers)
    }


def test_an_event_that_function_compute_has_already_is_no_error(
    fc: responses.RequestsMock, generation: Generation, answer: Answer
) -> None:
    """The first answer was lost, or another has asked the same."""
    answer(status=409, json={generation.code: "StatefulAsyncInvocationAlreadyExists"})
    later(generation, 60, "wake-id-1-0")
    assert len(fc.calls) == 1, "asked once more"


@pytest.mark.parametrize(
    ("status", "task_id"), [(409, ""), (400, "wake-4"), (403, "wake-409"), (404, "409"), (412, "w")]
)
def test_any_other_refusal_of_such_an_event_is_one(
    generation: Generation, answer: Answer, status: int, task_id: str
) -> None:
    """Also a conflict of one that has no id: that is about something else."""
    answer(status=status, json={generation.code: "Code409"})
    with pytest.raises(ChildRefused, match=f"{status} Code409"):
        later(generation, 60, task_id)


def test_the_caller_is_more_patient_than_the_function(
    fc: responses.RequestsMock, answer: Answer, invoke: Invoke
) -> None:
    """FC interrupts a child whose caller goes away, so the caller waits past the timeout."""
    answer(json=RESULT.to_json())
    invoke()
    connect, read = fc.calls[0].request.req_kwargs["timeout"]  # type: ignore[attr-defined]
    assert read > TIMEOUT
    assert connect < read


def test_by_default_the_endpoint_is_the_internal_one_of_the_account(
    fc: responses.RequestsMock, generation: Generation
) -> None:
    """Free of charge, and within the region."""
    host = "https://123.cn-hangzhou-internal.fc.aliyuncs.com"
    fc.post(host + generation.path, json=RESULT.to_json())
    assert Invoker(generation.context(), Settings())(JOB) == RESULT


@pytest.mark.parametrize(
    ("generation", "function", "qualifier", "path"),
    [
        (FC2, "ferry", "prod", "/2016-08-15/services/moving.prod/functions/ferry/invocations"),
        (FC2, "ferry", None, "/2016-08-15/services/moving/functions/ferry/invocations"),
        (FC3, "ferry", "prod", "/2023-03-30/functions/ferry/invocations?qualifier=prod"),
        (FC3, "ferry", None, "/2023-03-30/functions/ferry/invocations"),
        (FC3, "moving$ferry", None, "/2023-03-30/functions/moving%24ferry/invocations"),
    ],
)
def test_a_function_calls_itself_by_its_own_name(
    fc: responses.RequestsMock,
    generation: Generation,
    function: str,
    qualifier: str | None,
    path: str,
) -> None:
    """At the version or alias that it was called by, or at the latest."""
    fc.post(ENDPOINT + path, json=RESULT.to_json())
    Invoker(generation.context(function, qualifier), Settings(fc_endpoint=ENDPOINT))(JOB)
    assert fc.calls[0].request.url == ENDPOINT + path


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "ResourceExhausted"),
        (429, "ResourceThrottled"),
        (429, "FunctionResourceExhausted"),
        (429, "Other"),
        (503, "ResourceExhausted"),
        (503, "ResourceThrottled"),
    ],
)
def test_no_instance_for_a_child_is_throttling(
    generation: Generation, answer: Answer, invoke: Invoke, status: int, code: str
) -> None:
    """Whatever status it comes with; nothing was done, so no attempt is used up."""
    answer(status=status, json={generation.code: code})
    with pytest.raises(ChildThrottled, match=code):
        invoke()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, ChildFailed),
        (400, ChildRefused),
        (403, ChildRefused),
        (404, ChildRefused),
        (412, ChildRefused),
        (500, ChildFailed),
        (503, ChildFailed),
        (599, ChildFailed),
    ],
)
def test_other_refusals_are_final_and_server_faults_are_not(
    generation: Generation, answer: Answer, invoke: Invoke, status: int, error: type[FerryError]
) -> None:
    """A refusal would be the same for every child."""
    answer(status=status, json={generation.code: "Code"})
    with pytest.raises(error, match=f"{status} Code"):
        invoke()


@pytest.mark.parametrize("status", [403, 502, 503])
@pytest.mark.parametrize("body", ["<html>Bad Gateway</html>", "", "[1]", "null", "[" * 9000])
def test_an_error_page_that_is_not_of_function_compute_may_pass(
    answer: Answer, invoke: Invoke, status: int, body: str
) -> None:
    """It comes from something between us and FC."""
    answer(status=status, body=body)
    with pytest.raises(ChildFailed, match=str(status)):
        invoke()


@pytest.mark.parametrize("body", ["", "null", "[]", "<html>", '{"parts": [[1]]}', '"x"'])
def test_an_answer_that_makes_no_sense_is_a_failed_child(
    answer: Answer, invoke: Invoke, body: str
) -> None:
    """It may have been cut off on its way; another child may do better."""
    answer(body=body)
    with pytest.raises(ChildFailed):
        invoke()


@pytest.mark.parametrize("error", [requests.ConnectionError, requests.ReadTimeout])
def test_a_connection_that_breaks_is_a_failed_child(
    fc: responses.RequestsMock,
    answer: Answer,
    invoke: Invoke,
    error: type[requests.RequestException],
) -> None:
    """It is not called again from here. The library's words, which may quote the request, are
    left out."""
    answer(body=error(CANARY))
    with pytest.raises(ChildFailed, match=error.__name__) as raised:
        invoke()
    assert CANARY not in str(raised.value)
    assert len(fc.calls) == 1


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("kind", [SourceChanged, InvalidEvent, OutOfTime, InternalError])
def test_the_error_of_a_child_is_raised_as_what_it_is(
    answer: Answer, invoke: Invoke, status: int, kind: type[FerryError]
) -> None:
    """By the type that the child's function error names."""
    report = {"errorType": kind.__name__, "errorMessage": "told", "stackTrace": []}
    answer(status=status, json=report, headers=FAILED)
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
        "killed",
    ],
)
def test_a_child_that_ended_badly_may_be_replaced(
    answer: Answer, invoke: Invoke, report: object
) -> None:
    """Killed at its timeout or past its memory, FC speaks for it."""
    answer(json=report, headers={"X-Fc-Error-Type": "FunctionUnhandledError"})
    with pytest.raises(ChildFailed, match="ended badly"):
        invoke()


@pytest.mark.parametrize("debug", ["", "sdk"])
def test_nothing_secret_is_logged(
    generation: Generation,
    answer: Answer,
    invoke: Invoke,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    debug: str,
) -> None:
    """Left alone, the SDKs write headers into the function's log, token included."""
    monkeypatch.setenv("DEBUG", debug)
    answer(status=403, json={generation.code: "AccessDenied"})
    with caplog.at_level(logging.DEBUG), pytest.raises(ChildRefused) as raised:
        invoke()
    logging.getLogger().warning("our own lines still come through")
    assert "come through" in caplog.text
    assert CANARY not in caplog.text
    assert CANARY not in json.dumps([str(raised.value), repr(raised.value)])
