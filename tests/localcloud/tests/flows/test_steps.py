"""The older language: how data goes on, how steps follow each other, and its limits."""

from __future__ import annotations

import json

import pytest

from tests.localcloud.flows.failures import InvalidFlow
from tests.localcloud.tests.flows.running import (
    FUNCTION,
    INNER,
    Running,
    answering,
    failing,
    refusing,
)

CALL = f"{{type: task, name: call, resourceArn: '{FUNCTION}'"


def flow(*steps: str) -> str:
    return "version: v1\ntype: flow\nsteps:\n" + "".join(f"- {step}\n" for step in steps)


def test_a_step_gets_what_there_is_unless_it_says_what() -> None:
    """What earlier steps put beside it goes before what the flow was given."""
    running = Running(lambda event: {"y": event.get("x", 0) + 1})
    done = running.run(
        flow(
            "{type: pass, name: p, outputMappings: [{target: x, source: 5}]}",
            f"{CALL}}}",
            f"{{type: task, name: again, resourceArn: '{FUNCTION}', inputMappings:"
            " [{target: x, source: $local.y}, {target: was, source: $input.x}, {target: c,"
            " source: k}], outputMappings: [{target: z, source: $local.y}]}",
        ),
        {"x": 1, "w": 2},
    )
    assert running.calls == [{"x": 5, "w": 2}, {"x": 6, "was": 1, "c": "k"}]
    assert done.output == {"x": 5, "y": 6, "z": 7}


def test_choices_go_to_their_siblings() -> None:
    """The first that is true; else the default; else on."""
    running = Running(lambda event: {"n": event["n"] + 1})
    steps = (
        "{type: pass, name: p, outputMappings: [{target: n, source: 0}]}",
        f"{CALL}}}",
        "{type: choice, name: c, choices: [{condition: $.n < 3, goto: call},"
        " {condition: $.n < 9, goto: out}], default: {goto: p}}",
        "{type: pass, name: never}",
        "{type: succeed, name: out}",
        "{type: pass, name: behind}",
    )
    done = running.run(flow(*steps))
    assert done.output == {"n": 3}
    assert done.entered == {"p": 1, "call": 3, "c": 3, "out": 1}


def test_foreach_runs_its_steps_for_each_item() -> None:
    """Beside all that it was given itself; nothing comes out of it."""
    running = Running(lambda _event: {"x": 1})
    done = running.run(
        flow(
            "{type: foreach, name: f, iterationMapping: {collection: $.all, item: one},"
            f" steps: [{CALL}, inputMappings: [{{target: i, source: $input.one}},"
            " {target: k, source: $input.k}]}]}"
        ),
        {"all": ["a", "b"], "k": 7},
    )
    assert running.calls == [{"i": "a", "k": 7}, {"i": "b", "k": 7}]
    assert done.output == {}


@pytest.mark.parametrize(
    ("seconds", "ok"), [(1, True), (172_800, True), (0, False), (172_801, False), ("5", False)]
)
def test_waits_have_bounds(seconds: object, ok: bool) -> None:
    """The time passes, and nothing else happens."""
    running = Running()
    done = running.run(flow("{type: wait, name: w, duration: $.s}"), {"s": seconds})
    assert (done.failure is None) == ok
    assert running.passed == ([seconds] if ok else [])


def test_errors_are_retried_by_name() -> None:
    """The first rule for it counts, each as often as it says, after growing intervals."""
    rules = (
        "retry: [{errors: [FC.A], maxAttempts: 2, intervalSeconds: 3, multiplier: 2},"
        " {errors: [FC.B, FC.ResourceThrottled], intervalSeconds: 8, maxIntervalSeconds: 10}]"
    )
    running = Running(failing("A", "B", "A", "B", then={"ok": True}))
    done = running.run(flow(f"{CALL}, {rules}}}"))
    assert done.output == {"ok": True}
    assert running.passed == [3, 8, 6, 10]
    running = Running(failing("A", "A", "A"))
    done = running.run(flow(f"{CALL}, {rules}}}"))
    assert str(done.failure) == "FC.A: told"
    running = Running(refusing(429))
    assert running.run(flow(f"{CALL}, {rules}}}")).failure
    assert len(running.calls) == 4


@pytest.mark.parametrize(
    ("status", "error"),
    [(429, "FC.ResourceThrottled"), (503, "FC.InternalServerError"), (404, "FC.Unknown")],
)
def test_refusals_of_function_compute_have_names(status: int, error: str) -> None:
    """Which flows know from its own examples."""
    failure = Running(refusing(status)).run(flow(f"{CALL}}}")).failure
    assert failure
    assert failure.error == error


@pytest.mark.parametrize("errors", ["FC.A", "FnF.ALL"])
def test_errors_are_caught_by_name(errors: str) -> None:
    """After the retries; others go through."""
    steps = (
        f"{CALL}, catch: [{{errors: [{errors}], goto: caught}}]}}",
        "{type: pass, name: not, end: true}",
        "{type: pass, name: caught, outputMappings: [{target: caught, source: true}]}",
    )
    assert Running(failing("A")).run(flow(*steps)).output == {"caught": True}
    assert Running().run(flow(*steps)).output == {}
    assert (Running(failing("B")).run(flow(*steps)).failure is None) == (errors == "FnF.ALL")


def test_a_flow_runs_another_one() -> None:
    """With what it gives it, to its end; a failure of the other is its own."""
    running = Running(lambda event: {"got": event["x"]})
    running.service.create("inner", flow(f"{CALL}}}"))
    sub = f"{{type: task, name: s, resourceArn: '{INNER}', pattern: sync"
    sub += ", serviceParams: {Input: $}}"
    assert running.run(flow(sub), {"x": 3}).output == {"Output": {"got": 3}}
    running.service.create("inner", flow("{type: wait, name: w, duration: 0}"))
    failure = running.run(flow(sub), {}).failure
    assert failure
    assert failure.error == "FnF.ExecutionFailed"
    assert [name for name, _ in running.service.executions] == ["outer", "inner"] * 2


def test_data_is_limited() -> None:
    """A step's input, local data and output together, to 32 KiB; nobody can catch that."""
    steps = (
        f"{CALL}, catch: [{{errors: [FnF.ALL], goto: p}}],"
        " inputMappings: [{target: x, source: 1}]}",
        "{type: pass, name: p}",
    )
    for size, fits in ((15_000, True), (16_400, False)):
        running = Running(answering({"r": "x" * size}))
        done = running.run(flow(*steps))
        assert (done.failure is None) == fits, size
    failure = Running().run(flow(*steps), {"x": "x" * 33_000}).failure
    assert failure
    assert failure.error == "DataLimitExceeded"


def test_events_are_limited() -> None:
    """A loop that waits for ever ends after 5,000 of them."""
    done = Running().run(
        flow(
            "{type: wait, name: w, duration: 1}",
            "{type: choice, name: c, choices: [{condition: true == true, goto: w}]}",
        )
    )
    assert done.failure
    assert done.failure.error == "EventLimitExceeded"
    assert 900 < done.entered["w"] <= 1001


def test_a_function_answers_with_an_object() -> None:
    """Everything else is no data."""
    failure = Running(lambda _event: [1]).run(flow(f"{CALL}}}")).failure
    assert failure
    assert failure.error == "FC.InvalidOutput"


@pytest.mark.parametrize(
    "definition",
    [
        "version: v2\ntype: flow\nsteps: [{type: pass, name: p}]",
        "version: v1\ntype: flow\nsteps: []",
        "version: v1\ntype: flow\nother: 1\nsteps: [{type: pass, name: p}]",
        flow("{type: parallel, name: p}"),
        flow("{type: pass}"),
        flow("{type: pass, name: p, duration: 1}"),
        flow("{type: pass, name: p}", "{type: pass, name: p}"),
        flow("{type: pass, name: p, outputMappings: [{target: x}]}"),
        flow("{type: pass, name: p, outputMappings: [{target: x, source: $.y}]}"),
        flow("{type: wait, name: w}"),
        flow("{type: wait, name: w, timestamp: x}"),
        flow("{type: choice, name: c, choices: [{condition: $.x, goto: nowhere}]}"),
        flow("{type: choice, name: c, choices: [{condition: $.x, steps: []}]}"),
        flow(f"{CALL}, pattern: waitForCallback}}"),
        flow(f"{CALL}, retry: [{{errors: [x], intervalSeconds: 86401}}]}}"),
        flow(f"{CALL}, retry: [{{errors: []}}]}}"),
        flow(f"{CALL}, retry: [{{errors: [x], backoff: 2}}]}}"),
        flow(f"{{type: task, name: t, resourceArn: '{INNER}'}}"),
        flow("{type: foreach, name: f, iterationMapping: {collection: $.x}, steps: []}"),
    ],
)
def test_definitions_are_read_strictly(definition: str) -> None:
    """What is not known, or not there, is refused before anything runs."""
    with pytest.raises(InvalidFlow):
        Running().run(definition)


def test_a_restore_flow_as_it_was_published_runs() -> None:
    """All data goes to each step, the loop is in the iteration, and the states are texts."""
    states = iter(["running", "running", "success", "success"])
    running = Running(lambda event: {} if "asked" not in event else {"status": next(states)})
    definition = flow(
        "{type: foreach, name: each, iterationMapping: {collection: $.files, item: fileName},"
        f" steps: [{CALL}, outputMappings: [{{target: asked, source: 1}}]}},"
        "{type: wait, name: wait5, duration: 5},"
        f"{{type: task, name: status, resourceArn: '{FUNCTION}'}},"
        "{type: choice, name: check, inputMappings: [{target: status, source: $local.status}],"
        ' choices: [{condition: $.status == "success", goto: ok},'
        ' {condition: $.status == "running", goto: wait5}]},'
        "{type: succeed, name: ok}]}"
    )
    done = running.run(definition, {"endpoint": "e", "bucketName": "b", "files": ["x", "y"]})
    assert done.failure is None
    assert running.passed == [5, 5, 5, 5]
    assert json.dumps(running.calls[0], sort_keys=True) == json.dumps(
        {"bucketName": "b", "endpoint": "e", "fileName": "x", "files": ["x", "y"]}
    )
