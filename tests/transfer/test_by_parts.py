"""What a transfer by parts finds out about the source that another run has begun to copy."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any, cast

import pytest

from ossferry.byte_range import ByteRange
from ossferry.cloud import Cloud
from ossferry.copying.copy_job import SourceRef
from ossferry.errors import Stopped
from ossferry.http.netguard import NetGuard
from ossferry.source.expectations import Expectations
from ossferry.source.identity import Identity
from ossferry.source.probe import probe
from ossferry.stop import Stop
from ossferry.transfer.by_parts import seen_as
from ossferry.transfer.transfer import Phases, Transfer
from ossferry.urls import Url
from tests.peers.loopback import CONTENT
from tests.peers.scripted import Reply, in_turn, part_of, scripted
from tests.source.sources import job


@dataclass
class CloudThatReads:
    """A cloud from which nothing but the source is needed."""

    guard: NetGuard = field(default_factory=lambda: NetGuard([ip_network("127.0.0.0/8")]))
    deadline: float = field(default_factory=lambda: time.monotonic() + 30)
    stop: Stop = field(default_factory=Stop)


def node(etag: str, last_modified: str = "then") -> Reply:
    headers = {"ETag": f'"{etag}"', "Last_Modified": last_modified}
    return Reply(part_of(CONTENT, ByteRange(0, 1), None, **headers))


OLD, NEW = node("old"), node("new")


def met(url: str) -> tuple[Transfer, Identity]:
    """A transfer of the source as it is seen now, and what was seen just before."""
    cloud = CloudThatReads()
    ref = SourceRef(Url(url + "/a"))
    before, now = probe(ref, cloud.guard), probe(ref, cloud.guard)
    transfer = Transfer(
        job(), now, cast(Any, None), cast(Cloud, cloud), Expectations.of(job(), now), Phases()
    )
    return transfer, Identity.of(before)


@pytest.mark.parametrize(
    ("looks", "served"),
    [
        ((OLD,), True),
        ((NEW, NEW, OLD), True),
        ((NEW,) * 20, False),
        ((node("new", "later"), NEW, NEW), False),
        ((node("newest"),) * 20, False),
    ],
)
def test_a_source_is_served_as_it_was_recorded_or_not(
    looks: tuple[Reply, ...], served: bool
) -> None:
    """The other node is met again if there is one; what changes its date has changed."""
    with scripted(in_turn(OLD, NEW, *looks, rest=NEW)) as server:
        transfer, before = met(server.url)
        assert seen_as(transfer, before) == served


def test_a_stop_ends_the_looking() -> None:
    """Another look would take time that the record needs."""
    with scripted(in_turn(OLD, NEW, rest=NEW)) as server:
        transfer, before = met(server.url)
        transfer.cloud.stop.set()
        with pytest.raises(Stopped):
            seen_as(transfer, before)
        assert len(server.requests) == 2
