"""Runs small flows with functions that a test wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.localcloud.client import FunctionError
from tests.localcloud.flows.execution import Data, Execution
from tests.localcloud.flows.service import CloudFlow

FUNCTION = "acs:fc:::functions/f"
INNER = "acs:fnf:::flow/inner"


class Running:
    """A CloudFlow with one function; keeps what it was called with, and the time that passed."""

    def __init__(self, function: Callable[[Data], Any] = lambda _event: {}) -> None:
        self.calls: list[Data] = []
        self.passed: list[float] = []
        self._function = function
        self.service = CloudFlow({FUNCTION: self._called}, self.passed.append)

    def _called(self, event: Data) -> Any:
        self.calls.append(event)
        return self._function(event)

    def run(self, definition: str, given: Data | None = None) -> Execution:
        self.service.create("outer", definition)
        return self.service.start("outer", {} if given is None else given)


def answering(reply: Data) -> Callable[[Data], Any]:
    """A function that always answers with this."""
    return lambda _event: reply


def failing(*errors: str, then: Data | None = None) -> Callable[[Data], Any]:
    """A function that fails with these errors in turn, and then answers."""
    left = list(errors)

    def function(_event: Data) -> Any:
        if left:
            raise FunctionError(left.pop(0), "told", 200, "id")
        return then or {}

    return function


def refusing(status: int) -> Callable[[Data], Any]:
    """A function that Function Compute does not run."""

    def function(_event: Data) -> Any:
        raise FunctionError("x", "told", status, "id")

    return function
