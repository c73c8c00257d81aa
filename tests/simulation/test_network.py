"""The fluid model by itself: who gets how much, and when it has all come."""

from __future__ import annotations

import pytest

from tests.simulation.network import Flow, Host, Network
from tests.simulation.timeline import Timeline


def _rates(network: Network, *flows: Flow) -> list[float]:
    assert network.next > 0  # to see what comes next, all are given their share
    return [flow.rate for flow in flows]


def _nothing() -> None:
    """Nobody waits for these bytes."""


def test_who_wants_little_gets_it_and_the_others_share_the_rest() -> None:
    """Over all instances, within what each of them bears."""
    network = Network(Timeline(), 100.0)
    slow, wide, narrow = Host(1000.0), Host(1000.0), Host(20.0)
    flows = [
        network.add(slow, 1e6, 10.0, _nothing),
        network.add(wide, 1e6, 500.0, _nothing),
        network.add(wide, 1e6, 500.0, _nothing),
        network.add(narrow, 1e6, 500.0, _nothing),
        network.add(narrow, 1e6, 500.0, _nothing),
    ]
    assert _rates(network, *flows) == [10.0, 35.0, 35.0, 10.0, 10.0]
    network.remove(flows[1])
    assert _rates(network, *flows) == [10.0, 0.0, 70.0, 10.0, 10.0]


def test_a_flow_ends_when_its_bytes_have_come_whatever_others_do_meanwhile() -> None:
    """Alone for a second, then in two halves, then alone again."""
    timeline = Timeline()
    network, host = Network(timeline, 1000.0), Host(100.0)
    ended: list[float] = []
    network.add(host, 300.0, 100.0, lambda: ended.append(timeline.now))
    assert network.next == 3.0
    timeline.go(1.0)
    network.add(host, 50.0, 100.0, lambda: ended.append(timeline.now))
    while network.next < float("inf"):
        timeline.go(network.next)
        network.happen()
    assert ended == pytest.approx([2.0, 3.5])
    network.settle(host)
    assert host.moved == pytest.approx(350.0)
