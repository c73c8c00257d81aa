"""What a probe learns of a source, and what it refuses to believe."""

from __future__ import annotations

import pytest

from ossferry.byte_range import ByteRange
from ossferry.copying.copy_job import Pin, SourceRef
from ossferry.errors import (
    FerryError,
    RangeNotHonoured,
    SourceGone,
    SourceRefused,
    SourceUnavailable,
)
from ossferry.source.checks import Check
from ossferry.source.probe import Source, probe
from ossferry.urls import Url
from tests.peers.loopback import CONTENT, GUARD
from tests.peers.scripted import Reply, Script, Then, answer, in_turn, part_of, scripted
from tests.source.sources import source


def probed(script: Script) -> Source:
    with scripted(script) as server:
        return probe(SourceRef(Url(server.url + "/x")), GUARD)


def test_a_source_is_probed_by_its_first_byte() -> None:
    """One request tells size, identity, splitting, and the headers that the object will have."""
    raw = part_of(
        CONTENT,
        ByteRange(0, 1),
        ETag='W/"tag"',
        Last_Modified="then",
        Content_Type="a/b",
        Expires="0",
        x_oss_hash_crc64ecma="7",
    )
    found = probed(in_turn(Reply(raw)))
    assert found.ref.pin == Pin(len(CONTENT), "tag", "then")
    assert found.splittable
    assert found.headers == {"Content-Type": "a/b"}
    assert found.crc64 == 7


def test_a_probe_learns_which_checksums_the_source_tells() -> None:
    """Of the whole, though one byte was asked for; and what is to be computed to compare them."""
    raw = part_of(CONTENT, ByteRange(0, 1), ETag='"tag"', x_goog_hash="crc32c=AAAABw==,md5=eA==")
    found = probed(in_turn(Reply(raw)))
    assert found.checks == (Check("crc32c", 7),)
    assert (found.crc64, found.checksum) == (None, "crc32c")


def test_what_is_computed_is_what_can_be_compared() -> None:
    """One of those that the source tells; nothing if its CRC64 is known, which is computed anyway.
    Only whoever copies is asked for it."""
    both = Check("crc32c", 7), Check("crc64nvme", 9)
    assert source(checks=both).checksum == source(checks=both).to_copy.checksum == "crc64nvme"
    assert source(checks=both).ref.checksum == ""
    assert source(checks=both[:1]).to_copy == source().ref._replace(checksum="crc32c")
    assert source(crc64=7, checks=both).checksum == source().checksum == ""


@pytest.mark.parametrize(
    ("raw", "size", "splittable"),
    [
        (answer(200, b"whole"), 5, False),
        (answer(200, b"w", Content_Range="bytes 0-0/5", ETag="t"), 5, True),
        (answer(206, b"w", Content_Range="bytes 0-0/*", ETag="t"), None, False),
        (answer(206, b"w", Content_Range="bytes 1-1/5", ETag="t"), 5, False),
        (answer(206, b"whole", Content_Range="bytes 0-4/5", Last_Modified="then"), 5, True),
        (answer(206, b"whole", Content_Range="bytes 0-4/5"), 5, False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", None, False),
        (b"HTTP/1.0 200 OK\r\n\r\nwhole", None, False),
        (answer(200, b""), 0, False),
        (answer(200, b"w", x_oss_hash_crc64ecma="9" * 5000), 1, False),
    ],
)
def test_a_probe_believes_only_what_the_reply_says_of_itself(
    raw: bytes, size: int | None, splittable: bool
) -> None:
    """A source can be split if the server said which byte it gave of how many, and of what."""
    found = probed(in_turn(Reply(raw, Then.CLOSE)))
    assert (found.size, found.splittable) == (size, splittable)
    assert found.crc64 is None


@pytest.mark.parametrize("whole", [b"", b"not empty"])
def test_that_a_source_is_empty_is_not_believed_of_a_refusal(whole: bytes) -> None:
    """Some servers say so of what has content; the whole tells, and costs nothing if it is true."""
    nothing = Reply(answer(416, Content_Range="bytes */0"))
    with scripted(in_turn(nothing, Reply(answer(200, whole)))) as server:
        found = probe(SourceRef(Url(server.url)), GUARD)
    assert found.size == len(whole)


@pytest.mark.parametrize("status", [400, 401, 403, 405, 416, 501])
def test_a_source_that_refuses_the_range_is_asked_for_the_whole(status: int) -> None:
    """A signature may cover Range; a server may not know it. One plain GET tells."""
    with scripted(in_turn(Reply(answer(status)), Reply(answer(200, b"whole")))) as server:
        found = probe(SourceRef(Url(server.url)), GUARD)
    assert (found.size, found.splittable) == (5, False)
    assert server.ranges == ["bytes=0-0", None]


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, SourceGone), (403, SourceRefused), (500, SourceUnavailable), (204, SourceRefused)],
)
def test_a_source_that_cannot_be_had_is_an_error(status: int, error: type[FerryError]) -> None:
    """With the query of its URL left out of the message."""
    with scripted(in_turn(rest=Reply(answer(status)))) as server, pytest.raises(error) as raised:
        probe(SourceRef(Url(f"{server.url}/x?sig=C4n4ry")), GUARD)
    assert "C4n4ry" not in str(raised.value)


def test_a_part_that_does_not_say_which_is_no_probe() -> None:
    """206 without Content-Range could be any byte, and so could a second one."""
    with pytest.raises(RangeNotHonoured):
        probed(in_turn(rest=Reply(answer(206, b"w"))))


def test_a_server_that_does_not_say_which_part_is_asked_for_the_whole() -> None:
    """Without a range it may give a length that can be believed."""
    found = probed(in_turn(Reply(answer(206, b"w")), Reply(answer(200, b"whole", ETag="t"))))
    assert (found.size, found.splittable) == (5, False)
