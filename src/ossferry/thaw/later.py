"""When to look again: as often as suits how long a class and tier take. Pure.

OSS user guide, "Restore objects": Archive takes about a minute; ColdArchive an hour, 2 to 5 and 5
to 12 hours by tier; DeepColdArchive 12 and 48 hours. None of that is promised.
"""

from __future__ import annotations

from collections.abc import Iterable

_MINUTE, _HOUR = 60.0, 3600.0
_INTERVALS = {
    "Archive": _MINUTE,
    "ColdArchive/Expedited": _HOUR / 2,
    "ColdArchive/Standard": _HOUR,
    "ColdArchive/Bulk": 2 * _HOUR,
    "DeepColdArchive/Expedited": 2 * _HOUR,
    "DeepColdArchive/Standard": 6 * _HOUR,
}
_LONGEST = max(_INTERVALS.values())
_SHARE = 4  # of what has been waited, who waits longer than usual waits once more


def look_again_in(waits: Iterable[str], waited: float) -> float:
    """Seconds; ``waits`` are classes with their tiers, ``waited`` the seconds since the job
    began."""
    shortest = min((_INTERVALS.get(each, _MINUTE) for each in waits), default=_MINUTE)
    return max(shortest, min(waited / _SHARE, _LONGEST))
