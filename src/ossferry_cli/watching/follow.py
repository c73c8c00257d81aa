"""Looks again and again until it has ended, and shows each look."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from .look import Ended, Watched
from .progress import Model, Progress, pause


def looks(
    watched: Watched,
    *,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Progress]:
    """The last one is what was seen when it had ended. It sleeps when the next one is asked for."""
    model, began, seen = Model(), clock(), 0
    while True:
        look = watched.look()
        seen += 1
        yield model.seen(look, clock())
        if look.ended is not None:
            return
        sleep(pause(seen, clock() - began))


def follow(
    watched: Watched,
    show: Callable[[Progress], object],
    *,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Ended:
    """How it ended; what is shown last is what was seen when it had."""
    for progress in looks(watched, sleep=sleep, clock=clock):
        show(progress)
        if progress.look.ended is not None:
            return progress.look.ended
    raise AssertionError
