"""What bounds a transfer: what it is allowed, and what it was seen to be limited by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from .model import NETWORK, Network

# Why there are no more connections and children than there are: the source bears, or gives, no
# more; OSS holds answers back; FC has no instance; the instances are at their limit and more are
# not allowed; the event or the settings allow no more; or it was not worth more.
Limit = Literal["source", "oss", "fc", "instance", "asked", "work"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The most there may be: children, streams of an instance, connections of all together.

    ``at_once``: the first children are started before anything is measured. ``network`` is what
    holds until then.
    """

    children: int
    streams: int
    connections: int = 256
    at_once: bool = False
    network: Network = NETWORK

    @property
    def alone(self) -> Limits:
        return replace(self, children=0, at_once=False)


class Measured(NamedTuple):
    """Bytes per second of one connection and of the coordinator's instance at their best, 0 if
    nothing was measured; and what kept all from being faster."""

    connection: float = 0.0
    instance: float = 0.0
    limit: Limit = "work"
