"""The older language: ``type: flow``, whose steps pass data on by mappings.

A step's input is what its mappings make of its parent's input and local data, or both together;
its output is merged into its parent's local data.
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
from tests.localcloud.flows.expressions import Expression, compiled
from tests.localcloud.flows.failures import Aborted, InvalidFlow, StepFailed

MOST_BYTES = 32 * 1024  # of a step's input, local data and output together
MOST_WAIT = 2 * 86_400
_FLOW = "acs:fnf:::flow/"
_COMMON = "type name"
_MAPPINGS = "inputMappings outputMappings end"
_PARENT = frozenset({"$input", "$local"})
_OWN = frozenset({"$"})

Mapped = Callable[[Data, Data], Data]
_END = object()


class Flow:
    """A definition that was found to be one. Iterations run one after another."""

    def __init__(self, document: Object) -> None:
        fields_of(document, "a flow", "version type steps")
        one_of(document["version"], "version", "v1")
        one_of(document["type"], "type", "flow")
        self._steps = _Steps(document["steps"], "the flow")

    most_bytes = MOST_BYTES

    def run(self, execution: Execution) -> Data:
        local: Data = {}
        self._steps.run(execution, execution.given, local)
        return local


class _Steps:
    def __init__(self, steps: object, what: str) -> None:
        entries = list_of(steps, f"the steps of {what}")
        self._steps: list[_Step] = named(entries, what, "name", _step)
        self._places = {step.name: place for place, step in enumerate(self._steps)}
        for step in self._steps:
            if unknown := step.gotos - self._places.keys():
                raise InvalidFlow(f"{step.name} goes to {unknown}, which is not beside it")

    def run(self, execution: Execution, given: Data, local: Data) -> None:
        place = 0
        while place < len(self._steps):
            goto = self._steps[place].run(execution, given, local)
            if goto is _END:
                return
            place = place + 1 if goto is None else self._places[str(goto)]


class _Step:
    """One step of any type; what differs is what it does, and which fields it has."""

    required = ""
    optional = ""
    has_output = True

    def __init__(self, fields: Object) -> None:
        what = text_of(fields.get("name"), "the name of a step")
        self.name = what
        fields_of(fields, what, f"{_COMMON} {self.required}", f"{_MAPPINGS} {self.optional}")
        self._input = _mappings(fields.get("inputMappings"), f"inputMappings of {what}")
        self._output = _mappings(fields.get("outputMappings"), f"outputMappings of {what}")
        self._ends = fields.get("end") is True
        self.gotos: set[str] = set()
        self.read(fields)

    def read(self, fields: Object) -> None:
        """What is of this type only."""

    def run(self, execution: Execution, parent: Data, siblings: Data) -> object:
        execution.enter(self.name)
        given = self._input(parent, siblings) if self._input else {**parent, **siblings}
        execution.weigh(given)
        local, goto = self.done(execution, given)
        output: Data = {}
        if self._output:
            output = self._output(given, as_object(local, "local data"))
        elif self.has_output:
            output = as_object(local, "local data")
        execution.weigh(given, local, output)
        siblings.update(output)
        execution.weigh(parent, siblings)
        return _END if self._ends else goto

    def done(self, _execution: Execution, _given: Data) -> tuple[Any, object]:
        """Its local data, and where to go: nowhere, to a step's name, or to the end."""
        return {}, None


class _Pass(_Step):
    pass


class _Succeed(_Step):
    def done(self, _execution: Execution, _given: Data) -> tuple[Any, object]:
        return {}, _END


class _Task(_Step):
    required = "resourceArn"
    optional = "pattern serviceParams retry catch"

    def read(self, fields: Object) -> None:
        self._resource = text_of(fields["resourceArn"], f"resourceArn of {self.name}")
        self._rules = [_retry(each) for each in fields.get("retry", [])]
        self._catches = [
            fields_of(each, f"a catch of {self.name}", "errors goto")
            for each in fields.get("catch", [])
        ]
        self.gotos = {each["goto"] for each in self._catches}
        self._is_flow = self._resource.startswith(_FLOW)
        if self._is_flow:
            one_of(fields.get("pattern"), f"pattern of {self.name}", "sync")
        else:
            one_of(fields.get("pattern", "requestResponse"), "pattern", "requestResponse")
        parameters = fields.get("serviceParams")
        if parameters is not None and (not self._is_flow or parameters != {"Input": "$"}):
            raise InvalidFlow(f"of serviceParams only a flow's Input: $ is known: {self.name}")

    def done(self, execution: Execution, given: Data) -> tuple[Any, object]:
        try:
            return execution.attempt(lambda: self._called(execution, given), self._rules), None
        except Aborted:
            raise
        except StepFailed as error:
            for each in self._catches:
                if {error.error, "FnF.ALL"} & {*each["errors"]}:
                    return {}, each["goto"]
            raise

    def _called(self, execution: Execution, given: Data) -> Data:
        if not self._is_flow:
            return execution.around.call(self._resource, given)
        inner = execution.around.start(self._resource.removeprefix(_FLOW), given)
        if inner.failure is not None:
            raise StepFailed("FnF.ExecutionFailed", str(inner.failure))
        return {"Output": inner.output}


class _Wait(_Step):
    required = "duration"

    def read(self, fields: Object) -> None:
        self._seconds = _value(fields["duration"])

    def done(self, execution: Execution, given: Data) -> tuple[Any, object]:
        seconds = self._seconds({"$": given})
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not seconds > 0:
            raise Aborted("InvalidWait", f"{seconds!r} is no number of seconds")
        if seconds > MOST_WAIT:
            raise Aborted("InvalidWait", f"{seconds} seconds, of {MOST_WAIT} that may be")
        execution.wait(seconds)
        return {}, None


class _Choice(_Step):
    required = "choices"
    optional = "default"

    def read(self, fields: Object) -> None:
        entries = [
            fields_of(each, f"a choice of {self.name}", "condition goto")
            for each in list_of(fields["choices"], f"choices of {self.name}")
        ]
        self._choices = [(compiled(each["condition"], _OWN), each["goto"]) for each in entries]
        default = fields.get("default")
        self._default = None
        if default is not None:
            self._default = fields_of(default, f"the default of {self.name}", "goto")["goto"]
        gotos = [goto for _, goto in self._choices]
        self.gotos = {*gotos, *([self._default] if self._default else [])}

    def done(self, _execution: Execution, given: Data) -> tuple[Any, object]:
        for condition, goto in self._choices:
            if condition({"$": given}) is True:
                return {}, goto
        return {}, self._default


class _Foreach(_Step):
    required = "iterationMapping steps"
    has_output = False

    def read(self, fields: Object) -> None:
        mapping = fields_of(
            fields["iterationMapping"], f"iterationMapping of {self.name}", "collection item"
        )
        self._collection = compiled(mapping["collection"], _OWN)
        self._item = text_of(mapping["item"], f"the item of {self.name}")
        self._inner = _Steps(fields["steps"], self.name)
        if self._output is not None:
            raise InvalidFlow(f"outputs of iterations are not known: {self.name}")

    def done(self, execution: Execution, given: Data) -> tuple[Any, object]:
        items = self._collection({"$": given})
        if not isinstance(items, list):
            raise Aborted("NoList", f"the collection of {self.name} is no list")
        done = []
        for item in items:
            local: Data = {}
            self._inner.run(execution, {**given, self._item: item}, local)
            done.append(local)
        return done, None


_TYPES: dict[str, type[_Step]] = {
    "pass": _Pass,
    "succeed": _Succeed,
    "task": _Task,
    "wait": _Wait,
    "choice": _Choice,
    "foreach": _Foreach,
}


def _step(fields: object) -> _Step:
    if not isinstance(fields, Mapping):
        raise InvalidFlow("a step must be an object")
    return _TYPES[one_of(fields.get("type"), "the type of a step", *_TYPES)](fields)


def _mappings(entries: object, what: str) -> Mapped | None:
    if entries is None:
        return None
    read = [fields_of(each, what, "target source") for each in list_of(entries, what)]
    sources = [(text_of(each["target"], what), _value(each["source"], _PARENT)) for each in read]

    def mapped(given: Data, local: Data) -> Data:
        scope = {"$input": given, "$local": local}
        return {target: source(scope) for target, source in sources}

    return mapped


def _value(source: Any, roots: frozenset[str] = _OWN) -> Expression:
    """A path, or a constant as it is."""
    if isinstance(source, str) and source.startswith("$"):
        return compiled(source, roots)
    return lambda _scope: source


def _retry(entry: object) -> RetryRule:
    fields = fields_of(
        entry, "a retry", "errors", "intervalSeconds maxAttempts multiplier maxIntervalSeconds"
    )
    return retry_rule(
        fields,
        fields.get("intervalSeconds", 1),
        fields.get("maxAttempts", 3),
        fields.get("multiplier", 2),
        fields.get("maxIntervalSeconds", MOST_INTERVAL),
    )
