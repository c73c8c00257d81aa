"""What a transfer took, and what it was seen to be limited by."""

from __future__ import annotations

from dataclasses import dataclass

from ..pace.limits import Measured


@dataclass(slots=True)
class Tally:
    """Counts over all that was tried.

    ``retried`` are invocations that did not do all they were asked, ``hedged`` those that were
    given what somebody else was late with; ``parts_*`` is the same within invocations. ``peak``
    and ``streams`` are the most children and connections at once.
    """

    invocations: int = 0
    peak: int = 0
    throttled: int = 0
    retried: int = 0
    hedged: int = 0
    parts_retried: int = 0
    parts_hedged: int = 0
    streams: int = 0
    measured: Measured | None = None
