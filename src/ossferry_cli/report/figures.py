"""Seconds, times and texts as the page shows them; others are in ``words``. Pure."""

from __future__ import annotations

import math
import time

from .. import words
from ..say import visible

LONGEST = 200


def seconds(count: float) -> str:
    """Three digits, as far as anybody sees a difference."""
    if count >= 99.5:
        return words.duration(count)
    if count >= 9.95:
        return f"{count:.0f} s"
    return f"{count:.1f} s" if count >= 0.995 else f"{count:.2f} s"


def rate(bytes_per_second: float) -> str:
    return f"{words.size(bytes_per_second)}/s"


def moment(epoch: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(epoch))
    except (OverflowError, ValueError, OSError):
        return "at no time that can be"


def shown(text: str) -> str:
    """Inert, and of a length that a page bears: the middle of a long name tells least."""
    text = visible(text)
    half = LONGEST // 2
    return text if len(text) <= LONGEST else f"{text[:half]} … {text[-half:]}"


def ticks(most: float, count: int = 6) -> list[float]:
    """Round numbers from 0 up to ``most``."""
    if not most > 0:
        return [0.0]
    rough = most / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough * 0.999)
    return [step * at for at in range(int(most / step * 1.0001) + 1)]


def time_ticks(most: float) -> list[float]:
    """Beyond two minutes, round in minutes, hours or days."""
    for unit in (86400.0, 3600.0, 60.0):
        if most >= 2 * unit:
            return [each * unit for each in ticks(most / unit) if (each * unit) == int(each * unit)]
    return ticks(most)
