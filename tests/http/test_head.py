"""Heads of replies: what is one, where it ends, and what its fields are."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.http.head import Headers, Malformed, end_of_head, parse_field, parse_head

OK = b"HTTP/1.1 200 OK\r\n"
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
VALUES = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=30
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=150), st.booleans())
def test_a_head_is_read_as_it_was_written(fields: list[tuple[str, str]], bare: bool) -> None:
    """Every field, in Latin-1, with either end of line; several of one name are joined."""
    end = "\n" if bare else "\r\n"
    text = end.join(["HTTP/1.1 200 OK", *(f"{n}: {v}" for n, v in fields)]) + end * 2
    head = parse_head(text.encode("latin-1"))
    for name, _ in fields:
        expected = [value for other, value in fields if other.lower() == name.lower()]
        assert head.headers.get(name.upper()) == ", ".join(expected)


@given(st.binary(max_size=60))
def test_anything_is_a_head_or_malformed(text: bytes) -> None:
    """Nothing else is raised, whatever a server sends."""
    with contextlib.suppress(Malformed):
        assert 100 <= parse_head(text).status < 1000


@pytest.mark.parametrize(
    ("received", "end"),
    [
        (b"", 0),
        (OK, 0),
        (OK + b"\r", 0),
        (OK + b"\r\n", len(OK) + 2),
        (OK + b"A: b\r\n\r\nbody\r\n\r\n", len(OK) + 8),
        (b"HTTP/1.1 200\n\nbody", 14),
        (b"HTTP/1.1 200\r\n\nbody", 15),
    ],
)
def test_a_head_ends_at_the_first_empty_line(received: bytes, end: int) -> None:
    """What follows is body, also if it looks like a head."""
    assert end_of_head(received) == end
    for since in range(len(received)):
        if not end_of_head(received[:since]):
            assert end_of_head(received, since) == end


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        (b"A: b", "b"),
        (b"a:b", "b"),
        (b"A: \t b c \t", "b c"),
        (b"A:", ""),
        (b"A: b\r\n  c", "b c"),
        (b"A: b  \r\n\tc\r\n d", "b c d"),
        (b"A: b\r\nA: c", "b, c"),
        (b"A: \xe9", "\xe9"),
    ],
)
def test_a_value_is_without_blanks_around_it_and_without_folds(lines: bytes, value: str) -> None:
    """RFC 9112, sections 5.1 and 5.2."""
    assert parse_head(OK + lines + b"\r\n\r\n").headers.get("a") == value


@pytest.mark.parametrize(
    "text",
    [
        OK + b" folded\r\n\r\n",
        OK + b"no colon\r\n\r\n",
        OK + b"A : b\r\n\r\n",
        OK + b": b\r\n\r\n",
        OK + b"A: b\rc: d\r\n\r\n",
        OK + b"A: b\0\r\n\r\n",
        OK + b"A: \x0bb\r\n\r\n",
        OK + "Ä: b\r\n\r\n".encode(),
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1  200 OK\r\n\r\n",
        b"http/1.1 200 OK\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"\r\nHTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_what_two_readers_may_see_differently_is_malformed(text: bytes) -> None:
    """Skipping such a line is how a body gets another length."""
    with pytest.raises(Malformed):
        parse_head(text)


@pytest.mark.parametrize("end", [b"", b"b", b"\x01"])
def test_blanks_cost_no_more_than_other_bytes(end: bytes) -> None:
    """A pattern that goes back over them would hold the interpreter for hours."""
    line = b"X:" + b" " * 60_000 + end + b" " * 2000
    if end == b"\x01":
        with pytest.raises(Malformed):
            parse_field(line)
    else:
        assert parse_field(line) == ("X", end.decode())


@pytest.mark.parametrize(
    ("text", "keeps"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 200\r\nConnection: keep-alive\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: x, close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", False),
    ],
)
def test_a_connection_is_kept_if_nobody_says_otherwise(text: bytes, keeps: bool) -> None:
    """RFC 9112, section 9.3; connections of HTTP/1.0 are not worth their rules."""
    assert parse_head(text).keeps is keeps


def test_a_field_that_is_not_there_has_a_default() -> None:
    """Which is nothing, if nobody gives another."""
    assert Headers([]).get("a") is None
    assert Headers([]).get("a", "b") == "b"


def test_headers_are_found_by_how_they_begin() -> None:
    """By the rest of their names, in small letters; several with one name are a list."""
    headers = Headers(
        [("X-Oss-Meta-A", "1"), ("x-oss-meta-a", "2"), ("x-oss-meta-B", "3"), ("x", "4")]
    )
    assert headers.named("x-oss-meta-") == {"a": "1, 2", "b": "3"}
    assert headers.named("y-") == {}
