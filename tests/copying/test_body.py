"""A source's bytes in order, whatever its server does to the replies on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from ossferry.byte_range import ByteRange
from ossferry.copying.body import RangeBody, WholeBody
from ossferry.copying.reader import SourceReader
from ossferry.errors import OutOfTime, RangeNotHonoured, SourceChanged, SourceUnavailable
from ossferry.stop import Stop
from tests.peers.loopback import CONTENT, GUARD, QUICK, soon, source
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
)

SIZE = len(CONTENT)
ALL = ByteRange(0, SIZE)


@contextmanager
def ranged(
    script: Script, wanted: ByteRange = ALL, stop: Stop | None = None, deadline: float | None = None
) -> Iterator[tuple[RangeBody, Scripted]]:
    with (
        scripted(script) as server,
        closing(SourceReader(source(server.url), GUARD)) as reader,
    ):
        body = RangeBody(
            reader,
            wanted,
            policy=QUICK,
            deadline=soon() if deadline is None else deadline,
            stop=stop or Stop(),
        )
        yield body, server


@contextmanager
def whole(script: Script) -> Iterator[WholeBody]:
    with (
        scripted(script) as server,
        closing(SourceReader(source(server.url), GUARD)) as reader,
    ):
        reader.open_whole()
        yield WholeBody(reader, soon(), Stop())


def cut_after(count: int, then: Then) -> Script:
    """Every reply ends so many bytes after where it began."""

    def script(request: Request) -> Reply:
        wanted = request.range or ALL
        return Reply(part_of(CONTENT, wanted, sent=count), then)

    return script


def read(body: RangeBody | WholeBody, size: int = SIZE + 1) -> bytes:
    view = memoryview(bytearray(size))
    return bytes(view[: body.read(view)])


def test_a_range_is_read_to_its_end_in_one_reply() -> None:
    """And not a byte further, however much room there is."""
    with ranged(serving(CONTENT), ByteRange(5, 1005)) as (body, server):
        body.open()
        assert read(body, 300) + read(body) == CONTENT[5:1005]
        assert read(body) == b""
        assert (body.reopened, len(server.requests)) == (0, 1)


@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
def test_a_reply_that_ends_early_is_asked_for_again_where_it_stopped(then: Then) -> None:
    """Any number of times, as long as each brings something; no byte twice, none missed."""
    with ranged(cut_after(100_000, then)) as (body, server):
        body.open()
        assert read(body) == CONTENT
        assert body.reopened >= SIZE // 100_000
        if then is Then.CLOSE:
            assert server.ranges[:3] == [
                f"bytes={start}-{SIZE - 1}" for start in (0, 100_000, 200_000)
            ]


def test_a_server_that_gives_less_than_asked_is_asked_for_the_rest() -> None:
    """Some cap the length of a range: a short 206 is as good as its bytes."""

    def short(request: Request) -> Reply:
        assert request.range is not None
        start = request.range.start
        return Reply(part_of(CONTENT, ByteRange(start, min(start + 300_000, SIZE))))

    with ranged(short) as (body, server):
        body.open()
        assert read(body) == CONTENT
        assert len(server.requests) == 4


def test_attempts_without_a_byte_are_bounded() -> None:
    """Three times nothing is the end; the error may pass, somewhere else."""
    nothing = cut_after(0, Then.CLOSE)
    with ranged(nothing) as (body, server):
        body.open()
        with pytest.raises(SourceUnavailable, match="early"):
            read(body)
        assert len(server.requests) == QUICK.attempts


def test_attempts_are_counted_anew_after_every_byte() -> None:
    """Two failures, some bytes, two failures, the rest: never three in a row."""
    busy = Reply(answer(503))
    some = cut_after(1000, Then.CLOSE)
    with ranged(in_turn(busy, busy, some, busy, some, busy, rest=serving(CONTENT))) as (body, _):
        body.open()
        assert read(body) == CONTENT


def test_a_source_that_stays_busy_is_asked_so_often() -> None:
    """No more attempts than the policy says, for the opening too."""
    with ranged(in_turn(rest=Reply(answer(503)))) as (body, server):
        with pytest.raises(SourceUnavailable, match="503"):
            body.open()
        assert len(server.requests) == QUICK.attempts


def test_a_source_that_changes_in_the_middle_is_noticed() -> None:
    """The rest of another file never follows the beginning of this one."""
    changed = Reply(part_of(CONTENT + b"more", ByteRange(1000, SIZE)))
    with ranged(in_turn(cut_after(1000, Then.CLOSE), changed)) as (body, server):
        body.open()
        with pytest.raises(SourceChanged):
            read(body)
        assert len(server.requests) == 2


def test_a_server_that_forgets_ranges_in_the_middle_is_noticed() -> None:
    """The whole file never passes for its rest."""
    forgotten = Reply(answer(200, CONTENT))
    with ranged(in_turn(cut_after(1000, Then.CLOSE), forgotten)) as (body, _):
        body.open()
        with pytest.raises(RangeNotHonoured):
            read(body)


def test_a_reply_longer_than_the_range_is_read_to_the_end_of_the_range() -> None:
    """What a server adds belongs to no part."""
    longer = Reply(part_of(CONTENT, ByteRange(10, 500)))
    with ranged(in_turn(longer), ByteRange(10, 100)) as (body, _):
        body.open()
        assert read(body) == CONTENT[10:100]


def test_a_stop_ends_the_reading() -> None:
    """At the next look, whatever could still be read."""
    stop = Stop()
    with ranged(serving(CONTENT), stop=stop) as (body, _):
        body.open()
        read(body, 10)
        stop.set()
        with pytest.raises(OutOfTime):
            read(body, 10)


def test_the_deadline_ends_the_reading() -> None:
    """Also of a source that would go on for ever."""
    with ranged(serving(CONTENT), deadline=time.monotonic() - 1) as (body, server):
        with pytest.raises(OutOfTime):
            body.open()
        assert server.requests == []


def test_a_whole_source_is_read_to_its_end() -> None:
    """Which its reply says."""
    with whole(serving(CONTENT)) as body:
        assert read(body, 1000) + read(body) == CONTENT
        assert read(body) == b""


@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
def test_a_whole_source_that_ends_early_is_an_error(then: Then) -> None:
    """It cannot be asked for the rest; a short body in good order is the common case."""
    cut = Reply(answer(200, CONTENT[:1000], length=SIZE), then)
    with whole(in_turn(cut)) as body, pytest.raises(SourceUnavailable):
        read(body)


def test_what_comes_after_a_whole_source_is_none_of_it() -> None:
    """A reply ends where its length says."""
    with whole(in_turn(Reply(answer(200, CONTENT, length=SIZE - 1), Then.CLOSE))) as body:
        assert read(body) == CONTENT[:-1]


def test_a_source_of_unknown_length_in_pieces_ends_only_where_it_says() -> None:
    """Without its last, empty piece it broke off, even if the connection ended in good order."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for tail, complete in ((b"0\r\n\r\n", True), (b"", False)):
        with whole(in_turn(Reply(head + b"5\r\nbytes\r\n" + tail, Then.CLOSE))) as body:
            if complete:
                assert read(body) == b"bytes"
            else:
                with pytest.raises(SourceUnavailable):
                    read(body)
