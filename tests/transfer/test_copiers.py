"""What happens to the coordinator's own copying when the transfer is over before it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any, cast

import pytest

from ossferry.byte_range import ByteRange
from ossferry.copying.copy_job import (
    CopiedPart,
    CopyJob,
    CopyResult,
    Pin,
    SourceRef,
    Warrant,
)
from ossferry.http.netguard import NetGuard
from ossferry.oss.multipart import Upload
from ossferry.parts import Part
from ossferry.source.probe import Source
from ossferry.spread.pace import Limits
from ossferry.spread.run import Run
from ossferry.stop import Stop
from ossferry.transfer.copiers import Copiers
from ossferry.urls import Url
from tests.peers.scripted import Reply, Request, Script, Then, part_of, scripted, serving, storing

CONTENT = bytes(range(256)) * 800
HALF = len(CONTENT) // 2
WARRANT = Warrant("cn-hangzhou", "my-bucket", ".ossferry/0/1-2.json", "secret")
FIRST, SECOND = Part(1, ByteRange(0, HALF)), Part(2, ByteRange(HALF, len(CONTENT)))


@dataclass
class Account:
    """A cloud with all the time in the world."""

    guard: NetGuard = field(default_factory=lambda: NetGuard([ip_network("127.0.0.0/8")]))
    last_call: float = field(default_factory=lambda: time.monotonic() + 600)
    stop: Stop = field(default_factory=Stop)

    def invoker(self) -> Callable[[CopyJob], CopyResult]:
        return invoked


def invoked(job: CopyJob) -> CopyResult:
    """A child that copies nothing, and tells where it was to leave its receipt."""
    where = job.receipt.reveal() if job.receipt else ""
    return CopyResult(tuple(CopiedPart(each.number, 1, where, 1, True) for each in job.parts))


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


@dataclass
class Recorded:
    """A checkpoint of which only receipts matter: what is issued, and what is told of it."""

    warrant: Warrant = WARRANT
    issued: list[Url] = field(default_factory=list)
    told: list[tuple[Url, set[int], CopyResult]] = field(default_factory=list)

    @property
    def receipts(self) -> Recorded:
        return self

    def issue(self) -> Url:
        self.issued.append(Url(f"https://oss.example/{len(self.issued)}.receipt"))
        return self.issued[-1]

    def heard(self, url: Url, numbers: Iterable[int], result: CopyResult) -> None:
        self.told.append((url, {*numbers}, result))


@contextmanager
def copying(
    source: Script, target: Script, children: int = 0, recorded: Recorded | None = None
) -> Iterator[Copiers]:
    with scripted(source) as origin, scripted(target) as oss:
        ref = SourceRef(Url(origin.url), pin=Pin(len(CONTENT)))
        upload = Upload(
            cast(Any, None), "k", "U", "mark", lambda number: Url(f"{oss.url}/?part={number}")
        )
        limits = Limits(children, streams=1)
        probed = Source(ref, splittable=True, headers={}, crc64=None)
        checkpoint = cast(Any, recorded or Recorded())
        yield Copiers(limits, probed, upload, cast(Any, Account()), "id", checkpoint)


def run_of(*parts: Part, by_child: bool = False) -> Run:
    return Run(parts, by_child, streams=1, began=0.0)


def heard(copiers: Copiers) -> tuple[Run, CopyResult]:
    news = copiers.hear(20)
    assert news is not None
    return news


@pytest.mark.parametrize("late", ["source", "target"])
@pytest.mark.parametrize("part", [1, 2])
def test_leaving_ends_the_own_copying_whatever_it_waits_for(late: str, part: int) -> None:
    """Also in a later part than the first: an error of somebody else has ended the transfer."""
    held = Held()
    source, target = serving(CONTENT), cast(Script, storing)
    if late == "source":
        source = of(source, held, part)
    else:
        target = of(target, held, part)
    with copying(source, target) as copiers:
        try:
            with copiers:
                copiers.own(run_of(FIRST))
                if part == 2:
                    assert len(heard(copiers)[1].parts) == 1
                    copiers.own(run_of(SECOND))
                assert held.waiting.wait(20)
            assert heard(copiers)[1].parts == ()
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
            copiers.own(run_of(FIRST))
            assert held.waiting.wait(20)
        assert heard(copiers)[1].parts == ()


def test_each_own_part_is_heard_when_it_is_done() -> None:
    """With the run that it was; it leaves no receipt, because the coordinator records it."""
    recorded = Recorded()
    with copying(serving(CONTENT), storing, recorded=recorded) as copiers, copiers:
        for part in (FIRST, SECOND):
            run = run_of(part)
            copiers.own(run)
            done, result = heard(copiers)
            assert done is run
            assert [each.number for each in result.parts] == [part.number]
        assert copiers.hear(0) is None
    assert (recorded.issued, recorded.told) == ([], [])


def test_each_child_has_a_receipt_of_its_own_and_is_told_of_when_heard() -> None:
    """Where it was to leave it, which parts it was asked for, and what came of it."""
    recorded = Recorded()
    with copying(serving(CONTENT), storing, 2, recorded) as copiers, copiers:
        for part in (FIRST, SECOND):
            copiers.child(run_of(part, by_child=True))
        assert recorded.told == []
        results = [heard(copiers)[1] for _ in range(2)]
    asked = {each.etag: each.number for result in results for each in result.parts}
    assert asked == {url.reveal(): number for number, url in enumerate(recorded.issued, 1)}
    assert [result for _, _, result in recorded.told] == results
    for url, numbers, result in recorded.told:
        assert [(each.etag, {each.number}) for each in result.parts] == [(url.reveal(), numbers)]
