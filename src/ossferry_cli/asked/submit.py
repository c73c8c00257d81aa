"""Sends an event under an id that follows from it, or finds the run of it that is under way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count, islice
from typing import Any, NamedTuple

from ..fc.api import FunctionApi
from .events import encoded
from .ids import number_of, numbered

_NEWEST = 100  # of the runs that Function Compute knows


class Submitted(NamedTuple):
    """``attached``: somebody had asked for the same, and it is still under way."""

    id: str
    event: Mapping[str, Any]
    request_id: str = ""
    attached: bool = False

    def __repr__(self) -> str:
        return f"Submitted({self.id})"


def submit(api: FunctionApi, event: Mapping[str, Any], base: str, mark: str = "") -> Submitted:
    """``mark`` is what stands before the numbers of runs: those of a job's invocations are no jobs
    of their own."""
    body = encoded(event)
    number = 1
    while True:
        run = numbered(base, number, mark)
        request_id = api.submit(body, run)
        if request_id is not None:
            return Submitted(run, event, request_id)
        task = api.task(run)
        if task is not None and task.live:
            return Submitted(run, task.event or event, task.request_id, attached=True)
        known = (each.id for each in islice(api.tasks(base), _NEWEST))
        number = max(number, *(number_of(base, each, mark) for each in known), 1) + 1


def job_id_of(base: str, is_over: Callable[[str], bool]) -> str:
    """That of the first job which has not ended, or not begun: one that has ended would answer with
    its reply, and copy nothing."""
    runs = (numbered(base, number) for number in count(1))
    return next(run for run in runs if not is_over(run))
