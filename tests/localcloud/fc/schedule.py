"""When a timer fires: ``0 0 3 * * *``, ``CRON_TZ=Asia/Shanghai 0 0 4 * * *``, ``@every 5m``.

Six fields (second, minute, hour, day of month, month, day of week) in UTC unless a time zone is
named, as FC documents them. Inferred, for the documents say nothing: Sunday is 0 or 7; a day has to
meet day of month or day of week where both are restricted, as in any cron; ``@every`` takes
seconds, minutes and hours, and counts from the moment that the timer was made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

_EVERY = re.compile(r"@every\s+(?P<count>[1-9]\d*)(?P<unit>[smh])")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_ZONE = re.compile(r"CRON_TZ=(?P<zone>\S+)\s+(?P<rest>.*)")
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
# Any day there is comes within so many; a 29th of February may be eight years away.
_HORIZON = 8 * 366
_MINUTE = 60


class InvalidSchedule(ValueError):
    """An expression that FC would not take."""


@dataclass(frozen=True, slots=True)
class Every:
    """At equal distances, in seconds."""

    seconds: float

    def after(self, moment: float) -> float:
        """Return the next moment after this one, in epoch seconds."""
        return moment + self.seconds


@dataclass(frozen=True, slots=True)
class Cron:
    """At each moment whose fields are all among these."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...] | None
    months: tuple[int, ...]
    weekdays: tuple[int, ...] | None
    zone: str = "UTC"

    def after(self, moment: float) -> float:
        """Return the next moment after this one, in epoch seconds."""
        zone = ZoneInfo(self.zone)
        today = datetime.fromtimestamp(moment, zone).date()
        for day in (today + timedelta(days=ahead) for ahead in range(_HORIZON)):
            if day.month not in self.months or not self._meets(day.day, day.isoweekday() % 7):
                continue
            for hour, minute in product(self.hours, self.minutes):
                start = datetime.combine(day, time(hour, minute), zone).timestamp()
                for second in self.seconds if start + _MINUTE > moment else ():
                    if start + second > moment:
                        return start + second
        raise InvalidSchedule("it names a day that never comes")

    def _meets(self, day: int, weekday: int) -> bool:
        asked = [(day, self.days), (weekday, self.weekdays)]
        restricted = [number in numbers for number, numbers in asked if numbers is not None]
        return any(restricted) or not restricted


Schedule = Every | Cron


def read_schedule(text: str) -> Schedule:
    """Read an expression."""
    if every := _EVERY.fullmatch(text.strip()):
        return Every(int(every["count"]) * _UNITS[every["unit"]])
    zoned = _ZONE.fullmatch(text.strip())
    zone, rest = (zoned["zone"], zoned["rest"]) if zoned else ("UTC", text)
    fields = rest.split()
    if len(fields) != 6:
        raise InvalidSchedule(
            f"{text!r} has not six fields, and is no '@every' such as '@every 5m'"
        )
    cron = Cron(
        seconds=_numbers(fields[0], 0, 59),
        minutes=_numbers(fields[1], 0, 59),
        hours=_numbers(fields[2], 0, 23),
        days=None if fields[3] in ("*", "?") else _numbers(fields[3], 1, 31),
        months=_numbers(fields[4], 1, 12, _MONTHS, 1),
        weekdays=_weekdays(fields[5]),
        zone=_known(zone),
    )
    cron.after(0)
    return cron


def _weekdays(field: str) -> tuple[int, ...] | None:
    if field in ("*", "?"):
        return None
    return tuple(sorted({number % 7 for number in _numbers(field, 0, 7, _DAYS, 0)}))


def _known(zone: str) -> str:
    try:
        ZoneInfo(zone)
    # A name that is not known is a KeyError.
    except (KeyError, OSError, ValueError) as error:
        raise InvalidSchedule(f"the time zone {zone} is not known") from error
    return zone


def _numbers(
    field: str, lowest: int, highest: int, names: list[str] | None = None, first: int = 0
) -> tuple[int, ...]:
    """Return what a field stands for: ``*``, ``5``, ``1-5``, ``*/10``, ``0-30/5``, ``1,15``."""
    known = {name: str(number) for number, name in enumerate(names or [], first)}
    found: set[int] = set()
    for item in field.upper().split(","):
        span, _, step = item.partition("/")
        start, _, stop = span.partition("-")
        start, stop = known.get(start, start), known.get(stop, stop)
        if span == "*":
            start, stop = str(lowest), str(highest)
        elif not stop:
            # "5/10" is "from 5 on, each tenth".
            stop = str(highest) if step else start
        if not all(each.isdecimal() for each in (start, stop, step or "1")):
            raise InvalidSchedule(f"{field!r} cannot be read")
        if not lowest <= int(start) <= int(stop) <= highest or step == "0":
            raise InvalidSchedule(f"{field!r} is not within {lowest} and {highest}")
        found.update(range(int(start), int(stop) + 1, int(step or "1")))
    return tuple(sorted(found))
