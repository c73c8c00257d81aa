"""Looks again and again until it has ended, and shows each look."""

from __future__ import annotations

import time
from collections.abc import Callable

from .look import Ended, Watched
from .progress import Model, Progress, pause


def follow(
    watched: Watched,
    show: Callable[[Progress], None],
    *,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Ended:
    """How it ended; what is shown last is what was seen when it had."""
    model, began, looks = Model(), clock(), 0
    while True:
        look = watched.look()
        looks += 1
        progress = model.seen(look, clock())
        show(progress)
        if look.ended is not None:
            return look.ended
        sleep(pause(looks, clock() - began))
