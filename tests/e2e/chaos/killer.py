"""Kills busy instances at given moments, as a machine that dies would: without a word."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
from collections.abc import Iterator, Sequence

from tests.localcloud.client import LocalCloud


@contextlib.contextmanager
def killing(cloud: LocalCloud, moments: Sequence[float], seed: int) -> Iterator[None]:
    """Kill an instance that is busy, if any, at each of the moments (seconds from now)."""
    chance = random.Random(f"kills {seed}")
    timers = [threading.Timer(moment, _kill_one, (cloud, chance)) for moment in moments]
    for timer in timers:
        timer.start()
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()
        for timer in timers:
            timer.join()


def _kill_one(cloud: LocalCloud, chance: random.Random) -> None:
    busy = sorted(each["pid"] for each in cloud.instances() if each["busy"] and each["pid"])
    if busy:
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(busy), signal.SIGKILL)
