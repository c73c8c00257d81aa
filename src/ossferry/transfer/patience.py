"""Looks at a source that hiccups, as long as there is time for it."""

from __future__ import annotations

from collections.abc import Callable

from ..cloud import Cloud
from ..errors import Stopped
from ..retry import DEFAULT_POLICY, call
from ..source.probe import Source


def patiently(look: Callable[[], Source], cloud: Cloud) -> Source:
    """A look at the source, again after hiccups: until time is up, or the function is stopped."""

    def attempt() -> Source:
        if cloud.stop.is_set():
            raise Stopped("the function was stopped before the source had answered")
        return look()

    return call(attempt, DEFAULT_POLICY, deadline=cloud.deadline, sleep=cloud.stop.wait)
