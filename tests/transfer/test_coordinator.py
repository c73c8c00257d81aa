"""The order of a coordinator's steps, where the outcome does not show it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import NoReturn, cast

import pytest

from ossferry.cloud import Cloud
from ossferry.entries import ObjectInfo
from ossferry.errors import SourceArchived, SourceGone, Stopped
from ossferry.http.netguard import NetGuard
from ossferry.jobs import TransferJob
from ossferry.names import ObjectName
from ossferry.settings import Settings
from ossferry.stop import Stop
from ossferry.transfer.coordinator import transfer
from ossferry.urls import Url
from tests.peers.scripted import Reply, answer, in_turn, scripted

TARGET = ObjectName("cn-hangzhou", "my-bucket", "k")


class StoppedWhileItWaits(Stop):
    """A stop that is set as soon as somebody waits for it; it remembers how long that was."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.set()
        return True


@dataclass
class CloudWithoutSdk:
    """A cloud whose SDK is not loaded yet: who asks for a bucket would wait for it."""

    guard: NetGuard = field(default_factory=lambda: NetGuard([ip_network("127.0.0.0/8")]))
    deadline: float = field(default_factory=lambda: time.monotonic() + 60)
    stop: Stop = field(default_factory=Stop)

    def bucket(self, name: ObjectName) -> NoReturn:
        pytest.fail(f"{name.bucket} was asked for before the source had answered")


def test_the_source_is_asked_before_the_sdk_is_needed() -> None:
    """A cold coordinator imports oss2 while the source answers, and not before."""
    with scripted(in_turn(Reply(answer(404)))) as source:
        job = TransferJob(Url(f"{source.url}/gone"), TARGET)
        with pytest.raises(SourceGone):
            transfer(job, cast(Cloud, CloudWithoutSdk()), Settings())


def test_a_stop_ends_the_wait_that_a_source_asks_for() -> None:
    """The instance is gone long before the half minute is over; the source is not asked again."""
    busy = Reply(answer(503, Retry_After="30"))
    stop = StoppedWhileItWaits()
    with scripted(in_turn(rest=busy)) as source:
        job = TransferJob(Url(f"{source.url}/busy"), TARGET)
        with pytest.raises(Stopped, match="before the source had answered"):
            transfer(job, cast(Cloud, CloudWithoutSdk(stop=stop)), Settings())
        assert len(source.requests) == 1
    assert stop.waits == [30]


@dataclass
class Archives:
    """A bucket of frozen objects behind a server; it remembers which were looked at."""

    url: str
    looked_at: list[str] = field(default_factory=list)

    def get_url(self, key: str) -> Url:
        return Url(f"{self.url}/{key}")

    def head(self, key: str) -> ObjectInfo | None:
        self.looked_at.append(key)
        return ObjectInfo(5, "E", None, storage_class="ColdArchive")


@dataclass
class CloudOfArchives(CloudWithoutSdk):
    archives: Archives = field(default_factory=lambda: Archives(""))

    def source_bucket(self, name: ObjectName, chosen: str | None) -> Archives:
        return self.archives


def test_a_frozen_source_is_looked_at_once() -> None:
    """Also if it is what a job falls back to: it is named, not what was not there."""
    refusal = answer(403, b"<Code>InvalidObjectState</Code>", Content_Type="application/xml")
    script = in_turn(Reply(answer(404)), Reply(refusal))
    there, not_there = (ObjectName("cn-beijing", "cold", key) for key in ("there", "not-there"))
    job = TransferJob(not_there, TARGET, fallback=TransferJob(there, TARGET))
    with scripted(script) as server:
        cloud = CloudOfArchives(archives=Archives(server.url))
        with pytest.raises(SourceArchived, match="oss://cold/there is in the class ColdArchive"):
            transfer(job, cast(Cloud, cloud), Settings())
    assert cloud.archives.looked_at == ["there"]
    assert len(server.requests) == 2
