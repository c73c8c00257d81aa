"""Those who copy a transfer: what comes of each run, and what happens to them when it is over."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ossferry.byte_range import ByteRange
from ossferry.copying.copy_job import CopiedPart, CopyJob, CopyResult, Pin, SourceRef, Warrant
from ossferry.errors import ChildThrottled, InternalError, SourceGone, Stopped
from ossferry.http.netguard import NetGuard
from ossferry.oss.multipart import Upload
from ossferry.pace.limits import Limits
from ossferry.pace.run import Run
from ossferry.parts import Part
from ossferry.stop import Stop
from ossferry.transfer.copiers import Copiers
from ossferry.urls import Url
from tests.peers.scripted import (
    Reply,
    Request,
    Script,
    Then,
    answer,
    in_turn,
    part_of,
    scripted,
    serving,
    storing,
)

CONTENT = bytes(range(256)) * 800
HALF = len(CONTENT) // 2
FIRST, SECOND = Part(1, ByteRange(0, HALF)), Part(2, ByteRange(HALF, len(CONTENT)))

WARRANT = Warrant("cn-hangzhou", "my-bucket", ".ossferry/0/1-2.json", "secret")


@dataclass
class Account:
    """A cloud with all the time in the world."""

    guard: NetGuard = field(default_factory=lambda: NetGuard([ip_network("127.0.0.0/8")]))
    last_call: float = field(default_factory=lambda: time.monotonic() + 600)
    stop: Stop = field(default_factory=Stop)
    call: Callable[[CopyJob], CopyResult] = lambda job: CopyResult(())

    def invoker(self) -> Callable[[CopyJob], CopyResult]:
        return self.call


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
    source: Script,
    target: Script,
    account: Account | None = None,
    limits: Limits | None = None,
    recorded: Recorded | None = None,
) -> Iterator[Copiers]:
    with scripted(source) as origin, scripted(target) as oss:
        ref = SourceRef(Url(origin.url), pin=Pin(len(CONTENT)))
        upload = Upload(
            cast(Any, None), "k", "U", "mark", lambda number: Url(f"{oss.url}/?part={number}")
        )
        signed = cast(Any, SimpleNamespace(source=lambda: ref, seconds=lambda: math.inf))
        cloud = cast(Any, account or Account())
        limits = limits or Limits(children=0, streams=2)
        checkpoint = cast(Any, recorded or Recorded())
        yield Copiers(limits, signed, upload, cloud, "id", checkpoint)


def own(part: Part) -> Run:
    return Run((part,), False, 1, 0.0)


def child(*parts: Part) -> Run:
    return Run(parts, True, 3, 0.0)


def heard(copiers: Copiers) -> tuple[Run, CopyResult]:
    news = copiers.hear(20)
    assert news is not None
    return news


def test_what_came_of_an_own_part_is_heard_with_its_run() -> None:
    """Each by itself, whichever is first."""
    first, second = own(FIRST), own(SECOND)
    with copying(serving(CONTENT), storing) as copiers, copiers:
        copiers.own(first)
        copiers.own(second)
        found = dict(heard(copiers) for _ in range(2))
        assert copiers.hear(0) is None
    assert {run: [part.number for part in found[run].parts] for run in found} == {
        first: [1],
        second: [2],
    }


def test_a_failure_is_heard_too() -> None:
    """With the error of the source."""
    with copying(in_turn(Reply(answer(404))), storing) as copiers, copiers:
        run = own(FIRST)
        copiers.own(run)
        ended, result = heard(copiers)
    assert ended is run
    assert isinstance(result.error, SourceGone)


def test_nothing_is_heard_of_those_who_are_still_at_it() -> None:
    """They are asked how far they are; called off, they end."""
    held = Held()
    with copying(of(serving(CONTENT), held, 1), storing) as copiers, copiers:
        run = own(FIRST)
        copiers.own(run)
        assert held.waiting.wait(20)
        assert copiers.hear(0.01) is None
        assert copiers.sent(run) == 0
        copiers.call_off(run)
        assert isinstance(heard(copiers)[1].error, Stopped)
        held.enough.set()


def test_how_far_an_own_part_is_can_be_asked_until_it_is_heard_of() -> None:
    """Its last bytes are not missing from what is measured meanwhile."""
    with copying(serving(CONTENT), storing) as copiers, copiers:
        run = own(FIRST)
        copiers.own(run)
        until = time.monotonic() + 20
        while copiers.sent(run) < HALF and time.monotonic() < until:
            threading.Event().wait(0.01)
        assert copiers.sent(run) == HALF
        assert heard(copiers)[0] is run


def answered(job: CopyJob) -> CopyResult:
    """What a child saw of its job, as far as a result can tell."""
    assert job.transfer_id == "id"
    assert 0 < job.seconds <= 600
    assert [part.range for part in job.parts] == [FIRST.range, SECOND.range]
    assert [part.url.reveal().partition("?")[2] for part in job.parts] == ["part=1", "part=2"]
    return CopyResult((), stepped_down=job.streams)


def refused(job: CopyJob) -> CopyResult:
    raise ChildThrottled("429")


def broken(job: CopyJob) -> CopyResult:
    raise KeyError("C4n4ry")


def test_a_child_gets_its_slice_with_the_streams_of_the_run() -> None:
    """And what it answers is heard with the run."""
    limits = Limits(children=1, streams=1)
    with copying(serving(CONTENT), storing, Account(call=answered), limits) as copiers, copiers:
        run = child(FIRST, SECOND)
        copiers.child(run)
        assert heard(copiers) == (run, CopyResult((), stepped_down=3))


@pytest.mark.parametrize(("call", "error"), [(refused, ChildThrottled), (broken, InternalError)])
def test_a_call_that_fails_is_heard_as_a_result(
    call: Callable[[CopyJob], CopyResult], error: type[Exception]
) -> None:
    """Without a text that may quote what is secret, if nobody knows what it is."""
    limits = Limits(children=1, streams=1)
    with copying(serving(CONTENT), storing, Account(call=call), limits) as copiers, copiers:
        run = child(FIRST)
        copiers.child(run)
        ended, result = heard(copiers)
    assert ended is run
    assert result.parts == ()
    assert isinstance(result.error, error)
    assert "C4n4ry" not in str(result.error)


@pytest.mark.parametrize("late", ["source", "target"])
@pytest.mark.parametrize("part", [1, 2])
def test_leaving_ends_the_own_copying_whatever_it_waits_for(late: str, part: int) -> None:
    """Also a later part than the first: an error of somebody else has ended the transfer."""
    held = Held()
    source, target = serving(CONTENT), cast(Script, storing)
    if late == "source":
        source = of(source, held, part)
    else:
        target = of(target, held, part)
    with copying(source, target) as copiers:
        try:
            with copiers:
                copiers.own(own(FIRST))
                if part == 2:
                    assert len(heard(copiers)[1].parts) == 1
                    copiers.own(own(SECOND))
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
            copiers.own(own(FIRST))
            assert held.waiting.wait(20)
        assert heard(copiers)[1].parts == ()


def test_leaving_ends_children_without_waiting_for_them() -> None:
    """Their calls lose their connections, and Function Compute ends what they were doing."""
    limits = Limits(children=1, streams=1)
    with copying(serving(CONTENT), storing, Account(call=endless), limits) as copiers:
        with copiers:
            copiers.child(child(FIRST))
        assert heard(copiers)[1].error is not None


def endless(job: CopyJob) -> CopyResult:
    threading.Event().wait()
    return CopyResult(())


def test_each_child_has_a_receipt_of_its_own_and_is_told_of_when_heard() -> None:
    """Where it was to leave it, which parts it was asked for, and what came of it."""
    recorded, limits = Recorded(), Limits(children=2, streams=1)
    account = Account(call=invoked)
    with copying(serving(CONTENT), storing, account, limits, recorded) as copiers, copiers:
        for part in (FIRST, SECOND):
            copiers.child(child(part))
        assert recorded.told == []
        results = [heard(copiers)[1] for _ in range(2)]
    asked = {each.etag: each.number for result in results for each in result.parts}
    assert asked == {url.reveal(): number for number, url in enumerate(recorded.issued, 1)}
    assert [result for _, _, result in recorded.told] == results
    for url, numbers, result in recorded.told:
        assert [(each.etag, {each.number}) for each in result.parts] == [(url.reveal(), numbers)]
