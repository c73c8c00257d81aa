"""The newer language: how data goes on, how states follow each other, and its limits."""

from __future__ import annotations

import pytest

from tests.localcloud.flows.failures import InvalidFlow
from tests.localcloud.tests.flows.running import FUNCTION, INNER, Running, answering, failing


def machine(start: str, *states: str) -> str:
    listed = "".join(f"- {state}\n" for state in states)
    return f"Type: StateMachine\nName: m\nSpecVersion: v1\nStartAt: {start}\nStates:\n{listed}"


def call(name: str, body: str, *fields: str) -> str:
    more = "".join(f", {each}" for each in fields)
    return (
        f"{{Type: Task, Name: {name}, Action: 'FC:InvokeFunction', TaskMode: RequestComplete,"
        f" Parameters: {{resourceArn: '{FUNCTION}', invocationType: Sync, body: {body}}}{more}}}"
    )


def test_output_is_the_next_ones_input() -> None:
    """Of a task what the function answers; constructors make something else of either."""
    running = Running(lambda event: {"y": event.get("x", 0) + 1})
    done = running.run(
        machine(
            "A",
            call("A", "{x.$: $Input.x, c: '$Input.x', inner: [{k.$: $Input.w}]}", "Next: B"),
            "{Type: Pass, Name: B, InputConstructor: {x.$: $Input.y}, Next: C}",
            call(
                "C",
                "{x.$: $Input.x}",
                "OutputConstructor: {a.$: $Input.x, b.$: $Output.y}, Next: D",
            ),
            "{Type: Succeed, Name: D}",
        ),
        {"x": 1, "w": 2},
    )
    assert running.calls == [{"x": 1, "c": "$Input.x", "inner": [{"k": 2}]}, {"x": 2}]
    assert done.output == {"a": 2, "b": 3}


def test_what_the_execution_was_given_stays_at_hand() -> None:
    """Wherever it is."""
    done = Running().run(
        machine(
            "A",
            "{Type: Pass, Name: A, OutputConstructor: {}, Next: B}",
            "{Type: Pass, Name: B, End: true,"
            " OutputConstructor: {x.$: $Context.Execution.Input.x}}",
        ),
        {"x": 1},
    )
    assert done.output == {"x": 1}


def test_choices_and_loops() -> None:
    """The first branch that is true, else the default."""
    running = Running(lambda event: {"n": event["n"] + 1})
    done = running.run(
        machine(
            "A",
            call("A", "{n.$: $Input.n}", "Next: C"),
            "{Type: Choice, Name: C, Branches: [{Condition: $Input.n > 2, Next: D}], Default: A}",
            "{Type: Succeed, Name: D}",
        ),
        {"n": 0},
    )
    assert done.output == {"n": 3}
    assert done.entered == {"A": 3, "C": 3, "D": 1}


def test_map_runs_its_states_for_each_item() -> None:
    """Of which each is an object, and the input of the first state."""
    running = Running(lambda event: event)
    inner = call("I", "{a.$: $Input.a, k.$: $Context.Execution.Input.k}", "End: true")
    definition = machine(
        "M",
        "{Type: Map, Name: M, ItemsPath: $Input.all, End: true,"
        f" Processor: {{StartAt: I, States: [{inner}]}}}}",
    )
    done = running.run(definition, {"all": [{"a": 1}, {"a": 2}], "k": 7})
    assert done.output == {"Items": [{"a": 1, "k": 7}, {"a": 2, "k": 7}]}
    failure = running.run(definition, {"all": [["no object"]], "k": 7}).failure
    assert failure
    assert failure.error == "NoObject"


@pytest.mark.parametrize(
    ("seconds", "ok"),
    [(1, True), (300, True), (0, False), (301, False), (1.5, False), ("5", False)],
)
def test_waits_have_bounds(seconds: object, ok: bool) -> None:
    """No state waits for longer than five minutes."""
    running = Running()
    definition = machine("W", "{Type: Wait, Name: W, Seconds.$: $Input.s, End: true}")
    done = running.run(definition, {"s": seconds})
    assert (done.failure is None) == ok
    assert running.passed == ([seconds] if ok else [])


def test_errors_are_retried_and_then_caught() -> None:
    """A retry waits for up to a day, which no state does."""
    retry = (
        "Retry: [{Errors: [FC.Soon], Description: d, MaxAttempts: 9, IntervalSeconds: 86400},"
        " {Errors: [FC.A], Description: d, MaxAttempts: 2, IntervalSeconds: 1, BackoffRate: 2}]"
    )
    catch = "Catch: [{Errors: [FC.A], Next: C}]"
    states = (
        call("A", "{}", retry, catch, "End: true"),
        "{Type: Pass, Name: C, OutputConstructor: {caught: true}, End: true}",
    )
    running = Running(failing("Soon", "Soon", "A", then={"ok": True}))
    assert running.run(machine("A", *states)).output == {"ok": True}
    assert running.passed == [86_400, 86_400, 1]
    running = Running(failing("A", "A", "A"))
    assert running.run(machine("A", *states)).output == {"caught": True}
    assert running.passed == [1, 2]


def test_a_state_machine_runs_another_one() -> None:
    """And waits for it; a failure of the other is its own."""
    running = Running(failing("Broken"))
    running.service.create("inner", machine("A", "{Type: Pass, Name: A, End: true}"))
    sub = (
        "{Type: Task, Name: S, Action: 'FNF:StartExecution', TaskMode: WaitForSystemCallback,"
        f" Parameters: {{resourceArn: '{INNER}', input: {{x.$: $Input.x}}}}, End: true}}"
    )
    done = running.run(machine("S", sub), {"x": 3})
    assert done.output == {"FlowName": "inner", "Output": {"x": 3}}
    running.service.create("inner", machine("A", call("A", "{}", "End: true")))
    failure = running.run(machine("S", sub), {"x": 3}).failure
    assert failure
    assert str(failure) == "FnF.ExecutionFailed: FC.Broken: told"


def test_data_is_limited() -> None:
    """An input, and an output, to 64 KiB."""
    for size, fits in ((65_000, True), (66_000, False)):
        running = Running(answering({"r": "x" * size}))
        done = running.run(machine("A", call("A", "{}", "End: true")))
        assert (done.failure is None) == fits, size


def test_events_are_limited() -> None:
    """A loop that waits for ever ends after 5,000 of them."""
    done = Running().run(
        machine(
            "W",
            "{Type: Wait, Name: W, Seconds: 300, Next: C}",
            "{Type: Choice, Name: C, Branches: [{Condition: true == true, Next: W}], Default: W}",
        )
    )
    assert done.failure
    assert done.failure.error == "EventLimitExceeded"


@pytest.mark.parametrize(
    "definition",
    [
        "Type: StateMachine\nName: m\nSpecVersion: v1beta\nStartAt: A\nStates: []",
        machine("Nowhere", "{Type: Pass, Name: A, End: true}"),
        machine("A", "{Type: Pass, Name: A}"),
        machine("A", "{Type: Pass, Name: A, End: true, Next: A}"),
        machine("A", "{Type: Pass, Name: A, Next: Nowhere}"),
        machine("A", "{Type: Pass, Name: A, End: true, Comment: x}"),
        machine("A", "{Type: Parallel, Name: A, End: true}"),
        machine("A", "{Type: Wait, Name: A, End: true}"),
        machine("A", "{Type: Wait, Name: A, Seconds: 5, Timestamp: x, End: true}"),
        machine("A", "{Type: Choice, Name: A, Branches: [{Condition: true, Next: A}]}"),
        machine("A", "{Type: Pass, Name: A, OutputConstructor: {x.$: 5}, End: true}"),
        machine("A", "{Type: Pass, Name: A, InputConstructor: {x.$: $Output.y}, End: true}"),
        machine(
            "A", "{Type: Pass, Name: A, OutputConstructor: {x.$: 'length($Input)'}, End: true}"
        ),
        machine("A", call("A", "{}", "End: true", "TimeoutSeconds: 5")),
        machine("A", call("A", "{}", "End: true").replace("Sync", "Async")),
        machine("A", call("A", "{}", "End: true").replace("FC:InvokeFunction", "HTTP:Request")),
        machine(
            "A",
            call(
                "A", "{}", "Retry: [{Errors: [x], MaxAttempts: 1, IntervalSeconds: 1}]", "End: true"
            ),
        ),
        machine(
            "A",
            call(
                "A",
                "{}",
                "Retry: [{Errors: [x], Description: d, MaxAttempts: 1, IntervalSeconds: 86401}]",
                "End: true",
            ),
        ),
    ],
)
def test_definitions_are_read_strictly(definition: str) -> None:
    """What is not known, or not there, is refused before anything runs."""
    with pytest.raises(InvalidFlow):
        Running().run(definition)
