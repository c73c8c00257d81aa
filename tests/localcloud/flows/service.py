"""CloudFlow with some flows and functions: starts executions, which run to their end at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from tests.localcloud.client import FunctionError, LocalCloud
from tests.localcloud.flows.execution import Data, Execution
from tests.localcloud.flows.failures import InvalidFlow, StepFailed
from tests.localcloud.flows.states import StateMachine
from tests.localcloud.flows.steps import Flow

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")

Function = Callable[[Data], Any]


class CloudFlow:
    """``functions`` by their resource names; ``advance`` lets time pass for them.

    ``executions`` are all that ever ran, in the order of their starts.
    """

    def __init__(
        self, functions: Mapping[str, Function], advance: Callable[[float], None] = lambda _: None
    ) -> None:
        self._functions = functions
        self._flows: dict[str, Flow | StateMachine] = {}
        self.advance = advance
        self.executions: list[tuple[str, Execution]] = []

    @classmethod
    def on(cls, cloud: LocalCloud, resource: str) -> CloudFlow:
        """With the function of a local cloud, on its clock."""
        return cls({resource: cloud.invoke}, cloud.advance)

    def create(self, name: str, definition: str) -> None:
        """Keep a flow in either language, if nothing is wrong with it."""
        document = yaml.safe_load(definition)
        if not _NAME.fullmatch(name) or not isinstance(document, Mapping):
            raise InvalidFlow(f"{name} is no name, or its definition no object")
        self._flows[name] = StateMachine(document) if "Type" in document else Flow(document)

    def start(self, name: str, given: Data) -> Execution:
        """Run a flow; how it failed is in the execution."""
        if name not in self._flows:
            raise StepFailed("FnF.FlowNotExists", name)
        flow = self._flows[name]
        execution = Execution(given, self, flow.most_bytes)
        self.executions.append((name, execution))
        try:
            execution.weigh(given)
            execution.output = flow.run(execution)
        except StepFailed as failure:
            execution.failure = failure
        return execution

    def call(self, resource: str, event: Data) -> Data:
        function = self._functions.get(resource)
        if function is None:
            raise StepFailed("FC.FunctionNotFound", resource)
        try:
            reply = function(event)
        except FunctionError as error:
            raise StepFailed(_error_of(error), error.message) from error
        if not isinstance(reply, Mapping):
            raise StepFailed("FC.InvalidOutput", f"{resource} answered with no JSON object")
        return dict(reply)


def _error_of(error: FunctionError) -> str:
    """A function's own errors go by their type, those of Function Compute by what they mean."""
    if error.status == 200:
        return f"FC.{error.error_type}"
    if error.status == 429:
        return "FC.ResourceThrottled"
    return "FC.InternalServerError" if error.status >= 500 else "FC.Unknown"
