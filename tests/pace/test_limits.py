"""What a transfer without children is allowed."""

from __future__ import annotations

from ossferry.pace.limits import Limits
from ossferry.pace.model import Network


def test_alone_there_are_no_children_and_everything_else_is_as_before() -> None:
    """None that starts at once, either."""
    limits = Limits(
        children=32, streams=64, connections=100, at_once=True, network=Network(instance=1e9)
    )
    assert limits.alone == Limits(
        children=0, streams=64, connections=100, at_once=False, network=Network(instance=1e9)
    )
