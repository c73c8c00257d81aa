"""The newer language: ``Type: StateMachine``, whose states hand their output on as input.

Keys that end in ``.$`` hold expressions, all others what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.localcloud.flows.definition import (
    MOST_INTERVAL,
    Object,
    RetryRule,
    fields_of,
    list_of,
    named,
    one_of,
    retry_rule,
    text_of,
)
from tests.localcloud.flows.execution import Data, Execution, as_object
from tests.localcloud.flows.expressions import compiled
from tests.localcloud.flows.failures import Aborted, InvalidFlow, StepFailed

MOST_BYTES = 64 * 1024  # of an input, and of an output
MOST_WAIT = 300
_FLOW = "acs:fnf:::flow/"
_INPUT = frozenset({"$Input", "$Context"})
_OUTPUT = _INPUT | {"$Output"}

Constructed = Callable[[Mapping[str, Any]], Any]


class StateMachine:
    """A definition that was found to be one. Iterations run one after another."""

    def __init__(self, document: Object) -> None:
        fields_of(document, "a state machine", "Type Name SpecVersion StartAt States")
        one_of(document["Type"], "Type", "StateMachine")
        one_of(document["SpecVersion"], "SpecVersion", "v1")
        self._states = _States(document["StartAt"], document["States"], "the state machine")

    most_bytes = MOST_BYTES

    def run(self, execution: Execution) -> Data:
        return self._states.run(execution, execution.given)


class _States:
    def __init__(self, start: object, states: object, what: str) -> None:
        entries = list_of(states, f"States of {what}")
        read: list[_State] = named(entries, what, "Name", _state)
        self._states = {state.name: state for state in read}
        self._start = text_of(start, f"StartAt of {what}")
        nexts = {self._start}.union(*(state.nexts for state in read))
        if unknown := nexts - self._states.keys():
            raise InvalidFlow(f"{what} goes on at {unknown}, which is not in it")

    def run(self, execution: Execution, given: Data) -> Data:
        name: str | None = self._start
        while name is not None:
            given, name = self._states[name].run(execution, given)
        return given


class _State:
    """One state of any type; what differs is what it does, and which fields it has."""

    required = ""
    optional = ""
    goes_on = True

    def __init__(self, fields: Object) -> None:
        self.name = text_of(fields.get("Name"), "the Name of a state")
        common = "Description"
        if self.goes_on:
            common += " Next End InputConstructor OutputConstructor"
        fields_of(fields, self.name, f"Type Name {self.required}", f"{common} {self.optional}")
        self._next = fields.get("Next")
        if self.goes_on and (self._next is None) == (fields.get("End") is not True):
            raise InvalidFlow(f"{self.name} needs either Next, or End: true")
        self._input = _constructor(fields.get("InputConstructor"), _INPUT)
        self._output = _constructor(fields.get("OutputConstructor"), _OUTPUT)
        self.nexts = {self._next} if self._next is not None else set()
        self.read(fields)

    def read(self, fields: Object) -> None:
        """What is of this type only."""

    def run(self, execution: Execution, given: Data) -> tuple[Data, str | None]:
        execution.enter(self.name)
        scope = {"$Input": given, "$Context": {"Execution": {"Input": execution.given}}}
        if self._input:
            given = as_object(self._input(scope), f"the input of {self.name}")
            scope["$Input"] = given
        execution.weigh(given)
        output, goes_to = self.done(execution, scope)
        if self._output:
            output = self._output({**scope, "$Output": output})
        made = as_object(output, f"the output of {self.name}")
        execution.weigh(made)
        return made, goes_to

    def done(self, _execution: Execution, scope: Data) -> tuple[Any, str | None]:
        return scope["$Input"], self._next


class _Pass(_State):
    pass


class _Succeed(_State):
    goes_on = False

    def done(self, _execution: Execution, scope: Data) -> tuple[Any, str | None]:
        return scope["$Input"], None


class _Task(_State):
    required = "Action Parameters"
    optional = "TaskMode Retry Catch"

    def read(self, fields: Object) -> None:
        action = one_of(fields["Action"], "Action", "FC:InvokeFunction", "FNF:StartExecution")
        mode = fields.get("TaskMode", "RequestComplete")
        given = fields["Parameters"]
        if action == "FC:InvokeFunction":
            fields_of(given, "Parameters", "resourceArn invocationType body")
            one_of(given["invocationType"], "invocationType", "Sync")
            one_of(mode, f"TaskMode of {self.name}", "RequestComplete")
            self._call = self._function
        else:
            fields_of(given, "Parameters", "resourceArn input")
            one_of(mode, f"TaskMode of {self.name}", "WaitForSystemCallback")
            self._call = self._flow
        self._parameters = _construct(given, _INPUT)
        self._rules = [_retry(each) for each in fields.get("Retry", [])]
        self._catches = [
            fields_of(each, f"a Catch of {self.name}", "Errors Next", "Description")
            for each in fields.get("Catch", [])
        ]
        self.nexts |= {each["Next"] for each in self._catches}

    def done(self, execution: Execution, scope: Data) -> tuple[Any, str | None]:
        parameters = self._parameters(scope)
        execution.weigh(parameters)
        try:
            call = self._call
            return execution.attempt(lambda: call(execution, parameters), self._rules), self._next
        except Aborted:
            raise
        except StepFailed as error:
            for each in self._catches:
                if {error.error, "FnF.ALL"} & {*each["Errors"]}:
                    return scope["$Input"], each["Next"]
            raise

    def _function(self, execution: Execution, parameters: Data) -> Data:
        event = as_object(parameters["body"], f"the body of {self.name}")
        return execution.around.call(parameters["resourceArn"], event)

    def _flow(self, execution: Execution, parameters: Data) -> Data:
        name = parameters["resourceArn"].removeprefix(_FLOW)
        given = as_object(parameters["input"], f"the input of {name}")
        inner = execution.around.start(name, given)
        if inner.failure is not None:
            raise StepFailed("FnF.ExecutionFailed", str(inner.failure))
        return {"FlowName": name, "Output": inner.output}


class _Wait(_State):
    optional = "Seconds Seconds.$"

    def read(self, fields: Object) -> None:
        given = {name: value for name, value in fields.items() if name.startswith("Seconds")}
        if len(given) != 1:
            raise InvalidFlow(f"{self.name} needs either Seconds or Seconds.$")
        self._seconds = _construct(given, _INPUT)

    def done(self, execution: Execution, scope: Data) -> tuple[Any, str | None]:
        seconds = self._seconds(scope)["Seconds"]
        whole = isinstance(seconds, int) and not isinstance(seconds, bool)
        if not whole or not 1 <= seconds <= MOST_WAIT:
            raise Aborted("InvalidWait", f"{seconds!r} is not from 1 to {MOST_WAIT} seconds")
        execution.wait(seconds)
        return scope["$Input"], self._next


class _Choice(_State):
    required = "Branches Default"
    goes_on = False

    def read(self, fields: Object) -> None:
        entries = [
            fields_of(each, f"a branch of {self.name}", "Condition Next")
            for each in list_of(fields["Branches"], f"Branches of {self.name}")
        ]
        self._branches = [(compiled(each["Condition"], _INPUT), each["Next"]) for each in entries]
        self._default = text_of(fields["Default"], f"Default of {self.name}")
        self.nexts = {self._default, *(goes_to for _, goes_to in self._branches)}

    def done(self, _execution: Execution, scope: Data) -> tuple[Any, str | None]:
        for condition, goes_to in self._branches:
            if condition(scope) is True:
                return scope["$Input"], goes_to
        return scope["$Input"], self._default


class _Map(_State):
    required = "ItemsPath Processor"

    def read(self, fields: Object) -> None:
        processor = fields_of(fields["Processor"], f"Processor of {self.name}", "StartAt States")
        self._items = compiled(fields["ItemsPath"], _INPUT)
        self._inner = _States(processor["StartAt"], processor["States"], self.name)

    def done(self, execution: Execution, scope: Data) -> tuple[Any, str | None]:
        items = self._items(scope)
        if not isinstance(items, list):
            raise Aborted("NoList", f"ItemsPath of {self.name} leads to no list")
        inputs = [as_object(each, f"an item of {self.name}") for each in items]
        return {"Items": [self._inner.run(execution, each) for each in inputs]}, self._next


_TYPES: dict[str, type[_State]] = {
    "Pass": _Pass,
    "Succeed": _Succeed,
    "Task": _Task,
    "Wait": _Wait,
    "Choice": _Choice,
    "Map": _Map,
}


def _state(fields: object) -> _State:
    if not isinstance(fields, Mapping):
        raise InvalidFlow("a state must be an object")
    return _TYPES[one_of(fields.get("Type"), "the Type of a state", *_TYPES)](fields)


def _constructor(document: object, roots: frozenset[str]) -> Constructed | None:
    return None if document is None else _construct(document, roots)


def _construct(document: object, roots: frozenset[str]) -> Constructed:
    if isinstance(document, Mapping):
        inner: dict[str, Constructed] = {}
        for key, value in document.items():
            name = str(key).removesuffix(".$")
            inner[name] = _construct(value, roots) if name == key else compiled(value, roots)
        return lambda scope: {name: made(scope) for name, made in inner.items()}
    if isinstance(document, list):
        each_one = [_construct(each, roots) for each in document]
        return lambda scope: [made(scope) for made in each_one]
    return lambda _scope: document


def _retry(entry: object) -> RetryRule:
    required = "Errors Description MaxAttempts IntervalSeconds"
    fields = fields_of(entry, "a Retry", required, "BackoffRate MaxBackoffSeconds")
    return retry_rule(
        fields,
        fields["IntervalSeconds"],
        fields["MaxAttempts"],
        fields.get("BackoffRate", 1),
        fields.get("MaxBackoffSeconds", MOST_INTERVAL),
    )
