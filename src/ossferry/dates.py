"""Dates as HTTP has them. Pure."""

from __future__ import annotations

import re

# The one form of a date that servers may send: RFC 9110, section 5.6.7.
_DATE = re.compile(r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def seconds_of(date: str) -> float | None:
    """Since 1970; None if it is no date."""
    found = _DATE.fullmatch(date)
    if found is None or found[2] not in _MONTHS:
        return None
    import calendar  # which a child hardly ever needs, and brings much

    day, year, hour, minute, second = (int(found[n]) for n in (1, 3, 4, 5, 6))
    month = _MONTHS.index(found[2]) + 1
    try:
        if not 1 <= day <= calendar.monthrange(year, month)[1]:
            return None  # timegm takes it for a day of the next month
        return float(calendar.timegm((year, month, day, hour, minute, second)))
    except ValueError:  # no year of any calendar
        return None
