"""The order of a coordinator's steps, where the outcome does not show it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import NoReturn, cast

import pytest

from ossferry.cloud import Cloud
from ossferry.errors import SourceGone, Stopped
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
