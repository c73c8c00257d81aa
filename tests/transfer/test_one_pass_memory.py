"""What a copy in one pass leaves behind in an invocation that goes on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any, cast

from ossferry.copying.copy_job import SourceRef
from ossferry.http.netguard import NetGuard
from ossferry.jobs import TransferJob
from ossferry.names import ObjectName
from ossferry.source.expectations import Expectations
from ossferry.source.probe import probe
from ossferry.stop import Stop
from ossferry.transfer.one_pass import copy_in_one_pass
from ossferry.transfer.transfer import Phases, Transfer
from ossferry.urls import Url
from tests.peers.loopback import CONTENT
from tests.peers.scripted import scripted, serving, storing


@dataclass
class CloudOfOneSource:
    """A cloud from which nothing but the source is needed."""

    guard: NetGuard = field(default_factory=lambda: NetGuard([ip_network("127.0.0.0/8")]))
    deadline: float = field(default_factory=lambda: time.monotonic() + 60)
    stop: Stop = field(default_factory=Stop)


@dataclass
class Signing:
    """A bucket that only says where to PUT."""

    url: str

    def put_url(self, key: str, headers: object) -> Url:
        return Url(f"{self.url}/{key}")


def test_a_stop_holds_nothing_of_a_transfer_that_is_done() -> None:
    """A batch has one stop for all of its messages, and no memory for all of their bodies."""
    cloud = CloudOfOneSource()
    with scripted(serving(CONTENT, etag='"e"')) as origin, scripted(storing) as oss:
        for key in ("a", "b"):
            job = TransferJob(Url(origin.url), ObjectName("cn-hangzhou", "my-bucket", key))
            source = probe(SourceRef(Url(origin.url)), cloud.guard)
            _, copied = copy_in_one_pass(
                Transfer(
                    job,
                    source,
                    cast(Any, Signing(oss.url)),
                    cast(Any, cloud),
                    Expectations.of(job, source),
                    Phases(),
                )
            )
            assert copied.info.size == len(CONTENT)
            assert cloud.stop._actions == []
