"""How a call of the function ended, as its caller can know it."""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple

import requests

from tests.e2e.transfers import exists, stored
from tests.localcloud.client import FunctionError, LocalCloud
from tests.localcloud.patience import eventually

_OUTCOME_SECONDS = 30
# How Function Compute words that an instance went away, and that it had to end one itself.
_EXITED, _TIMED_OUT = "Process exited unexpectedly", "Function time out"


class Outcome(NamedTuple):
    """``lost`` is when nobody said how it ended: a crash, a refusal of FC, an answer that broke
    off."""

    kind: Literal["done", "failed", "lost"]
    said: str
    reply: dict[str, Any]

    @property
    def out_of_time(self) -> bool:
        """Whether the function's few seconds were up, in a copy or in a look at the source."""
        words = ("OutOfTime:", "Unfinished:", "no answer in time")
        return self.kind == "failed" and any(each in self.said for each in words)


def outcome_of(cloud: LocalCloud, event: dict[str, object]) -> Outcome:
    """Call the function, and wait for the end of what it handed over."""
    try:
        reply = cloud.invoke(event)
    except FunctionError as error:
        return _error(error)
    except requests.RequestException as error:
        return Outcome("lost", type(error).__name__, {})
    if reply["status"] == "handed_over":
        return _handed_over(cloud, reply)
    return Outcome("done", reply["status"], reply)


def _error(error: FunctionError) -> Outcome:
    assert not error.message.startswith(_TIMED_OUT), f"it hung: {error.message}"
    told = error.status == 200 and not error.message.startswith(_EXITED)
    return Outcome("failed" if told else "lost", str(error), {})


def _handed_over(cloud: LocalCloud, reply: dict[str, Any]) -> Outcome:
    try:
        eventually(lambda: exists(cloud, reply["outcome"]), within=_OUTCOME_SECONDS)
    except AssertionError:
        return Outcome("lost", "handed over, and nobody told the outcome", reply)
    told = json.loads(stored(cloud, reply["outcome"]))
    if "error_type" in told:
        return Outcome("failed", f"handed over: {told['error_type']}: {told['error']}", told)
    return Outcome("done", f"handed over: {told['status']}", told)
