"""What all instances of a transfer share: the time, the network, the source, the platform."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.simulation.network import Network
from tests.simulation.situation import Platform, Situation
from tests.simulation.source import Server
from tests.simulation.timeline import Timeline

# Of an instance as deployed. Paid for are the seconds after its start, as the docs have it.
MEMORY_GB = 1.0


@dataclass(frozen=True)
class World:
    timeline: Timeline
    network: Network
    server: Server
    platform: Platform


def world_of(situation: Situation) -> tuple[World, Random]:
    """The world of a situation at its beginning, and the dice that are thrown in it."""
    source, platform = situation.source, situation.platform
    timeline, dice = Timeline(), Random(situation.seed)
    network = Network(timeline, min(platform.account, source.total or platform.account))
    return World(timeline, network, Server(source, timeline, dice), platform), dice
