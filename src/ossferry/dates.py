"""Dates as HTTP has them, and as people write them. Pure."""

from __future__ import annotations

import re

# The one form of a date that servers may send: RFC 9110, section 5.6.7.
_DATE = re.compile(r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# RFC 3339, section 5.6; the zone is either Z, or hours and minutes ahead of it.
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|([+-])(\d\d):(\d\d))")


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


def moment_of(text: str) -> float | None:
    """Epoch seconds of a moment like 2026-01-31T12:00:00Z; None for what no calendar and no clock
    shows."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    from calendar import monthrange, timegm  # which children of many items never need

    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    hours, minutes = int(found[9] or 0), int(found[10] or 0)
    if not (year and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return None
    if max(hour, hours) > 23 or max(minute, minutes) > 59 or second > 60:
        return None
    ahead = (hours * 60 + minutes) * (-1 if found[8] == "-" else 1)
    return float(timegm((year, month, day, hour, minute, second)) - ahead * 60)
