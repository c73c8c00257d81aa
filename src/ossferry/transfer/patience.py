"""Looks at a source that hiccups, as long as there is time for it."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..cloud import Cloud
from ..errors import SourceBusy, Stopped
from ..pace.pace import PATIENCE
from ..retry import DEFAULT_POLICY, RetryPolicy, call
from ..source.probe import Source

# Whoever serves others now has a turn for us later, and nobody is asked often.
_BUSY = RetryPolicy(attempts=100, first=0.5, cap=5.0)


def patiently(look: Callable[[], Source], cloud: Cloud) -> Source:
    """A look at the source, again after hiccups: until time is up, or the function is stopped.

    For two minutes, if it has too much to do: several transfers at one source come in turn.
    """
    busy_until = min(cloud.deadline, time.monotonic() + PATIENCE)

    def attempt() -> Source:
        if cloud.stop.is_set():
            raise Stopped("the function was stopped before the source had answered")
        return look()

    try:
        return call(attempt, DEFAULT_POLICY, deadline=cloud.deadline, sleep=cloud.stop.wait)
    except SourceBusy as error:
        if _nobody_is_there(error):
            raise
        if error.retry_after and time.monotonic() + error.retry_after >= busy_until:
            raise
        return call(attempt, _BUSY, deadline=busy_until, sleep=cloud.stop.wait)


def _nobody_is_there(error: BaseException | None) -> bool:
    """Whether a connection was refused, however often that was translated since."""
    while error is not None and not isinstance(error, ConnectionRefusedError):
        error = error.__cause__
    return error is not None
