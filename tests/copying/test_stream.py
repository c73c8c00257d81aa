"""One part from a source to a target, through everything that either does on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pytest

from ossferry.byte_range import ByteRange
from ossferry.checksums import BESIDE_CRC64, second
from ossferry.copying.copy_job import CopiedPart
from ossferry.copying.stream import Stream
from ossferry.crc64 import crc64
from ossferry.errors import (
    ChecksumMismatch,
    FerryError,
    OutOfTime,
    PartDamaged,
    SourceBusy,
    SourceGone,
    SourceUnavailable,
    TargetRefused,
    TargetUnavailable,
)
from tests.peers.loopback import CONTENT, GUARD, QUICK, part, soon, source
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

START, STOP = 1000, 900_000
PART = CONTENT[START:STOP]
BUSY = Reply(answer(503, b"<Error><Code>SlowDown</Code></Error>"))


@dataclass
class Between:
    """A stream between two servers."""

    stream: Stream
    source: Scripted
    target: Scripted

    def copy(self, number: int = 1) -> CopiedPart:
        return self.stream.copy(part(self.target.url, START, STOP, number))


@contextmanager
def between(source_script: Script, target_script: Script, checksum: str = "") -> Iterator[Between]:
    with scripted(source_script) as origin, scripted(target_script) as target:
        ref = source(origin.url, checksum=checksum)
        stream = Stream(ref, GUARD, deadline=soon(), policy=QUICK)
        with closing(stream):
            yield Between(stream, origin, target)


def test_a_part_arrives_with_its_checksum() -> None:
    """The checksum is of the bytes on the wire, and OSS's own agrees."""
    with between(serving(CONTENT), storing) as way:
        copied = way.copy()
    assert copied == CopiedPart(1, len(PART), str(len(PART)), crc64(PART), confirmed=True)
    assert [request.body for request in way.target.requests] == [PART]
    assert (way.stream.sent, way.stream.retried) == (len(PART), 0)


def test_parts_share_both_connections() -> None:
    """A stream connects once on each side."""
    with between(serving(CONTENT), storing) as way:
        for number in (1, 2, 3):
            way.copy(number)
    for server in (way.source, way.target):
        assert [request.connection for request in server.requests] == [1, 1, 1]


def test_a_part_without_oss_checksum_is_unconfirmed() -> None:
    """It is copied; the reply will not claim more than was proven."""
    with between(serving(CONTENT), in_turn(Reply(answer(200, ETag='"e"')))) as way:
        assert not way.copy().confirmed


def test_a_connection_that_lags_is_given_up_for_another_once() -> None:
    """In the middle of a part; what it had not brought is asked for again."""
    with between(serving(CONTENT), storing) as way:
        way.stream.copy(part(way.target.url, START, STOP), lambda: True)
    assert [request.connection for request in way.source.requests] == [1, 2]
    first, second = (request.range for request in way.source.requests)
    assert first is not None
    assert second is not None
    assert (first.start, first.stop) == (START, STOP)
    assert START < second.start < second.stop == STOP
    assert [request.body for request in way.target.requests] == [PART]


def test_a_source_that_breaks_off_does_not_cost_the_put() -> None:
    """It is opened again where it stopped; the target sees one PUT, and all its bytes."""

    def cut(request: Request) -> Reply:
        assert request.range is not None
        return Reply(part_of(CONTENT, request.range, sent=300_000), Then.CLOSE)

    with between(cut, storing) as way:
        assert way.copy().crc64 == crc64(PART)
        assert way.stream.retried == 2
    assert [request.body for request in way.target.requests] == [PART]


@pytest.mark.parametrize(
    "hiccup", [BUSY, Reply(b"", Then.RESET), Reply(b"", Then.CLOSE), Reply(answer(502), Then.CLOSE)]
)
def test_a_target_that_hiccups_gets_the_part_again(hiccup: Reply) -> None:
    """From its first byte."""
    with between(serving(CONTENT), in_turn(hiccup, rest=storing)) as way:
        assert way.copy().confirmed
        assert way.stream.retried == 1
    assert way.target.requests[-1].body == PART


def test_a_part_that_arrived_damaged_is_sent_again() -> None:
    """OSS says which checksum it stored; another one is not what was sent."""
    damaged = Reply(answer(200, ETag='"e"', x_oss_hash_crc64ecma="1"))
    with between(serving(CONTENT), in_turn(damaged, rest=storing)) as way:
        assert way.copy().confirmed
    assert len(way.target.requests) == 2


def test_a_part_that_is_always_damaged_is_a_final_mismatch() -> None:
    """No other child would fare better, so nobody tries again."""
    damaged = Reply(answer(200, ETag='"e"', x_oss_hash_crc64ecma="1"))
    with between(serving(CONTENT), in_turn(rest=damaged)) as way:
        with pytest.raises(ChecksumMismatch, match="part 1") as raised:
            way.copy()
        assert len(way.target.requests) == QUICK.attempts
    assert not isinstance(raised.value, PartDamaged)
    assert not raised.value.retryable


@pytest.mark.parametrize("checksum", BESIDE_CRC64)
def test_a_second_checksum_is_of_the_same_bytes(checksum: str) -> None:
    """Also where the source breaks off and goes on, and the part is sent again from its start."""

    def cut(request: Request) -> Reply:
        assert request.range is not None
        return Reply(part_of(CONTENT, request.range, sent=300_000), Then.CLOSE)

    damaged = Reply(answer(200, ETag='"e"', x_oss_hash_crc64ecma="1"))
    with between(cut, in_turn(BUSY, damaged, rest=storing), checksum) as way:
        found = [way.copy(number) for number in (1, 2)]
        assert way.stream.retried > 2
    assert {(each.check, each.checksum) for each in found} == {
        (second(checksum)(PART, 0), checksum)
    }
    assert {each.crc64 for each in found} == {crc64(PART)}


def test_without_a_second_checksum_a_part_has_none() -> None:
    """A source that tells none."""
    with between(serving(CONTENT), storing) as way:
        assert way.copy()[5:] == (0, "")


def test_a_target_that_stays_busy_gets_so_many_attempts() -> None:
    """As many as the policy says."""
    with between(serving(CONTENT), in_turn(rest=BUSY)) as way:
        with pytest.raises(TargetUnavailable):
            way.copy()
        assert len(way.target.requests) == QUICK.attempts


def test_a_source_that_keeps_failing_gets_so_many_attempts() -> None:
    """The layers do not multiply: reading has its attempts, and sending adds none to them."""
    with between(in_turn(rest=Reply(answer(500))), storing) as way:
        with pytest.raises(SourceUnavailable):
            way.copy()
        assert len(way.source.requests) == QUICK.attempts
    assert way.target.requests == []


REFUSED = [BUSY, Reply(b"", Then.RESET), Reply(b"", Then.CLOSE)]


@pytest.mark.parametrize("refused", REFUSED)
def test_a_source_that_is_busy_is_not_asked_again(refused: Reply) -> None:
    """Another stream may be what keeps it busy, which whoever gives out parts can tell."""
    with between(in_turn(rest=refused), storing) as way:
        with pytest.raises(SourceBusy):
            way.copy()
        assert len(way.source.requests) == 1
    assert way.target.requests == []


@pytest.mark.parametrize("refused", REFUSED)
def test_a_source_that_is_busy_in_the_middle_of_a_part_is_waited_for(refused: Reply) -> None:
    """What has been sent would be lost."""
    cut = Reply(part_of(CONTENT, ByteRange(START, STOP), sent=300_000), Then.CLOSE)
    with between(in_turn(cut, refused, rest=serving(CONTENT)), storing) as way:
        assert way.copy().crc64 == crc64(PART)
    assert [request.body for request in way.target.requests] == [PART]


@pytest.mark.parametrize(
    ("source_script", "target_script", "error"),
    [
        (in_turn(rest=Reply(answer(404))), storing, SourceGone),
        (serving(CONTENT), in_turn(rest=Reply(answer(403))), TargetRefused),
    ],
)
def test_refusals_are_final(
    source_script: Script, target_script: Script, error: type[FerryError]
) -> None:
    """Asked once, on whichever side; a source that refuses costs the target nothing."""
    with between(source_script, target_script) as way:
        with pytest.raises(error):
            way.copy()
        assert len(way.target.requests) == (error is TargetRefused)


def test_a_stream_is_as_good_as_new_after_an_error() -> None:
    """Neither connection keeps anything of the part that failed."""
    with between(serving(CONTENT), in_turn(Reply(answer(403)), rest=storing)) as way:
        with pytest.raises(TargetRefused):
            way.copy(1)
        assert way.copy(2).crc64 == crc64(PART)


@pytest.mark.parametrize("silent", ["source", "target"])
def test_a_stream_that_waits_for_a_silent_server_can_be_called_off(silent: str) -> None:
    """At once, from another thread, long before the connection counts as broken."""
    asked, over = threading.Event(), threading.Event()

    def silence(request: Request) -> Reply:
        _ = request.body
        asked.set()
        over.wait(60)
        return Reply(b"", Then.CLOSE)

    scripts = (silence, storing) if silent == "source" else (serving(CONTENT), silence)
    errors: list[BaseException] = []
    with between(*scripts) as way:

        def run() -> None:
            try:
                way.copy()
            except FerryError as error:
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        assert asked.wait(10)
        way.stream.call_off()
        thread.join(10)
        over.set()
        assert not thread.is_alive()
    assert len(errors) == 1
    assert way.stream.retried == 0, "nobody sent anything again"


def test_a_stream_that_was_called_off_copies_no_more() -> None:
    """Whatever it is given, it asks nobody for anything."""
    with between(serving(CONTENT), storing) as way:
        way.stream.call_off()
        with pytest.raises(OutOfTime):
            way.copy()
    assert way.source.requests == way.target.requests == []
