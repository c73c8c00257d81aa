"""What Content-Range says, as servers write it."""

from __future__ import annotations

import pytest

from ossferry.byte_range import ByteRange
from ossferry.http.content_range import content_range, empty_total


@pytest.mark.parametrize(
    ("text", "start", "stop", "total"),
    [
        ("bytes 0-0/1", 0, 1, 1),
        (" Bytes 10-19/100 ", 10, 20, 100),
        ("bytes=10-19/*", 10, 20, None),
    ],
)
def test_a_range_is_half_open(text: str, start: int, stop: int, total: int | None) -> None:
    """Its last byte is inclusive in the header only; the total may be unknown."""
    assert content_range({"Content-Range": text}) == (ByteRange(start, stop), total)


@pytest.mark.parametrize(
    "text",
    [
        *("", "bytes 1-0/9", "bytes */9", "items 0-1/9", "bytes 0-1", "bytes 0-1/9,2-3/9"),
        *("bytes 0-9/9", "bytes 0-89/20", "bytes 0-0/0"),
    ],
)
def test_what_is_no_single_range_of_bytes_is_none(text: str) -> None:
    """A reply is then judged by its length."""
    assert content_range({"Content-Range": text}) is None


@pytest.mark.parametrize(
    ("text", "total"),
    [("bytes */0", 0), ("Bytes */7", 7), ("bytes */*", None), ("bytes 0-0/7", None), ("", None)],
)
def test_a_refused_range_may_tell_the_size(text: str, total: int | None) -> None:
    """``bytes */0`` is how servers say that a file is empty."""
    assert empty_total({"Content-Range": text}) == total
