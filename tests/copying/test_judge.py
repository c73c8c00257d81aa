"""Replies to a range as servers really give them: what is accepted, and what is refused how."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ossferry.byte_range import ByteRange
from ossferry.copying.copy_job import Pin
from ossferry.copying.judge import (
    coding_of,
    content_length,
    judge,
    judge_whole,
    normal_etag,
    pin_of,
    refusal,
)
from ossferry.errors import (
    FerryError,
    RangeNotHonoured,
    SourceBusy,
    SourceChanged,
    SourceGone,
    SourceRefused,
    SourceUnavailable,
)
from ossferry.http.content_range import content_range

MONDAY = "Mon, 01 Jan 2024 00:00:00 GMT"
PIN = Pin(100, "tag", MONDAY)
MIDDLE = ByteRange(10, 20)
WHOLE = ByteRange(0, 100)


def reply(**headers: str | None) -> dict[str, str]:
    """A reply's headers, written with underscores; None leaves one out."""
    names = {"etag": "ETag"}
    return {
        names.get(name, name.replace("_", "-").title()): value
        for name, value in headers.items()
        if value is not None
    }


def judged(
    status: int,
    headers: Mapping[str, str | None],
    wanted: ByteRange = MIDDLE,
    pin: Pin = PIN,
) -> int:
    """Of a reply that says that it is still the source, unless the headers say something else."""
    said = {"etag": pin.etag, "last_modified": pin.last_modified}
    if headers.keys() & said.keys():
        said = {}
    return judge(status, reply(**{**said, **headers}), wanted, pin, "http://h/x")


@pytest.mark.parametrize(
    "headers",
    [
        {"content_range": "bytes 10-19/100"},
        {"content_range": "bytes 10-19/100", "content_length": "10"},
        {"content_range": "Bytes 10-19/100"},
        {"content_range": "bytes=10-19/100"},
        {"content_range": " bytes 10-19/* "},
        {"content_range": "bytes 10-19/100", "etag": '"tag"'},
        {"content_range": "bytes 10-19/100", "etag": 'W/"tag"'},
        {"content_range": "bytes 10-19/100", "etag": "tag"},
        {"content_range": "bytes 10-19/100", "content_length": "7", "transfer_encoding": "chunked"},
        # With one ETag, the date may differ: nodes of a CDN know different ones.
        {"content_range": "bytes 10-19/100", "etag": '"tag"', "last_modified": "another day"},
        {"content_range": "bytes 10-99/100"},
    ],
)
@pytest.mark.parametrize("status", [206, 200])
def test_the_right_slice_is_accepted_however_it_is_labelled(
    status: int, headers: dict[str, str]
) -> None:
    """Content-Range decides, not the status: some servers answer 200 with a correct slice."""
    assert judged(status, headers) == 10


def test_a_short_slice_carries_fewer_bytes() -> None:
    """The rest is asked for again, so what comes is taken."""
    assert judged(206, {"content_range": "bytes 10-14/100"}) == 5


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (206, {"content_range": "bytes 9-19/100"}, RangeNotHonoured),
        (206, {"content_range": "bytes 11-19/100"}, RangeNotHonoured),
        (206, {"content_range": "bytes 0-99/100"}, RangeNotHonoured),
        (206, {"content_range": "bytes 10-19/101"}, SourceChanged),
        (200, {"content_range": "bytes 10-19/99"}, SourceChanged),
        (206, {"content_range": "bytes 10-100/*"}, SourceChanged),
        (206, {"content_range": "bytes 10-19/100", "content_length": "9"}, RangeNotHonoured),
        (206, {"content_range": "bytes 10-19/100", "etag": '"other"'}, SourceChanged),
        (206, {"content_range": "bytes 10-19/100", "last_modified": "today"}, SourceChanged),
        # A date alone is not what an ETag was: it may be that of another node, or of another file.
        (
            206,
            {"content_range": "bytes 10-19/100", "last_modified": PIN.last_modified},
            SourceChanged,
        ),
        (206, {}, RangeNotHonoured),
        (206, {"content_range": "bytes 19-10/100"}, RangeNotHonoured),
        (206, {"content_range": "bytes */100"}, RangeNotHonoured),
        (206, {"content_range": "items 10-19/100"}, RangeNotHonoured),
        (206, {"content_range": "bytes 10-19"}, RangeNotHonoured),
        (206, {"content_type": "multipart/byteranges; boundary=x"}, RangeNotHonoured),
        (200, {}, RangeNotHonoured),
        (200, {"content_length": "100"}, RangeNotHonoured),
        (200, {"content_length": "10"}, RangeNotHonoured),
        (416, {}, RangeNotHonoured),
        (416, {"content_range": "bytes */100"}, RangeNotHonoured),
        (416, {"content_range": "bytes */99"}, SourceChanged),
        (412, {}, SourceRefused),
        (404, {}, SourceGone),
        (503, {}, SourceUnavailable),
        (302, {}, SourceRefused),
        (204, {}, SourceRefused),
    ],
)
def test_what_is_not_the_range_is_refused(
    status: int, headers: dict[str, str], error: type[FerryError]
) -> None:
    """Another offset, another file, the whole file, no statement at all: each has its error."""
    with pytest.raises(error):
        judged(status, headers)


@pytest.mark.parametrize(
    ("headers", "wanted", "pin"),
    [
        ({"content_length": "100"}, WHOLE, PIN),
        ({"transfer_encoding": "chunked"}, WHOLE, PIN),
        ({}, WHOLE, Pin()),
    ],
)
def test_the_whole_answers_a_request_for_the_whole(
    headers: dict[str, str], wanted: ByteRange, pin: Pin
) -> None:
    """A server without ranges is as good as any when everything was asked for."""
    assert judged(200, headers, wanted, pin) == 100


def test_the_whole_of_another_length_is_another_source() -> None:
    """The length that the probe saw is part of what the source is."""
    with pytest.raises(SourceChanged, match="100 bytes and now has 101"):
        judged(200, {"content_length": "101"}, WHOLE)


@pytest.mark.parametrize(
    ("pin", "headers"),
    [
        (PIN, {"last_modified": None}),
        (PIN._replace(last_modified=None), {"etag": None}),
        (PIN._replace(etag=None), {"last_modified": None}),
        (PIN._replace(etag=None), {"last_modified": None, "etag": '"tag"'}),
        (PIN, {"etag": '"tag"', "content_encoding": "gzip"}),
        (PIN._replace(coding="gzip"), {"etag": '"tag"'}),
    ],
)
def test_what_does_not_prove_that_it_is_the_source_is_not_taken(
    pin: Pin, headers: dict[str, str | None]
) -> None:
    """Neither a reply that says nothing, nor one in another coding: both can be read whole."""
    with pytest.raises(RangeNotHonoured):
        judged(206, {"content_range": "bytes 10-19/100", **headers}, pin=pin)


@pytest.mark.parametrize(
    ("coding", "known"),
    [(None, None), ("", None), ("Identity", None), (" GZIP ", "gzip"), ("x-gzip", "gzip")],
)
def test_a_coding_has_one_name(coding: str | None, known: str | None) -> None:
    """Two names of one coding are no change."""
    assert coding_of(reply(content_encoding=coding)) == known


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (200, {}, None),
        (206, {"content_range": "bytes 0-99/100"}, None),
        (206, {"content_range": "bytes 0-99/100", "content_length": "100"}, None),
        (206, {"content_range": "bytes 0-99/100", "content_length": "99"}, RangeNotHonoured),
        (206, {"content_range": "bytes 0-98/100"}, RangeNotHonoured),
        (206, {"content_range": "bytes 1-99/100"}, RangeNotHonoured),
        (206, {"content_range": "bytes 0-99/*"}, RangeNotHonoured),
        (206, {}, RangeNotHonoured),
        (204, {}, SourceRefused),
        (404, {}, SourceGone),
        (416, {"content_range": "bytes */0"}, SourceRefused),
        (503, {}, SourceUnavailable),
    ],
)
def test_the_whole_is_all_there_is(
    status: int, headers: dict[str, str], error: type[FerryError] | None
) -> None:
    """Some servers call it a range although nobody asked for one: then it has to be all of it."""
    if error is None:
        judge_whole(status, reply(**headers), "http://h/x")
    else:
        with pytest.raises(error):
            judge_whole(status, reply(**headers), "http://h/x")


@given(
    status=st.sampled_from([200, 206]),
    start=st.integers(0, 120),
    length=st.integers(1, 120),
    total=st.one_of(st.none(), st.integers(1, 240)),
    said_length=st.one_of(st.none(), st.integers(0, 240)),
    etag=st.sampled_from([None, '"tag"', 'W/"tag"', '"other"']),
    wanted_start=st.integers(0, 99),
)
def test_no_reply_is_accepted_that_contradicts_itself_or_the_source(
    status: int,
    start: int,
    length: int,
    total: int | None,
    said_length: int | None,
    etag: str | None,
    wanted_start: int,
) -> None:
    """If a reply passes, its start, total, length and ETag all agree with what was asked."""
    wanted = ByteRange(wanted_start, min(wanted_start + 10, 100))
    said = f"bytes {start}-{start + length - 1}/{'*' if total is None else total}"
    try:
        carried = judged(
            status,
            {
                "content_range": said,
                "content_length": None if said_length is None else str(said_length),
                "etag": etag,
            },
            wanted,
        )
    except FerryError:
        beyond = start + length > 100
        reasons = (start != wanted.start, total not in (None, 100), etag in (None, '"other"'))
        assert any(reasons) or beyond or said_length not in (None, length)
        return
    assert start == wanted.start
    assert total in (None, 100)
    assert start + length <= 100
    assert said_length in (None, length)
    assert etag not in (None, '"other"')
    assert carried == min(length, wanted.size)


@given(st.text(max_size=40), st.sampled_from([200, 206]))
def test_a_content_range_that_nobody_understands_is_no_content_range(
    text: str, status: int
) -> None:
    """Garbage in the header never passes for a slice from the middle."""
    assume(content_range({"Content-Range": text}) is None)
    with pytest.raises(RangeNotHonoured):
        judged(status, {"content_range": text})


@pytest.mark.parametrize(
    ("status", "error", "retryable"),
    [
        (400, SourceRefused, False),
        (401, SourceRefused, False),
        (403, SourceRefused, False),
        (404, SourceGone, False),
        (408, SourceUnavailable, True),
        (410, SourceGone, False),
        (425, SourceUnavailable, True),
        (429, SourceBusy, True),
        (503, SourceBusy, True),
        (500, SourceUnavailable, True),
        (599, SourceUnavailable, True),
    ],
)
def test_statuses_are_final_or_may_pass(
    status: int, error: type[FerryError], retryable: bool
) -> None:
    """Overload and server faults may pass; refusals do not, and say what to look at."""
    raised = refusal(status, {}, "http://h/x")
    assert type(raised) is error
    assert raised.retryable is retryable
    assert str(status) in raised.message
    assert "http://h/x" in raised.message


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_a_reply_asks_for_is_in_the_error(status: int) -> None:
    """Retry-After, in seconds."""
    assert refusal(status, reply(retry_after="12"), "x").retry_after == 12.0


@pytest.mark.parametrize(
    ("text", "length"),
    [("0", 0), ("5", 5), (" 5 ", 5), ("-5", None), ("5, 5", None), ("", None), ("9" * 5000, None)],
)
def test_a_length_is_read_only_where_it_is_one(text: str, length: int | None) -> None:
    """What is no number, or absurd, is no length: the bytes are counted anyway."""
    assert content_length({"Content-Length": text}) == length


@pytest.mark.parametrize(
    ("text", "etag"),
    [('"a"', "a"), ('W/"a"', "a"), ("a", "a"), ('""', None), ("", None), (' "a" ', "a")],
)
def test_etags_are_compared_without_quotes_and_weakness(text: str, etag: str | None) -> None:
    """Gateways add and drop both; a source is not another one for that."""
    assert normal_etag({"ETag": text}) == etag
    assert pin_of({"ETag": text, "Last-Modified": "then"}, 5) == Pin(5, etag, "then")
