"""One run of a flow: what it counts, what it may carry, and how its time passes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from tests.localcloud.flows.definition import RetryRule
from tests.localcloud.flows.failures import Aborted, StepFailed

MOST_EVENTS = 5000
# Events of a step or state: it is entered and exited; what an attempt of a task takes; a wait.
_STEP, _ATTEMPT, _WAIT = 2, 3, 1

T = TypeVar("T")
Data = dict[str, Any]


class Surroundings(Protocol):
    """What flows reach: functions, each other, and the clock."""

    def call(self, resource: str, event: Data) -> Data:
        """Invoke a function; a ``StepFailed`` is how it fails."""

    def start(self, name: str, given: Data) -> Execution:
        """Run another flow to its end."""

    def advance(self, seconds: float) -> None:
        """Let time pass."""


class Execution:
    """``output`` is there once it is done, ``failure`` if it failed."""

    def __init__(self, given: Data, around: Surroundings, most_bytes: int) -> None:
        self.given = given
        self.around = around
        self.most_bytes = most_bytes
        self.output: Data | None = None
        self.failure: StepFailed | None = None
        self.events = 2  # it starts and ends
        self.waited = 0.0
        self.largest = 0  # bytes that were looked at together
        self.entered: Counter[str] = Counter()

    def enter(self, name: str) -> None:
        self.entered[name] += 1
        self._count(_STEP)

    def wait(self, seconds: float) -> None:
        self._count(_WAIT)
        self._pass(seconds)

    def weigh(self, *data: Any) -> None:
        """What stands together must not be too large, and be objects where a step gets it."""
        size = sum(len(json.dumps(each, ensure_ascii=False).encode()) for each in data)
        self.largest = max(self.largest, size)
        if size > self.most_bytes:
            raise Aborted("DataLimitExceeded", f"{size} bytes, of {self.most_bytes} that may be")

    def attempt(self, action: Callable[[], T], rules: Sequence[RetryRule]) -> T:
        """Do it again as often as the rule for an error says; the first that is for it counts."""
        used: Counter[int] = Counter()
        while True:
            self._count(_ATTEMPT)
            try:
                return action()
            except Aborted:
                raise
            except StepFailed as error:
                number = next((n for n, rule in enumerate(rules) if rule.is_for(error.error)), None)
                if number is None or used[number] >= rules[number].attempts:
                    raise
                self._pass(rules[number].delay(used[number]))
                used[number] += 1

    def _pass(self, seconds: float) -> None:
        self.waited += seconds
        self.around.advance(seconds)

    def _count(self, events: int) -> None:
        self.events += events
        if self.events > MOST_EVENTS:
            raise Aborted("EventLimitExceeded", f"more than {MOST_EVENTS} events")


def as_object(value: Any, what: str) -> Data:
    if not isinstance(value, Mapping):
        raise Aborted("NoObject", f"{what} must be a JSON object, and is {value!r:.80}")
    return dict(value)
