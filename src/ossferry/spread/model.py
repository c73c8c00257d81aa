"""How long a transfer takes with so many children, and how many are worth starting.

    time = start + (size - what the coordinator copies meanwhile) / (all instances' bandwidth)

The assumptions are FC's documented 1 Gbit/s per instance at the least, OSS's 20 Gbit/s per account
in the large regions, and a cold start of a second; see FC's and OSS's pages on limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isqrt


@dataclass(frozen=True, slots=True)
class Network:
    """Bytes per second and seconds."""

    instance: float = 125e6
    account: float = 2.5e9
    cold_start: float = 1.0
    starts_per_second: float = 300.0

    def seconds(self, size: int, children: int) -> float:
        """From the first byte to the last, the coordinator copying from the beginning."""
        alone = size / self.instance
        start = self.cold_start + children / self.starts_per_second
        if not children or alone <= start:
            return alone
        together = min((children + 1) * self.instance, self.account)
        return start + (size - start * self.instance) / together


NETWORK = Network()
# What one more child has to save to be worth its cold start, in milliseconds.
_WORTH_MS = 50


def children_for(size: int, most: int, network: Network = NETWORK) -> int:
    """How many children, at least one if ``most`` allows it, are worth starting for a source.

    With n instances the time falls as 1/n, so the last child that saves enough is found with a
    square root; beyond the account's bandwidth none saves anything.
    """
    left = max(0.0, size - network.cold_start * network.instance)
    worth = isqrt(int(left * 1000 / (network.instance * _WORTH_MS)))
    useful = ceil(network.account / network.instance)
    return min(most, max(1, min(worth, useful) - 1))
