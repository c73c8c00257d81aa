"""Where bodies end, and which statements about that are believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.http.framing import CHUNKED, UNTIL_CLOSE, body_of, size_of_chunk
from ossferry.http.head import Malformed, parse_head


def framing(lines: bytes = b"", status: bytes = b"HTTP/1.1 200 OK") -> int:
    return body_of(parse_head(status + b"\r\n" + lines + b"\r\n\r\n"))


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (b"A: b", UNTIL_CLOSE),
        (b"Content-Length: 0", 0),
        (b"Content-Length: 12", 12),
        (b"content-length:  012 ", 12),
        (b"Transfer-Encoding: chunked", CHUNKED),
        (b"transfer-encoding: Chunked ", CHUNKED),
    ],
)
def test_a_body_ends_where_its_head_says(lines: bytes, found: int) -> None:
    """By its length, by its own framing, or with the connection."""
    assert framing(lines) == found


@pytest.mark.parametrize("status", [b"HTTP/1.1 204 No Content", b"HTTP/1.1 304 Not Modified"])
def test_some_statuses_have_no_body(status: bytes) -> None:
    """Whatever length they state: RFC 9112, section 6.3, point 1."""
    assert framing(b"Content-Length: 5", status) == 0


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: +5",
        b"Content-Length: -5",
        b"Content-Length: 5_0",
        b"Content-Length: 5 5",
        b"Content-Length:",
        b"Content-Length: 5, 5",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 12345678901234567890",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding:",
    ],
)
def test_contradictions_are_malformed(lines: bytes) -> None:
    """Whichever statement is believed, somebody else believes the other."""
    with pytest.raises(Malformed):
        framing(lines)


def test_pieces_are_not_for_http_1_0() -> None:
    """RFC 9112, section 6.1: the framing of such a reply is faulty."""
    with pytest.raises(Malformed):
        framing(b"Transfer-Encoding: chunked", b"HTTP/1.0 200 OK")


@given(st.integers(0, 2**64 - 1), st.sampled_from(["", ";a", ";a=b", ' ;a="b"'[1:], " ", "\t"]))
def test_the_size_of_a_piece_is_read_as_it_was_written(size: int, rest: str) -> None:
    """In hexadecimal, with extensions that nobody needs."""
    assert size_of_chunk(f"{size:x}{rest}\r\n".encode()) == size


@pytest.mark.parametrize(
    "line",
    [
        b"\r\n",
        b"g\r\n",
        b"+5\r\n",
        b"0x5\r\n",
        b"5_0\r\n",
        b" 5\r\n",
        b"5\n",
        b"5 5\r\n",
        b"5;\r\r\n",
        b"1" * 17 + b"\r\n",
    ],
)
def test_what_is_no_size_is_malformed(line: bytes) -> None:
    """Other readers see another size in it."""
    with pytest.raises(Malformed):
        size_of_chunk(line)
