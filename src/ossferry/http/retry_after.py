"""How long a reply asks to be left alone. Pure, but for the clock of who sends no Date."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Protocol

from ..dates import seconds_of

# Who asks for more than the longest invocation lasts asks for a day.
LONGEST = 86_400.0


class _Headers(Protocol):
    def get(self, name: str, /) -> str | None: ...


def retry_after(headers: _Headers, now: Callable[[], float] = time.time) -> float | None:
    """Retry-After in seconds, in either of its forms; None if there is none, or it makes no sense.

    A date counts from the reply's own Date, because the two clocks may differ.
    """
    text = (headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,19}", text):
        return min(LONGEST, float(text))
    until = seconds_of(text)
    if until is None:
        return None
    said = seconds_of((headers.get("Date") or "").strip())
    return min(LONGEST, max(0.0, until - (now() if said is None else said)))
