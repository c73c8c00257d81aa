"""How long a reply asks to be left alone. Pure, but for the clock of who sends no Date."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Protocol

# Who asks for more than the longest invocation lasts asks for a day.
LONGEST = 86_400.0

# The one form of a date that servers may send: RFC 9110, section 5.6.7.
_DATE = re.compile(r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class _Headers(Protocol):
    def get(self, name: str, /) -> str | None: ...


def retry_after(headers: _Headers, now: Callable[[], float] = time.time) -> float | None:
    """Retry-After in seconds, in either of its forms; None if there is none, or it makes no sense.

    A date counts from the reply's own Date, because the two clocks may differ.
    """
    text = (headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,19}", text):
        return min(LONGEST, float(text))
    until = _seconds(text)
    if until is None:
        return None
    said = _seconds((headers.get("Date") or "").strip())
    return min(LONGEST, max(0.0, until - (now() if said is None else said)))


def _seconds(date: str) -> float | None:
    """Since 1970."""
    found = _DATE.fullmatch(date)
    if found is None or found[2] not in _MONTHS:
        return None
    import calendar  # which a child hardly ever needs, and brings much

    day, year, hour, minute, second = (int(found[n]) for n in (1, 3, 4, 5, 6))
    try:
        return float(
            calendar.timegm((year, _MONTHS.index(found[2]) + 1, day, hour, minute, second))
        )
    except ValueError:  # no year of any calendar
        return None
