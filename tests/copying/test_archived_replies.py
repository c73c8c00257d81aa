"""Replies of archived objects: refused before a byte of them is copied."""

from __future__ import annotations

import time

import pytest

from ossferry.byte_range import ByteRange
from ossferry.copying.copy_job import SourceRef
from ossferry.copying.reader import SourceReader
from ossferry.errors import SourceArchived, SourceRefused
from ossferry.urls import Url
from tests.peers.loopback import GUARD
from tests.peers.scripted import Reply, answer, in_turn, scripted

FROZEN = b"<Error><Code>InvalidObjectState</Code></Error>"
XML = "application/xml"
UNDER_WAY = {"x-oss-storage-class": "Archive", "x-oss-restore": 'ongoing-request="true"'}
READY = 'ongoing-request="false", expiry-date="Fri, 15 Jan 2027 08:00:00 GMT"'


def _asked(*replies: bytes | Reply, unpaid: bool = True) -> bytes:
    """What is read of it."""
    each = [reply if isinstance(reply, Reply) else Reply(reply) for reply in replies]
    with scripted(in_turn(*each)) as server:
        reader = SourceReader(SourceRef(Url(f"{server.url}/k?secret=1"), unpaid=unpaid), GUARD)
        try:
            reader.open(ByteRange(0, 1))
            byte = bytearray(1)
            return bytes(byte[: reader.readinto(memoryview(byte))])
        finally:
            reader.close()


def _part(headers: dict[str, str]) -> bytes:
    head, _, body = answer(206, b"x", Content_Range="bytes 0-0/1").partition(b"\r\n\r\n")
    more = "".join(f"\r\n{name}: {text}" for name, text in headers.items())
    return head + more.encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize("framing", [{}, {"Transfer-Encoding": "chunked"}])
def test_a_refusal_is_known_by_its_code(framing: dict[str, str]) -> None:
    """With a length, as OSS says it, or in chunks, as S3 does; the query is not shown."""
    body = FROZEN
    if framing:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(FROZEN), FROZEN)
        head = b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\n"
        text = head + b"Transfer-Encoding: chunked\r\n\r\n" + body
    else:
        text = answer(403, body, Content_Type=XML)
    with pytest.raises(SourceArchived, match="cannot be restored through its URL") as caught:
        _asked(text)
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "refusal",
    [
        answer(403, b"<Error><Code>AccessDenied</Code></Error>", Content_Type=XML),
        answer(403, FROZEN, Content_Type="text/html"),
        answer(403, b" " * 5000 + FROZEN, Content_Type=XML),
    ],
    ids=["another code", "no document", "too long"],
)
def test_other_refusals_stay_what_they_are(refusal: bytes) -> None:
    """Whatever they say."""
    with pytest.raises(SourceRefused) as caught:
        _asked(refusal)
    assert type(caught.value) is SourceRefused


def test_a_refusal_that_never_ends_is_not_waited_for() -> None:
    """What it says at once is what counts."""
    head = answer(403, length=100, Content_Type=XML)
    began = time.monotonic()
    with pytest.raises(SourceRefused) as caught:
        _asked(head + b"<Error>")
    assert type(caught.value) is SourceRefused
    assert time.monotonic() - began < 9


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"x-oss-storage-class": "Archive"}, "is not restored"),
        (UNDER_WAY, "a restore of it is under way"),
        (
            {
                "x-oss-storage-class": "Archive",
                "x-oss-restore": READY,
                "Date": "Fri, 15 Jan 2027 08:00:00 GMT",
            },
            "is not restored, or not any more",
        ),
    ],
)
def test_what_would_be_paid_for_is_not_read(headers: dict[str, str], told: str) -> None:
    """Unless that is allowed."""
    with pytest.raises(SourceArchived, match=told) as caught:
        _asked(_part(headers))
    assert "secret" not in caught.value.message
    assert _asked(_part(headers), unpaid=False) == b"x"


@pytest.mark.parametrize(
    "headers",
    [
        {"x-oss-storage-class": "Standard"},
        {},
        {
            "x-oss-storage-class": "Archive",
            "x-oss-restore": READY,
            "Date": "Fri, 15 Jan 2027 07:59:59 GMT",
        },
    ],
)
def test_what_costs_nothing_more_is_read(headers: dict[str, str]) -> None:
    """Other classes, other servers, and restored objects."""
    assert _asked(_part(headers)) == b"x"
