"""What is late: a second copy of it, begun now, would most likely be done first. Pure."""

from __future__ import annotations

# A second copy is begun only for what would take this many times longer than a fresh one.
_LATE = 2.0
# Seconds that every copy of a part is given before it can count as late: connecting takes time too.
_GRACE = 0.4


def part_is_late(size: int, sent: int, elapsed: float, usual: float) -> bool:
    """Whether a part of which ``sent`` bytes are gone is late, at ``usual`` bytes per second."""
    fresh = size / usual
    if elapsed < max(_GRACE, fresh):
        return False
    if sent >= size:  # all is on its way, and OSS does not answer
        return elapsed > _LATE * fresh
    return sent == 0 or (size - sent) * elapsed / sent > _LATE * fresh


def slice_is_late(size: int, elapsed: float, usual: float, start: float) -> bool:
    """Whether a slice of which nothing was heard is late, where children copy ``usual`` bytes per
    second from ``start`` seconds on."""
    return elapsed > start + max(_GRACE, _LATE * size / usual)
