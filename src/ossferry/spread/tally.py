"""What a transfer took, and what it was seen to be limited by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Why there are no more connections and children than there are: the source bears, or gives, no
# more; OSS holds answers back; FC has no instance; the instances are at their limit and more are
# not allowed; the event or the settings allow no more; or it was not worth more.
Limit = Literal["source", "oss", "fc", "instance", "asked", "work"]


@dataclass(slots=True)
class Tally:
    """Counts over all that was tried.

    ``retried`` are invocations that did not do all they were asked, ``hedged`` those that were
    given what somebody else was late with; ``parts_*`` is the same within invocations. ``peak``
    and ``streams`` are the most children and connections at once. ``connection`` and ``instance``
    are bytes per second, 0 if nothing was measured.
    """

    invocations: int = 0
    peak: int = 0
    throttled: int = 0
    retried: int = 0
    hedged: int = 0
    parts_retried: int = 0
    parts_hedged: int = 0
    streams: int = 0
    connection: float = 0.0
    instance: float = 0.0
    limit: Limit = "work"
