"""A source that is read once, front to back: complete, or no object, and over when it has to be."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from ossferry.cloud import Cloud
from ossferry.copying.copy_job import SourceRef
from ossferry.errors import FerryError, OutOfTime, SourceUnavailable, Stopped
from ossferry.http.netguard import NetGuard
from ossferry.source.probe import Source
from ossferry.stop import Stop
from ossferry.transfer.one_pass import copy_in_one_pass
from ossferry.urls import Url
from tests.peers.loopback import GUARD, soon
from tests.peers.oss_service import OssService, running
from tests.peers.scripted import Reply, Request, Script, Then, answer, scripted
from tests.transfer.under_way import CONTENT, UnderWay, under_way

SMALL = CONTENT[:1000]  # one PUT


@dataclass
class Account:
    """What one pass needs of a cloud."""

    deadline: float = field(default_factory=soon)
    guard: NetGuard = GUARD
    stop: Stop = field(default_factory=Stop)


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    """An OSS for the module, in a thread."""
    with running() as service:
        yield service


@pytest.fixture
def setting(oss: OssService) -> Iterator[UnderWay]:
    """A target that is not there."""
    with under_way(oss) as setting:
        yield setting


def copy(setting: UnderWay, url: str, account: Account, **fields: Any) -> FerryError | None:
    """Copy a source of which nothing is known; the error, if it comes to that."""
    source = Source(SourceRef(Url(url)), splittable=False, headers={}, crc64=None)
    known = setting.transfer(**fields)
    try:
        copy_in_one_pass(replace(known, source=source, cloud=cast(Cloud, account)))
    except FerryError as error:
        return error
    return None


def all_of_it(request: Request) -> Reply:
    return Reply(answer(200, SMALL), Then.CLOSE)


def test_a_body_that_is_shorter_than_its_range_is_no_source(setting: UnderWay) -> None:
    """It comes in pieces and ends in good order, so that only its Content-Range tells."""
    head = b"HTTP/1.1 206 P\r\nTransfer-Encoding: chunked\r\nContent-Range: bytes 0-9/10\r\n\r\n"
    with scripted(lambda request: Reply(head + b"5\r\nhello\r\n0\r\n\r\n", Then.CLOSE)) as source:
        error = copy(setting, source.url, Account())
    assert isinstance(error, SourceUnavailable)
    assert "announced 10 bytes and gave 5" in error.message
    assert not setting.client.object_exists(setting.key)


@dataclass
class Waiting:
    """Somebody who keeps a transfer waiting."""

    reached: threading.Event = field(default_factory=threading.Event)
    enough: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> None:
        self.reached.set()
        self.enough.wait(20)

    def source(self, request: Request) -> Reply:
        self.hold()
        return all_of_it(request)


@pytest.mark.parametrize("where", ["source", "target"])
@pytest.mark.parametrize("why", ["stop", "deadline"])
def test_what_a_pass_waits_for_ends_with_the_function(
    setting: UnderWay, monkeypatch: pytest.MonkeyPatch, where: str, why: str
) -> None:
    """Whoever is silent, and long before that would count as broken."""
    waiting = Waiting()
    account = Account(deadline=time.monotonic() + 4) if why == "deadline" else Account()

    def silent(request: Request) -> Reply:
        _ = request.body
        waiting.hold()
        return Reply(answer(503))

    script: Script = waiting.source if where == "source" else all_of_it
    with scripted(script) as source, scripted(silent) as target, ThreadPoolExecutor() as threads:
        if where == "target":
            url = Url(f"{target.url}/k")
            monkeypatch.setattr(setting.bucket, "put_url", lambda key, headers: url)
        copying = threads.submit(copy, setting, source.url, account)
        try:
            assert waiting.reached.wait(20)
            if why == "stop":
                account.stop.set()
            error = copying.result(15)
        finally:
            waiting.enough.set()
    assert isinstance(error, Stopped if why == "stop" else OutOfTime)
    assert not setting.client.object_exists(setting.key)


def test_a_put_says_its_md5(setting: UnderWay, oss: OssService) -> None:
    """OSS refuses what was damaged on its way: the object is right from the first moment on."""
    oss.set_faults({"operation": "PutObject", "corrupt_at": 9, "times": 1})
    before = oss.counts().get("PutObject", 0)
    with scripted(all_of_it) as source:
        assert copy(setting, source.url, Account()) is None
    assert setting.content() == SMALL
    assert oss.counts()["PutObject"] - before == 2
