"""How often and how patiently something is tried again.

``RetryPolicy`` is numbers, ``call`` the one loop that sleeps. Both bounds hold: attempts, and the
deadline after which another attempt could not finish anyway.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from .errors import FerryError

T = TypeVar("T")


class RetryPolicy(NamedTuple):
    """Attempts in all, and full-jitter exponential back-off between them, in seconds."""

    attempts: int = 5
    first: float = 0.2
    cap: float = 5.0

    def delays(self, jitter: Callable[[float, float], float] = random.uniform) -> Iterator[float]:
        for n in range(self.attempts - 1):
            yield jitter(0, min(self.cap, self.first * 2**n))


DEFAULT_POLICY = RetryPolicy()


def call(
    action: Callable[[], T],
    policy: RetryPolicy,
    *,
    deadline: float,
    owned: tuple[type[FerryError], ...] = (FerryError,),
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """Do ``action`` until it succeeds, fails for good, or attempts or time run out.

    ``owned`` are the errors whose retries belong here: others have had theirs. ``deadline`` is on
    ``clock``; a wait that would end after it is not begun: the error that asked for it is the
    answer.
    """
    for delay in policy.delays():
        try:
            return action()
        except owned as error:
            wait = max(delay, error.retry_after or 0.0)
            if not error.retryable or clock() + wait >= deadline:
                raise
        sleep(wait)
    return action()
