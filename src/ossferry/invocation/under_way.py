"""The request that this instance works on, so that it can be ended before the instance is.

Function Compute tells that an instance is about to end by calling a hook in it, beside the handler
that still runs, and kills the instance when the hook returns or its time is up.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..stop import Stop

# Seconds that a request gets to come to its end. Less than the hook's own timeout.
PATIENCE = 20.0


class _Request:
    def __init__(self) -> None:
        self.stop = Stop()
        self.over = threading.Event()


_requests: set[_Request] = set()  # one at most: an instance works on one at a time


@contextmanager
def under_way() -> Iterator[Stop]:
    """A request for the length of the block; the stop is set if it has to end early."""
    request = _Request()
    _requests.add(request)
    try:
        yield request.stop
    finally:
        _requests.discard(request)
        request.over.set()


def end(patience: float = PATIENCE) -> None:
    """Stop what is under way, and wait until it has come to its end. Any thread may call this."""
    for request in tuple(_requests):
        request.stop.set()
        request.over.wait(patience)
