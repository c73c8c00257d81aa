"""The request for the next part while OSS's answer to the last one is awaited, and what may come
of it on either side."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import pytest

from ossferry.byte_range import ByteRange
from ossferry.copying import child
from ossferry.copying.copy_job import CopyJob, CopyResult, Pin, SourceRef
from ossferry.crc64 import crc64
from ossferry.errors import (
    FerryError,
    RangeNotHonoured,
    SourceBusy,
    SourceChanged,
    TargetRefused,
)
from ossferry.stop import Stop
from tests.peers.loopback import CONTENT, GUARD, part
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
PARTS = 5
WAIT = 20.0  # seconds in which what has to happen does


def number_of(request: Request) -> int:
    """The part that a request to either side is for."""
    if request.range is not None:
        return request.range.start // SIZE + 1
    return int(request.target.rpartition("-")[2])


@dataclass
class Stage:
    """A source and a target, each of which may do something else for the first request of a part.

    ``asked`` tells for each part whether the source has its request.
    """

    at_source: dict[int, Script | Reply] = field(default_factory=dict)
    at_target: dict[int, Script | Reply] = field(default_factory=dict)
    etag: str = '"e"'
    asked: list[threading.Event] = field(
        default_factory=lambda: [threading.Event() for _ in range(PARTS + 2)]
    )

    def serve(self, request: Request) -> Reply:
        number = number_of(request)
        self.asked[number].set()
        return _play(self.at_source.pop(number, serving(CONTENT, self.etag)), request)

    def store(self, request: Request) -> Reply:
        _ = request.body
        return _play(self.at_target.pop(number_of(request), storing), request)

    def ahead(self, then: Script | Reply = storing) -> Script:
        """Answer for a part only when the next one was asked for."""

        def script(request: Request) -> Reply:
            assert self.asked[number_of(request) + 1].wait(WAIT)
            return _play(then, request)

        return script


def _play(script: Script | Reply, request: Request) -> Reply:
    return script if isinstance(script, Reply) else script(request)


@dataclass
class Copied:
    result: CopyResult
    source: Scripted
    target: Scripted

    @property
    def asked(self) -> list[int]:
        return [number_of(request) for request in self.source.requests]

    @property
    def put(self) -> list[int]:
        return [number_of(request) for request in self.target.requests]

    @property
    def done(self) -> list[int]:
        return sorted(each.number for each in self.result.parts)


def job_of(source: str, target: str, streams: int = 1, count: int = PARTS) -> CopyJob:
    parts = tuple(part(target, n * SIZE, (n + 1) * SIZE, number=n + 1) for n in range(count))
    pin = Pin(len(CONTENT), "e")
    return CopyJob(SourceRef(part(source).url, {}, pin), parts, streams, seconds=60)


@contextmanager
def playing(stage: Stage) -> Iterator[tuple[Scripted, Scripted]]:
    with scripted(stage.serve) as source, scripted(stage.store) as target:
        yield source, target


def copied(stage: Stage, streams: int = 1) -> Copied:
    with playing(stage) as (source, target):
        result = child.copy(job_of(source.url, target.url, streams), GUARD)
    for each in result.parts:
        assert each.crc64 == crc64(CONTENT[(each.number - 1) * SIZE : each.number * SIZE])
        assert each.confirmed
    return Copied(result, source, target)


EVERY = list(range(1, PARTS + 1))


def test_the_next_part_is_asked_for_before_oss_has_answered() -> None:
    """Each in its turn, over the connections that are there; after the last one, nothing is."""
    stage = Stage()
    stage.at_target = {number: stage.ahead() for number in EVERY[:-1]}
    found = copied(stage)
    assert found.asked == found.put == found.done == EVERY
    assert found.result.retried == 0
    for server in (found.source, found.target):
        assert {request.connection for request in server.requests} == {1}


@pytest.mark.parametrize("streams", [1, 2, 3, PARTS, 64])
def test_each_part_is_asked_for_once_and_sent_once(streams: int) -> None:
    """However many streams take parts ahead."""
    for _ in range(10):
        found = copied(Stage(), streams)
        assert sorted(found.asked) == sorted(found.put) == found.done == EVERY
        assert (found.result.hedged, found.result.stepped_down) == (0, 0)


def test_no_part_is_sent_before_the_answer_for_the_last_one() -> None:
    """All that is ahead is a request: its reply waits, and OSS sees one PUT at a time."""
    begun: list[int] = []
    answered: list[int] = []
    stage = Stage()

    def in_order(request: Request) -> Reply:
        begun.append(number_of(request))
        assert answered == begun[:-1]
        if begun[-1] < PARTS:
            assert stage.asked[begun[-1] + 1].wait(WAIT)
        answered.append(begun[-1])
        return storing(request)

    stage.at_target = dict.fromkeys(EVERY, in_order)
    assert copied(stage).done == answered == EVERY


@pytest.mark.parametrize(
    "hang_up",
    [
        Reply(b"", Then.CLOSE),
        Reply(b"", Then.RESET),
        Reply(b"HTTP/1.1 206 Partial", Then.CLOSE),
        Reply(part_of(CONTENT, ByteRange(SIZE, 2 * SIZE), sent=0, ETag='"e"'), Then.CLOSE),
        Reply(part_of(CONTENT, ByteRange(SIZE, 2 * SIZE), sent=1000, ETag='"e"'), Then.CLOSE),
    ],
)
def test_a_source_that_hangs_up_is_asked_again(hang_up: Reply) -> None:
    """A connection that was kept may end at any time; no stream steps down for it."""
    stage = Stage(at_source={2: hang_up})
    stage.at_target = {1: stage.ahead()}
    found = copied(stage)
    assert found.done == found.put == EVERY
    assert sorted(found.asked) == sorted([*EVERY, 2])
    assert found.result.stepped_down == 0


FAILURES: list[Reply] = [
    Reply(answer(500)),
    Reply(b"", Then.CLOSE),
    Reply(b"", Then.RESET),
    Reply(b"HTTP/1.1 200 OK\r\nContent-Le", Then.CLOSE),
    Reply(answer(200, ETag='"e"', x_oss_hash_crc64ecma="1")),
]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("number", [1, PARTS - 1, PARTS])
def test_a_part_that_is_sent_again_comes_before_the_next(failure: Reply, number: int) -> None:
    """The reply that waits is thrown away, and asked for once more after the second try."""
    stage = Stage()
    stage.at_target = {number: failure if number == PARTS else stage.ahead(failure)}
    found = copied(stage)
    following = [number + 1] if number < PARTS else []
    assert found.asked == [*EVERY[:number], *following, number, *EVERY[number:]]
    assert found.put == [*EVERY[:number], number, *EVERY[number:]]
    assert found.done == EVERY
    assert found.result.retried == 1


def test_a_part_ahead_of_a_stream_that_has_to_try_again_is_copied_by_another() -> None:
    """It is not kept for as long as that takes."""
    stage, put = Stage(), threading.Event()
    serve = serving(CONTENT, stage.etag)

    def second_when_others_ask(request: Request) -> Reply:
        assert stage.asked[3].wait(WAIT)
        return serve(request)

    def again_when_it_is_put(request: Request) -> Reply:
        assert put.wait(WAIT)
        return serve(request)

    def fail(request: Request) -> Reply:
        assert stage.asked[3].wait(WAIT)
        stage.at_source[1] = again_when_it_is_put
        return Reply(answer(500))

    def third(request: Request) -> Reply:
        put.set()
        return storing(request)

    # One stream sends part 1 and is given 3 ahead while the other one still waits for part 2.
    stage.at_source = {2: second_when_others_ask}
    stage.at_target = {1: fail, 3: third}
    found = copied(stage, streams=2)
    assert found.done == EVERY
    assert Counter(found.put) == Counter([*EVERY, 1])


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (Reply(answer(429, Retry_After="7")), SourceBusy),
        (Reply(answer(416, Content_Range=f"bytes */{len(CONTENT)}")), RangeNotHonoured),
        (Reply(answer(416, Content_Range="bytes */5")), SourceChanged),
        (
            Reply(part_of(CONTENT, ByteRange(SIZE, 2 * SIZE), ETag='"another"')),
            SourceChanged,
        ),
        (Reply(part_of(CONTENT, ByteRange(0, SIZE), ETag='"e"')), RangeNotHonoured),
    ],
)
def test_a_reply_to_a_request_ahead_is_judged_as_any(
    refusal: Reply, error: type[FerryError]
) -> None:
    """The part before it counts, nothing of its own is sent, and the child tells why."""
    stage = Stage(at_source={2: refusal})
    stage.at_target = {1: stage.ahead()}
    found = copied(stage)
    assert type(found.result.error) is error
    assert found.asked == [1, 2]
    assert found.put == found.done == [1]


def test_a_source_that_is_busy_ahead_is_asked_by_the_other_streams() -> None:
    """The one that it refuses steps down, and both its parts are somebody's."""
    stage = Stage(at_source={3: Reply(answer(429))})
    found = copied(stage, streams=2)
    assert found.done == sorted(found.put) == EVERY
    assert Counter(found.asked) == Counter([*EVERY, 3])
    assert (found.result.error, found.result.stepped_down) == (None, 1)


def test_a_source_that_serves_one_request_per_connection_is_not_asked_ahead() -> None:
    """A connection is not made ahead: OSS's answer would wait for it."""
    last: list[bool] = []
    stage = Stage()

    def serve(request: Request) -> Reply:
        assert request.range is not None
        raw = part_of(CONTENT, request.range, ETag='"e"', Connection="close")
        return Reply(raw, Then.CLOSE)

    def store(request: Request) -> Reply:
        last.append(stage.asked[number_of(request) + 1].is_set())
        return storing(request)

    stage.at_source = dict.fromkeys(EVERY, serve)
    stage.at_target = dict.fromkeys(EVERY, store)
    found = copied(stage)
    assert found.asked == found.put == found.done == EVERY
    assert last == [False] * PARTS


def test_a_redirect_is_walked_once() -> None:
    """What is asked ahead goes to where it led."""
    stage = Stage()
    stage.at_target = {number: stage.ahead() for number in EVERY[1:-1]}
    with playing(stage) as (source, target):
        led = Reply(answer(302, Location=f"{source.url}/there"))
        with scripted(in_turn(led)) as first:
            result = child.copy(job_of(first.url, target.url), GUARD)
        assert [request.target for request in source.requests] == ["/there"] * PARTS
        assert len(first.requests) == 1
    assert len(result.parts) == PARTS


@pytest.mark.parametrize("early", [True, False])
def test_a_stop_while_both_sides_are_waited_for_ends_a_slice(early: bool) -> None:
    """Whether or not the reply that was asked for ahead has come."""
    sent, over, stop, stage = threading.Event(), threading.Event(), Stop(), Stage()

    def silence(request: Request) -> Reply:
        over.wait(WAIT)
        return Reply(b"", Then.CLOSE)

    def no_answer(request: Request) -> Reply:
        sent.set()
        return silence(request)

    stage.at_target = {1: stage.ahead(no_answer)}
    if not early:
        stage.at_source = {2: silence}
    with playing(stage) as (source, target):
        results: list[CopyResult] = []
        job = job_of(source.url, target.url)
        thread = threading.Thread(target=lambda: results.append(child.copy(job, GUARD, stop)))
        thread.start()
        assert sent.wait(WAIT)
        stop.set()
        thread.join(WAIT / 2)
        ended = not thread.is_alive()
        over.set()
        thread.join()
    assert ended
    assert [result.parts for result in results] == [()]
    assert [number_of(request) for request in target.requests] == [1]


def test_a_stream_that_ends_closes_the_connection_with_the_reply_that_waits() -> None:
    """Nobody is left to read it: a source is not to wait for that."""
    serve, ended = serving(CONTENT, '"e"'), threading.Event()

    def source() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as stream:
            for _ in range(2):
                headers = _head(stream.readline)
                reply = serve(Request("GET", "/", headers, 1, stream))
                connection.sendall(reply.raw)
            asked.set()
            connection.settimeout(WAIT)
            try:
                found = stream.read(1)
            except ConnectionError:
                found = b""
            if not found:
                ended.set()

    def refuse(request: Request) -> Reply:
        _ = request.body
        assert asked.wait(WAIT)
        return Reply(answer(403))

    asked = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as listener, scripted(refuse) as target:
        thread = threading.Thread(target=source)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        result = child.copy(job_of(url, target.url), GUARD)
        thread.join(WAIT)
    assert type(result.error) is TargetRefused
    assert result.parts == ()
    assert ended.is_set()


def _head(readline: Callable[[], bytes]) -> dict[str, str]:
    lines = iter(lambda: readline().decode().rstrip("\r\n"), "")
    pairs = (line.partition(":") for line in lines)
    return {name.lower(): value.strip() for name, _, value in pairs}
