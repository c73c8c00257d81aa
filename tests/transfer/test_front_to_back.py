"""One pass over a source: held where it fits, flowing where it does not, complete or an error."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import repeat

import pytest

from ossferry.byte_range import KIB
from ossferry.checksums import BESIDE_CRC64, second
from ossferry.copying.body import WholeBody
from ossferry.copying.reader import SourceReader
from ossferry.crc64 import combine_all, crc64
from ossferry.errors import (
    ChecksumMismatch,
    SourceUnavailable,
    TargetRefused,
    TargetUnavailable,
)
from ossferry.source.checks import Check
from ossferry.stop import Stop
from ossferry.transfer.front_to_back import HELD_AT_MOST, FrontToBack
from ossferry.urls import Url
from tests.peers.loopback import CONTENT, GUARD, QUICK, soon, source
from tests.peers.scripted import (
    Reply,
    Script,
    Scripted,
    Then,
    answer,
    in_turn,
    scripted,
    serving,
    storing,
)

PART = 300 * KIB
BUSY = Reply(answer(503))
BIG = CONTENT * 40  # more than is ever held


def in_pieces(content: bytes, complete: bool = True) -> Reply:
    """A reply whose length nobody knows before its end."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    tail = b"0\r\n\r\n" if complete else b""
    body = b"%x\r\n%b\r\n" % (len(content), content) if content else b""
    return Reply(head + body + tail, Then.CLOSE)


@contextmanager
def copying(
    script: Script | Reply,
    target_script: Script,
    *,
    sizes: Iterator[int],
    size: int | None,
    with_md5: bool = False,
    checksum: str = "",
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[tuple[FrontToBack, Scripted]]:
    origin_script = in_turn(script) if isinstance(script, Reply) else script
    with scripted(origin_script) as origin, scripted(target_script) as target:
        reader = SourceReader(source(origin.url), GUARD)
        reader.open_whole()
        body = WholeBody(reader, soon(), Stop())
        copy = FrontToBack(
            body,
            sizes,
            size,
            deadline=soon(),
            sleep=sleep,
            with_md5=with_md5,
            checksum=checksum,
            policy=QUICK,
        )
        with closing(reader), closing(copy):
            yield copy, target


def copy_all(copy: FrontToBack, target: Scripted) -> None:
    copy.begin()
    list(copy.parts(lambda _: part_url(target)))


def part_url(target: Scripted) -> Url:
    return Url(f"{target.url}/part")


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART])
def test_what_one_part_holds_is_put_at_once(size: int) -> None:
    """With the headers of the object, and the checksums of what was read."""
    content = CONTENT[:size]
    with copying(serving(content), storing, sizes=iter([PART]), size=size, with_md5=True) as (
        copy,
        target,
    ):
        assert copy.begin()
        part = copy.put(part_url(target), {"Content-Type": "a/b"})
        assert (part.size, part.crc64, part.confirmed) == (size, crc64(content), True)
        assert (copy.size, copy.crc64) == (size, crc64(content))
        assert copy.md5 == hashlib.md5(content, usedforsecurity=False).hexdigest()
    (request,) = target.requests
    assert request.body == content
    assert request.headers["content-type"] == "a/b"


@pytest.mark.parametrize("checksum", BESIDE_CRC64)
@pytest.mark.parametrize("part_size", [PART, HELD_AT_MOST + 1], ids=["held", "flowing"])
@pytest.mark.parametrize("content", [b"", CONTENT, BIG], ids=["empty", "small", "large"])
def test_a_second_checksum_is_of_all_that_was_read(
    checksum: str, part_size: int, content: bytes
) -> None:
    """Each byte once, however it goes on its way, and whatever is sent again."""
    target_script = in_turn(rest=storing) if part_size > PART else in_turn(BUSY, rest=storing)
    sizes, size = repeat(part_size), len(content)
    with copying(serving(content), target_script, sizes=sizes, size=size, checksum=checksum) as (
        copy,
        target,
    ):
        copy_all(copy, target)
        assert copy.check == Check(checksum, second(checksum)(content, 0))


def test_without_a_second_checksum_there_is_none_to_compare() -> None:
    """A source that tells none."""
    with copying(serving(b"x"), storing, sizes=iter([1]), size=1) as (copy, target):
        copy_all(copy, target)
        assert copy.check is None


def test_an_object_held_in_memory_is_sent_again_after_a_hiccup() -> None:
    """The source, which could not be read again, is not asked."""
    with copying(
        in_pieces(CONTENT), in_turn(BUSY, BUSY, rest=storing), sizes=repeat(4 * PART), size=None
    ) as (copy, target):
        assert copy.begin()
        assert copy.put(part_url(target), {}).confirmed
        assert [request.body for request in target.requests] == [CONTENT] * 3


def test_whoever_may_be_stopped_gives_the_sleep_between_attempts() -> None:
    """One that a stop ends."""
    waits: list[float] = []
    with copying(
        serving(b"x"), in_turn(BUSY, rest=storing), sizes=iter([1]), size=1, sleep=waits.append
    ) as (copy, target):
        copy.begin()
        copy.put(part_url(target), {})
    assert len(waits) == 1


@pytest.mark.parametrize("length", [PART, PART + 1, 2 * PART - 1, 2 * PART, 2 * PART + 1])
@pytest.mark.parametrize("known", [True, False])
def test_parts_tile_the_source(length: int, known: bool) -> None:
    """Whether or not its length was known; only the last part may be smaller."""
    content = CONTENT[:length]
    script: Script | Reply = serving(content) if known else in_pieces(content)
    sizes = iter([PART, PART, 1]) if known else repeat(PART)
    with copying(script, storing, sizes=sizes, size=length if known else None) as (copy, target):
        whole = copy.begin()
        parts = [] if whole else list(copy.parts(lambda _: part_url(target)))
        if whole:
            copy.put(part_url(target), {})
        sent = [request.body for request in target.requests]
    assert b"".join(sent) == content
    assert [len(piece) for piece in sent[:-1]] == [PART] * (len(sent) - 1)
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    if parts:
        assert combine_all((part.crc64, part.size) for part in parts) == copy.crc64
    assert copy.crc64 == crc64(content)


def test_each_part_goes_to_its_own_url() -> None:
    """Signed by number."""
    with copying(serving(CONTENT), storing, sizes=repeat(PART), size=len(CONTENT)) as (
        copy,
        target,
    ):
        assert not copy.begin()
        list(copy.parts(lambda number: Url(f"{target.url}/{number}")))
        assert [request.target for request in target.requests] == ["/1", "/2", "/3", "/4"]


@pytest.mark.parametrize("known", [True, False])
def test_a_part_too_large_to_hold_flows_through(known: bool) -> None:
    """With its length where it is known, else in HTTP's own framing; memory stays small."""
    script: Script | Reply = serving(BIG) if known else in_pieces(BIG)
    sizes = repeat(HELD_AT_MOST + 1)
    with copying(script, storing, sizes=sizes, size=len(BIG) if known else None) as (copy, target):
        assert not copy.begin()
        parts = list(copy.parts(lambda _: part_url(target)))
        assert [part.size for part in parts] == [HELD_AT_MOST + 1, len(BIG) - HELD_AT_MOST - 1]
        assert b"".join(request.body for request in target.requests) == BIG
        assert len(copy._memory) < HELD_AT_MOST


def test_a_flowing_part_is_not_sent_again() -> None:
    """Its bytes are gone; whoever can read the source again decides what to do."""
    with copying(
        serving(BIG), in_turn(rest=BUSY), sizes=repeat(HELD_AT_MOST + 1), size=len(BIG)
    ) as (copy, target):
        copy.begin()
        with pytest.raises(TargetUnavailable):
            list(copy.parts(lambda _: part_url(target)))
        assert len(target.requests) == 1


@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
def test_a_source_that_ends_early_is_an_error(then: Then) -> None:
    """Half a source never passes for a small one."""
    cut = Reply(answer(200, CONTENT[:PART], length=len(CONTENT)), then)
    with (
        copying(cut, storing, sizes=repeat(PART // 2), size=len(CONTENT)) as way,
        pytest.raises(SourceUnavailable),
    ):
        copy_all(*way)


def test_a_source_of_unknown_length_that_breaks_off_is_an_error() -> None:
    """Its framing says that there was more."""
    with (
        copying(in_pieces(CONTENT, complete=False), storing, sizes=repeat(PART), size=None) as way,
        pytest.raises(SourceUnavailable),
    ):
        copy_all(*way)


def test_a_source_longer_than_all_parts_is_refused() -> None:
    """The message says what to give; nothing is cut off silently."""
    with copying(in_pieces(CONTENT), storing, sizes=iter([PART, PART]), size=None) as (
        copy,
        target,
    ):
        copy.begin()
        with pytest.raises(TargetRefused, match="larger part_size"):
            list(copy.parts(lambda _: part_url(target)))


def test_a_source_that_fills_all_parts_exactly_is_fine() -> None:
    """The end is looked for, not assumed."""
    content = CONTENT[: 2 * PART]
    with copying(in_pieces(content), storing, sizes=iter([PART, PART]), size=None) as (
        copy,
        target,
    ):
        copy.begin()
        assert len(list(copy.parts(lambda _: part_url(target)))) == 2


def test_what_always_arrives_damaged_is_a_mismatch() -> None:
    """Final, because the bytes were sent as often as the policy says."""
    damaged = Reply(answer(200, ETag='"e"', x_oss_hash_crc64ecma="1"))
    with copying(serving(b"x"), in_turn(rest=damaged), sizes=iter([1]), size=1) as (copy, target):
        copy.begin()
        with pytest.raises(ChecksumMismatch):
            copy.put(part_url(target), {})
        assert len(target.requests) == QUICK.attempts
