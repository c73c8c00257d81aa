"""The coordinator's own streams between real sockets: kept while there is work, and gone after."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue

import pytest

from ossferry.copying import stream as stream_module
from ossferry.copying.copy_job import CopyResult, PartJob
from ossferry.copying.streams import Copying, Streams
from ossferry.crc64 import crc64
from ossferry.errors import InternalError, SourceGone, Stopped
from tests.peers.loopback import CONTENT, GUARD, part, soon, source
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

HALF = len(CONTENT) // 2
PATIENCE = 20  # seconds that no test waits unless something hangs


class Clock:
    """``time.monotonic``, and what a test adds."""

    def __init__(self) -> None:
        self.more = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.more


class Between:
    """Streams between two servers, and what came of their parts."""

    def __init__(self, origin: Scripted, target: Scripted, most: int) -> None:
        self.source, self.target = origin, target
        self.clock = Clock()
        self.news = SimpleQueue[CopyResult]()
        self.streams = Streams(source(origin.url), GUARD, soon(), most, self.clock)

    def part(self, number: int = 1) -> PartJob:
        start = (number - 1) % 2 * HALF
        return part(self.target.url, start, start + HALF, number)

    def copy(self, number: int = 1) -> Copying:
        return self.streams.copy(self.part(number), self.news.put)

    def result(self) -> CopyResult:
        return self.news.get(timeout=PATIENCE)


@contextmanager
def between(
    source_script: Script, target_script: Script = storing, most: int = 4
) -> Iterator[Between]:
    with scripted(source_script) as origin, scripted(target_script) as target:
        way = Between(origin, target, most)
        try:
            yield way
        finally:
            way.streams.close()


class Gate:
    """Holds requests until it is opened."""

    def __init__(self) -> None:
        self._came = threading.Semaphore(0)
        self._open = threading.Event()

    def wait(self, count: int = 1) -> None:
        """Until so many are held."""
        for _ in range(count):
            assert self._came.acquire(timeout=PATIENCE)

    def open(self) -> None:
        self._open.set()

    def hold(self) -> None:
        self._came.release()
        self._open.wait(PATIENCE)

    def before(self, script: Script) -> Script:
        def held(request: Request) -> Reply:
            self.hold()
            return script(request)

        return held


def sockets() -> int:
    found = 0
    for name in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):
            found += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
    return found


def eventually(so: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if so():
            return True
        threading.Event().wait(0.01)
    return so()


def connections(server: Scripted) -> list[int]:
    return [request.connection for request in server.requests]


def test_a_part_arrives_with_its_checksum() -> None:
    """And what came of it is told once."""
    with between(serving(CONTENT)) as way:
        copying = way.copy()
        result = way.result()
        assert result.error is None
        (copied,) = result.parts
        assert (copied.number, copied.size, copied.crc64) == (1, HALF, crc64(CONTENT[:HALF]))
        assert copying.sent == HALF
    assert way.news.empty()


def test_connections_are_kept_for_the_next_part() -> None:
    """On both sides; one after another needs one of each."""
    with between(serving(CONTENT)) as way:
        for number in (1, 2, 3):
            way.copy(number)
            assert way.result().error is None
    assert connections(way.source) == connections(way.target) == [1, 1, 1]


def test_parts_at_once_have_connections_of_their_own_up_to_the_most() -> None:
    """Who is beyond it waits."""
    gate = Gate()
    with between(gate.before(serving(CONTENT)), most=2) as way:
        for number in (1, 2, 3, 4):
            way.copy(number)
        gate.wait(2)
        assert sorted(connections(way.source)) == [1, 2]
        gate.open()
        numbers = sorted(way.result().parts[0].number for _ in range(4))
    assert numbers == [1, 2, 3, 4]
    assert set(connections(way.source)) == set(connections(way.target)) == {1, 2}


def test_who_has_nothing_to_do_for_two_seconds_closes_its_connections() -> None:
    """When another one is through; those that were needed until now stay."""
    gate = Gate()
    with between(gate.before(serving(CONTENT))) as way:
        before = sockets()
        way.copy(1)
        way.copy(2)
        gate.wait(2)
        gate.open()
        assert [way.result().error for _ in range(2)] == [None, None]
        both = sockets()
        assert both - before == 8  # two streams, two connections each, of which both ends are here
        way.clock.more = 1.0
        way.copy(3)
        assert way.result().error is None
        assert sockets() == both
        way.clock.more = 3.5
        way.copy(4)
        assert way.result().error is None
        assert eventually(lambda: sockets() == before + 4)
    assert set(connections(way.source)) == {1, 2}


def test_nothing_stays_open() -> None:
    """Neither of those that are idle nor of those that failed."""
    before = sockets()
    gone = in_turn(Reply(answer(404)), rest=serving(CONTENT))
    with between(gone) as way:
        for number in (1, 2):
            way.copy(number)
            way.result()
    assert eventually(lambda: sockets() == before)


def test_an_error_is_told_and_ends_its_stream() -> None:
    """The next part has a new one."""
    gone = in_turn(Reply(answer(404)), rest=serving(CONTENT))
    with between(gone) as way:
        way.copy(1)
        result = way.result()
        assert isinstance(result.error, SourceGone)
        assert result.parts == ()
        way.copy(2)
        assert way.result().error is None
    assert connections(way.source) == [1, 2]


def test_what_cannot_even_begin_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without memory for a buffer; and without a text that may quote what is secret."""
    monkeypatch.setattr(stream_module, "LARGE", 1 << 60)
    with between(serving(CONTENT)) as way:
        way.copy()
        error = way.result().error
    assert isinstance(error, InternalError)
    assert error.message in ("a stream failed: OSError", "a stream failed: OverflowError")
    assert way.source.requests == []


def test_hiccups_are_counted_with_the_part_that_had_them() -> None:
    """Streams are kept, and count on."""

    def cut(request: Request) -> Reply:
        assert request.range is not None
        return Reply(part_of(CONTENT, request.range, sent=1000), Then.CLOSE)

    held_back = answer(200, ETag='"e"', x_oss_qos_delay_time="250")
    target = in_turn(Reply(held_back), rest=storing)
    with between(in_turn(cut, rest=serving(CONTENT)), target) as way:
        way.copy(1)
        first = way.result()
        way.copy(2)
        second = way.result()
    assert (first.retried, first.delayed) == (1, 0.25)
    assert (second.retried, second.delayed) == (0, 0.0)


@pytest.mark.parametrize("moment", ["asked", "body", "sent"])
def test_who_is_called_off_ends_at_once_whatever_it_waits_for(moment: str) -> None:
    """It is told as ``Stopped``: neither source nor OSS is to blame. Its stream is not used again,
    and the others go on."""
    gate = Gate()

    def half(request: Request) -> Reply:
        assert request.range is not None
        return Reply(part_of(CONTENT, request.range, sent=1000))  # and nothing more

    def source_script(request: Request) -> Reply:
        if len(way.source.requests) > 1:
            return serving(CONTENT)(request)
        return half(request) if moment == "body" else first(request)

    first = gate.before(serving(CONTENT)) if moment == "asked" else serving(CONTENT)

    def target_script(request: Request) -> Reply:
        if moment == "sent" and len(way.target.requests) == 1:
            _ = request.body
            gate.hold()
        return storing(request)

    with between(source_script, target_script) as way:
        copying = way.copy(1)
        if moment == "body":
            assert eventually(lambda: copying.sent == 1000)
        else:
            gate.wait()
        copying.call_off()
        result = way.result()
        gate.open()
        assert isinstance(result.error, Stopped)
        assert result.parts == ()
        way.copy(2)
        assert way.result().error is None
        assert connections(way.source)[-1] == 2
        assert way.news.empty()


def test_who_is_called_off_before_it_begins_asks_for_nothing() -> None:
    """All threads were busy until then."""
    gate = Gate()
    with between(gate.before(serving(CONTENT)), most=1) as way:
        way.copy(1)
        waiting = way.copy(2)
        gate.wait()
        waiting.call_off()
        gate.open()
        assert way.result().error is None
        result = way.result()
        assert isinstance(result.error, Stopped)
        assert waiting.sent == 0
    assert len(way.source.requests) == len(way.target.requests) == 1


def test_a_call_off_that_comes_too_late_harms_nobody() -> None:
    """The part is done, and the stream may have another one by now."""
    gate = Gate()
    held = in_turn(serving(CONTENT), rest=gate.before(serving(CONTENT)))
    with between(held) as way:
        first = way.copy(1)
        assert way.result().error is None
        way.copy(2)
        gate.wait()
        first.call_off()
        gate.open()
        assert way.result().error is None
    assert connections(way.source) == [1, 1]


def test_closing_ends_all_and_waits_for_them() -> None:
    """Those who copy are told of; those who had not begun never do."""
    gate, before = Gate(), sockets()
    with between(gate.before(serving(CONTENT)), most=2) as way:
        for number in (1, 2, 3):
            way.copy(number)
        gate.wait(2)
        way.streams.close()
        assert [type(way.news.get_nowait().error) for _ in range(2)] == [Stopped, Stopped]
        gate.open()
    assert way.news.empty()
    assert len(way.source.requests) == 2
    assert way.target.requests == []
    assert eventually(lambda: sockets() == before)


def test_a_source_that_is_signed_anew_is_read_by_its_new_url() -> None:
    """From the next part on, over a connection of its own; who is at it already goes on."""
    gate = Gate()
    with between(gate.before(serving(CONTENT))) as way:
        way.copy(1)
        gate.wait()
        way.streams.read_from(source(f"{way.source.url}/?signed=anew"))
        gate.open()
        assert way.result().parts
        way.copy(2)
        assert way.result().parts
        way.copy(3)
        assert way.result().parts
    asked = [request.target for request in way.source.requests]
    assert ["signed=anew" in each for each in asked] == [False, True, True]
    first, second, third = connections(way.source)
    assert first != second == third
