"""How long a transfer takes with so many children, and how many more are worth starting.

    time = start + (left - what is copied until then) / (what all copy together)

The assumptions hold until something is measured: FC's documented 1 Gbit/s per instance at the
least, OSS's 20 Gbit/s per account in the large regions, and a cold start of a second; see FC's and
OSS's pages on limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, sqrt


@dataclass(frozen=True, slots=True)
class Network:
    """Bytes per second and seconds. Of a ``connection`` nothing is known beforehand."""

    connection: float = 12.5e6
    instance: float = 125e6
    account: float = 2.5e9
    cold_start: float = 1.0


NETWORK = Network()
# Seconds that one more child has to save. It works for about as long as is left, and is paid for
# that: the time that it saves costs others nothing.
_WORTH = 0.005


def children_worth(
    left: float, together: float, child: float, start: float, account: float = NETWORK.account
) -> int:
    """How many children more are worth starting, with ``left`` bytes to copy.

    ``together`` is what all who copy do, and ``child`` what one more would, in bytes per second,
    from ``start`` seconds on. The time falls as one over their sum, so the last child that saves
    enough is found with a square root; beyond the account's bandwidth none saves anything.
    """
    after = (left - together * start) / child
    if after <= 0:
        return 0
    worth = sqrt(after / _WORTH) - together / child
    useful = (account - together) / child
    return max(0, floor(min(worth, useful)))
