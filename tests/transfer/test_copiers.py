"""What happens to the coordinator's own copying when the transfer is over before it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any, cast

import pytest

from ossferry.byte_range import ByteRange
from ossferry.copying.copy_job import Pin, SourceRef, Warrant
from ossferry.http.netguard import NetGuard
from ossferry.oss.multipart import Upload
from ossferry.parts import Part
from ossferry.source.probe import Source
from ossferry.spread.plan import Plan
from ossferry.stop import Stop
from ossferry.transfer.copiers import Copiers
from ossferry.urls import Url
from tests.peers.scripted import Reply, Request, Script, Then, part_of, scripted, serving, storing

CONTENT = bytes(range(256)) * 800
HALF = len(CONTENT) // 2
FIRST, SECOND = Part(1, ByteRange(0, HALF)), Part(2, ByteRange(HALF, len(CONTENT)))


@dataclass
class Account:
    """A cloud with all the time in the world."""

    guard: NetGuard = field(default_factory=lambda: NetGuard([ip_network("127.0.0.0/8")]))
    last_call: float = field(default_factory=lambda: time.monotonic() + 600)
    stop: Stop = field(default_factory=Stop)


class Held:
    """Somebody who keeps one request waiting, and would serve it in the end."""

    def __init__(self) -> None:
        self.waiting = threading.Event()
        self.enough = threading.Event()

    def hold(self) -> None:
        self.waiting.set()
        self.enough.wait(20)


def of(script: Script, held: Held, part: int) -> Script:
    """The script, but for the requests of one part, which it lets wait."""

    def holding(request: Request) -> Reply:
        wanted = request.range
        number = 1 if (wanted.start == 0 if wanted else "part=1" in request.target) else 2
        if number == part:
            held.hold()
        return script(request)

    return holding


@contextmanager
def copying(source: Script, target: Script) -> Iterator[Copiers]:
    with scripted(source) as origin, scripted(target) as oss:
        ref = SourceRef(Url(origin.url), pin=Pin(len(CONTENT)))
        upload = Upload(
            cast(Any, None), "k", "U", "mark", lambda number: Url(f"{oss.url}/?part={number}")
        )
        plan = cast(Plan, Alone())
        probed = Source(ref, splittable=True, headers={}, crc64=None)
        yield Copiers(plan, probed, upload, cast(Any, Account()), "id", Warrant())


@dataclass
class Alone:
    """A plan of a coordinator that copies all by itself."""

    children: int = 0
    streams: int = 1


@pytest.mark.parametrize("late", ["source", "target"])
@pytest.mark.parametrize("part", [1, 2])
def test_leaving_ends_the_own_copying_whatever_it_waits_for(late: str, part: int) -> None:
    """Also in a later slice than the first: an error of somebody else has ended the transfer."""
    held = Held()
    source, target = serving(CONTENT), cast(Script, storing)
    if late == "source":
        source = of(source, held, part)
    else:
        target = of(target, held, part)
    with copying(source, target) as copiers:
        try:
            with copiers:
                own = copiers.own((FIRST,), lambda part: None)
                if part == 2:
                    assert len(own.result().parts) == 1
                    own = copiers.own((SECOND,), lambda part: None)
                assert held.waiting.wait(20)
            assert own.result().parts == ()
        finally:
            held.enough.set()


def test_leaving_ends_the_own_copying_in_the_middle_of_a_body() -> None:
    """A source that gives some bytes and then nothing."""
    held = Held()

    def half(request: Request) -> Reply:
        if not held.waiting.is_set():
            held.waiting.set()
            return Reply(part_of(CONTENT, FIRST.range, sent=100), Then.KEEP)
        return serving(CONTENT)(request)

    with copying(half, storing) as copiers:
        with copiers:
            own = copiers.own((FIRST,), lambda part: None)
            assert held.waiting.wait(20)
        assert own.result().parts == ()


def test_what_was_done_before_is_told_as_it_is_done() -> None:
    """The coordinator records it, whatever becomes of the rest."""
    reported: list[int] = []
    with copying(serving(CONTENT), storing) as copiers, copiers:
        own = copiers.own((FIRST, SECOND), lambda part: reported.append(part.number))
        assert [part.number for part in own.result().parts] == [1, 2]
    assert reported == [1, 2]
