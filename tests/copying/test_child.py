"""A slice between a source and a target: several streams, one result."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ossferry.copying import child
from ossferry.copying.copy_job import CopyJob, CopyResult, Pin, SourceRef
from ossferry.crc64 import crc64
from ossferry.errors import OutOfTime, SourceBusy, SourceChanged, SourceRefused, TargetRefused
from ossferry.http.netguard import NetGuard
from ossferry.stop import Stop
from ossferry.urls import Url
from tests.peers.loopback import CONTENT, GUARD, part, source
from tests.peers.scripted import (
    Reply,
    Request,
    Script,
    Scripted,
    Then,
    answer,
    in_turn,
    part_of,
    scripted,
    serving,
    storing,
)

SIZE = 100_000
COUNT = 10


@contextmanager
def slice_of(
    source_script: Script, target_script: Script, streams: int = 3, seconds: float = 60
) -> Iterator[tuple[CopyJob, Scripted]]:
    with scripted(source_script) as origin, scripted(target_script) as target:
        parts = tuple(
            part(target.url, n * SIZE, (n + 1) * SIZE, number=n + 1) for n in range(COUNT)
        )
        yield CopyJob(source(origin.url), parts, streams, seconds), target


def numbers(result: CopyResult) -> list[int]:
    return sorted(copied.number for copied in result.parts)


@pytest.mark.parametrize("streams", [1, 3, 64])
def test_all_parts_are_copied_once(streams: int) -> None:
    """By as many streams as there are parts for, each over a connection of its own."""
    with slice_of(serving(CONTENT), storing, streams) as (job, target):
        result = child.copy(job, GUARD)
    assert numbers(result) == list(range(1, COUNT + 1))
    assert (result.error, result.retried) == (None, 0)
    for copied in result.parts:
        start = (copied.number - 1) * SIZE
        assert copied.crc64 == crc64(CONTENT[start : start + SIZE])
        assert copied.confirmed
    assert len(target.requests) == COUNT
    assert len({request.connection for request in target.requests}) <= min(streams, COUNT)


def test_an_error_ends_the_slice_with_the_parts_that_were_done_before_it() -> None:
    """They need no copying again."""

    def refuse_one(request: Request) -> Reply:
        return Reply(answer(403)) if request.target == "/part-4" else storing(request)

    with slice_of(serving(CONTENT), refuse_one, streams=1) as (job, _):
        result = child.copy(job, GUARD)
    assert type(result.error) is TargetRefused
    assert numbers(result) == [1, 2, 3]


def test_a_job_survives_the_way_to_a_child_and_back() -> None:
    """As JSON, in both directions."""
    with slice_of(serving(CONTENT), storing) as (job, _):
        result = child.copy(CopyJob.decode(json.loads(job.encode())), GUARD)
    found = CopyResult.decode(json.dumps(result.to_json()).encode())
    assert found == result._replace(seconds=round(result.seconds, 4))
    assert result.seconds > 0


def test_an_error_that_cannot_pass_ends_the_slice_with_what_was_done() -> None:
    """The parts before it count, so that nobody copies them again."""

    def refuse_one(request: Request) -> Reply:
        return Reply(answer(403)) if request.target == "/part-4" else storing(request)

    with slice_of(serving(CONTENT), refuse_one, streams=1) as (job, _):
        result = child.copy(job, GUARD)
    assert type(result.error) is TargetRefused
    assert numbers(result) == [1, 2, 3]


def test_a_source_that_changed_is_told() -> None:
    """By the pin in the job."""
    with slice_of(serving(CONTENT), storing) as (job, target):
        pinned = SourceRef(job.source.url, {}, Pin(len(CONTENT) + 1))
        result = child.copy(CopyJob(pinned, job.parts, 3, 60), GUARD)
    assert type(result.error) is SourceChanged
    assert target.requests == []


def test_the_address_rules_hold_for_a_child() -> None:
    """Nobody but the operator's settings opens loopback."""
    with slice_of(serving(CONTENT), storing) as (job, _):
        assert type(child.copy(job, NetGuard()).error) is SourceRefused


def test_a_child_without_time_copies_nothing() -> None:
    """Its coordinator had none left when it asked."""
    with slice_of(serving(CONTENT), storing, seconds=0) as (job, target):
        result = child.copy(job, GUARD)
    assert type(result.error) is OutOfTime
    assert (result.parts, target.requests) == ((), [])


def bearing(connections: int, asked: int, refusal: Reply) -> Script:
    """A source that serves so many connections, and refuses all others.

    It serves nobody before so many connections have asked, so that all of them are there at once.
    """
    lock, everybody = threading.Lock(), threading.Event()
    seen: list[int] = []
    serve = serving(CONTENT)

    def script(request: Request) -> Reply:
        with lock:
            if request.connection not in seen:
                seen.append(request.connection)
            if len(seen) >= asked:
                everybody.set()
        if request.connection not in seen[:connections]:
            return refusal
        assert everybody.wait(30)
        return serve(request)

    return script


REFUSALS = [
    Reply(answer(429, Retry_After="1"), Then.CLOSE),
    Reply(answer(503), Then.KEEP),
    Reply(b"", Then.RESET),
    Reply(b"", Then.CLOSE),
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_source_that_bears_few_connections_gets_few(refusal: Reply) -> None:
    """Of 8 streams 3 are refused, once each, and end; the other 5 copy everything."""
    with (
        scripted(bearing(5, 8, refusal)) as origin,
        scripted(storing) as target,
    ):
        parts = tuple(
            part(target.url, n * SIZE, (n + 1) * SIZE, number=n + 1) for n in range(COUNT)
        )
        result = child.copy(CopyJob(source(origin.url), parts, 8, 60), GUARD)
    assert numbers(result) == list(range(1, COUNT + 1))
    assert result.error is None
    assert (result.stepped_down, result.retried) == (3, 0)
    assert len({request.connection for request in origin.requests}) == 8
    assert len(origin.requests) == COUNT + 3
    assert len(target.requests) == COUNT


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_slice_that_has_lost_most_of_its_streams_goes_back(refusal: Reply) -> None:
    """What the others have begun is done; what nobody has begun, somebody else copies sooner."""
    with (
        scripted(bearing(3, 8, refusal)) as origin,
        scripted(storing) as target,
    ):
        # So many that the refusals are heard of long before the others are through.
        parts = tuple(part(target.url, n * 1000, (n + 1) * 1000, number=n + 1) for n in range(500))
        result = child.copy(CopyJob(source(origin.url), parts, 8, 60), GUARD)
    assert type(result.error) is SourceBusy
    assert result.stepped_down == 5
    assert 0 < len(result.parts) < 500
    assert len(target.requests) == len(result.parts)


def test_a_source_that_serves_no_stream_is_busy_at_once() -> None:
    """Whoever started the child decides when to ask again, and with how many."""
    wait = in_turn(
        *(Reply(answer(429, Retry_After=text)) for text in ("7", "1800", "3")),
    )
    with slice_of(wait, storing) as (job, target):
        result = child.copy(job, GUARD)
    assert type(result.error) is SourceBusy
    assert result.error.retry_after == 1800
    assert (result.parts, target.requests) == ((), [])
    assert result.stepped_down in (2, 3)  # the third one may not even ask


def test_what_oss_held_back_is_summed_up() -> None:
    """It says so in milliseconds, with each part that the account sends too fast."""

    slowed = []  # a part that is late is sent twice, and both may be told of

    def delaying(request: Request) -> Reply:
        if request.target == "/part-4":
            return Reply(answer(200, ETag='"e"'))
        slowed.append(request.target)
        return Reply(answer(200, ETag='"e"', x_oss_qos_delay_time="250"))

    with slice_of(serving(CONTENT), delaying) as (job, _):
        delayed = child.copy(job, GUARD).delayed
        assert 0.25 * (COUNT - 1) <= delayed <= 0.25 * len(slowed)


def test_a_stop_ends_a_slice_whose_servers_are_silent() -> None:
    """The coordinator's own copying ends at once when it is not needed any more."""
    asked, over, stop = threading.Event(), threading.Event(), Stop()

    def silence(request: Request) -> Reply:
        asked.set()
        over.wait(60)
        return Reply(b"", Then.CLOSE)

    with slice_of(silence, storing) as (job, _):
        results: list[CopyResult] = []
        thread = threading.Thread(target=lambda: results.append(child.copy(job, GUARD, stop)))
        thread.start()
        assert asked.wait(10)
        stop.set()
        thread.join(10)
        ended = not thread.is_alive()
        over.set()
        thread.join()
    assert ended
    assert [result.parts for result in results] == [()]


def test_a_child_ends_in_time_with_what_is_done_while_its_source_is_silent() -> None:
    """Its coordinator hears of that, and of nothing that comes later."""
    serve = serving(CONTENT)

    def stalling(request: Request) -> Reply:
        wanted = request.range
        if wanted and wanted.start >= 3 * SIZE:
            return Reply(part_of(CONTENT, wanted, sent=100), Then.KEEP)
        return serve(request)

    with slice_of(stalling, storing, streams=1, seconds=3) as (job, _):
        results: list[CopyResult] = []
        thread = threading.Thread(target=lambda: results.append(child.copy(job, GUARD)))
        thread.start()
        thread.join(15)
        ended = not thread.is_alive()
    thread.join()
    assert ended
    assert [numbers(result) for result in results] == [[1, 2, 3]]
    assert type(results[0].error) is OutOfTime


def test_the_seconds_of_a_child_count_from_when_it_began() -> None:
    """A cold start, and asking whether a coordinator wrote the job, are part of them."""
    with slice_of(serving(CONTENT), storing, seconds=60) as (job, target):
        result = child.copy(job, GUARD, began=time.monotonic() - 61)
    assert type(result.error) is OutOfTime
    assert (result.parts, target.requests) == ((), [])


def test_a_stop_holds_nothing_of_a_slice_that_is_done() -> None:
    """A stop lasts as long as an invocation, which may do many."""
    stop = Stop()
    with slice_of(serving(CONTENT), storing) as (job, _):
        child.copy(job, GUARD, stop)
    assert stop._actions == []


def test_a_secret_of_a_job_is_in_no_error() -> None:
    """Signed URLs live in the job only."""
    with slice_of(serving(CONTENT), storing) as (job, _):
        pass
    signed = Url(job.source.url.reveal() + "?sig=C4n4ry")
    result = child.copy(CopyJob(SourceRef(signed), job.parts[:1], 1, 0.5), GUARD)
    assert result.error
    assert "C4n4ry" not in json.dumps(result.to_json())
