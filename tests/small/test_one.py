"""One item against sources and an OSS that do what they should not."""

from __future__ import annotations

import gzip
import time
from base64 import b64encode
from typing import Any

import pytest

from ossferry.byte_range import KIB, MIB
from ossferry.checksums import second
from ossferry.small.held import SMALL
from ossferry.small.many import FIRST
from tests.items.staged import copying, item, marks
from tests.peers.scripted import Reply, Request, Script, Then, answer, in_turn

BODY = b"what is to be copied"


def saying(raw: bytes, then: Then = Then.KEEP) -> Script:
    return lambda _request: Reply(raw, then)


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed + end


WHOLE = {
    "with its length": (answer(200, BODY), Then.KEEP),
    "until it closes": (b"HTTP/1.1 200 OK\r\n\r\n" + BODY, Then.CLOSE),
    "in pieces": (chunked(BODY[:5], BODY[5:]), Then.KEEP),
    "as a range that is all": (
        answer(206, BODY, Content_Range=f"bytes 0-{len(BODY) - 1}/{len(BODY)}"),
        Then.KEEP,
    ),
    "with more than its length": (answer(200, BODY + b"more", length=len(BODY)), Then.KEEP),
    "of HTTP/1.0": (answer(200, BODY).replace(b"1.1", b"1.0", 1), Then.CLOSE),
    "after interim replies": (b"HTTP/1.1 103 Hints\r\n\r\n" + answer(200, BODY), Then.KEEP),
    "said to be kept, and closed": (answer(200, BODY, Connection="keep-alive"), Then.CLOSE),
}
BROKEN = {
    "short": (answer(200, BODY[:5], length=len(BODY)), Then.CLOSE, "SourceUnavailable"),
    "reset": (answer(200, BODY[:5], length=len(BODY)), Then.RESET, "SourceUnavailable"),
    "without its end": (chunked(BODY, end=b""), Then.CLOSE, "SourceUnavailable"),
    "of broken pieces": (chunked(BODY, end=b"zz\r\n"), Then.KEEP, "SourceUnavailable"),
    "of two lengths": (answer(200, BODY, content_length="3"), Then.KEEP, "SourceUnavailable"),
    "no HTTP": (b"hello\r\n\r\n", Then.CLOSE, "SourceUnavailable"),
    "a range beyond what it has": (
        b"HTTP/1.1 206 P\r\nContent-Range: bytes 0-9/10\r\n\r\n" + BODY,
        Then.CLOSE,
        "SourceUnavailable",
    ),
    "a part": (answer(206, BODY, Content_Range="bytes 0-19/99"), Then.KEEP, "RangeNotHonoured"),
    "of another CRC64": (answer(200, BODY, **marks(b"other")), Then.KEEP, "SourceChanged"),
    "gone": (answer(404, b"no"), Then.KEEP, "SourceGone"),
    "forbidden": (answer(403, b"no"), Then.KEEP, "SourceRefused"),
    "a redirect to nowhere": (answer(302, Location="ftp://x/"), Then.KEEP, "SourceRefused"),
    "a redirect to an inner network": (
        answer(302, Location="http://169.254.169.254/"),
        Then.KEEP,
        "SourceRefused",
    ),
}


@pytest.mark.parametrize("how", WHOLE)
def test_whatever_form_it_comes_in_it_arrives_whole(how: str) -> None:
    """Two items one after the other: what one leaves behind never becomes part of the next."""
    raw, then = WHOLE[how]
    with copying(saying(raw, then)) as (ours, server):
        _, rows = ours.run(tuple(item(n, f"{server.url}/{n}") for n in range(12)))
    assert {row["outcome"] for row in rows.values()} == {"copied"}
    assert ours.bodies == {f"out/{n}": BODY for n in range(12)}


@pytest.mark.parametrize("how", BROKEN)
def test_what_is_not_whole_is_not_written(how: str) -> None:
    """It fails by itself, with its cause; the next item does not suffer from it."""
    raw, then, error = BROKEN[how]

    def script(request: Request) -> Reply:
        return Reply(answer(200, BODY)) if request.target == "/good" else Reply(raw, then)

    with copying(script) as (ours, server):
        result, rows = ours.run(
            (item(1, f"{server.url}/bad"), item(2, f"{server.url}/good")), seconds=60.0
        )
    assert rows[1]["outcome"] == "failed"
    assert rows[1]["error_type"] == error
    assert rows[2]["outcome"] == "copied"
    assert ours.bodies == {"out/2": BODY}
    assert result.left == ()


def test_a_hiccup_is_tried_again() -> None:
    """Four times in all; what is told is how often."""
    cut = Reply(answer(200, BODY[:3], length=len(BODY)), Then.CLOSE)
    good = Reply(answer(200, BODY))
    with copying(in_turn(cut, Reply(answer(500)), cut, rest=good)) as (ours, server):
        _, rows = ours.run((item(1, f"{server.url}/x"),))
    assert rows[1]["outcome"] == "copied"
    assert rows[1]["attempts"] == 4


@pytest.mark.parametrize("framed", [True, False])
@pytest.mark.parametrize("size", [0, 1, 256 * KIB - 1, 256 * KIB, 256 * KIB + 1, SMALL, SMALL + 1])
def test_sizes_at_every_edge(framed: bool, size: int) -> None:
    """Also where the source does not say it; what is beyond is left to a transfer."""
    body = bytes(range(251)) * (size // 251 + 1)
    body = body[:size]
    raw = chunked(*([body] if body else [])) if framed else answer(200, body)
    with copying(saying(raw)) as (ours, server):
        _, rows = ours.run((item(1, f"{server.url}/x"),))
    if size > SMALL:
        assert [job.target.key for job in ours.transferred] == ["out/1"]
        assert ours.bodies == {}
    else:
        assert ours.bodies == {"out/1": body}
        assert rows[1]["size"] == size


def test_a_redirect_costs_no_connection_per_item() -> None:
    """Neither to the server that redirects, whatever it says beside, nor to where it leads."""
    with copying(saying(answer(200, BODY))) as (ours, there):
        front = saying(answer(302, b"<p>moved</p>" * 50, Location=f"{there.url}/x"))
        with copying(front) as (_, here):
            ours.run(tuple(item(n, f"{here.url}/{n}") for n in range(40)))
            for server in (here, there):
                assert len(server.requests) == 40
                assert len({request.connection for request in server.requests}) <= FIRST


def test_a_refusal_costs_no_connection() -> None:
    """A list of what is gone is worked off over the connections that there are."""
    with copying(saying(answer(404, b"nothing here" * 100))) as (ours, server):
        ours.run(tuple(item(n, f"{server.url}/{n}") for n in range(40)))
        assert len({request.connection for request in server.requests}) <= FIRST


def test_a_large_source_is_not_read_twice() -> None:
    """Its head says that it is large: the connection is given up, not its bytes awaited."""
    raw = answer(200, b"x" * MIB, length=SMALL + MIB)
    with copying(saying(raw)) as (ours, server):
        began = time.monotonic()
        ours.run((item(1, f"{server.url}/x"),))
    assert time.monotonic() - began < 5
    assert len(ours.transferred) == 1


def test_a_body_that_trickles_after_a_refusal_holds_nobody_up() -> None:
    """A server that announces an error page and never gives it costs a second, and a connection."""
    with copying(saying(answer(404, b"", length=100))) as (ours, server):
        began = time.monotonic()
        _, rows = ours.run((item(1, f"{server.url}/x"), item(2, f"{server.url}/y")))
    assert time.monotonic() - began < 10
    assert {row["error_type"] for row in rows.values()} == {"SourceGone"}


def test_coded_bytes_are_kept_as_they_are() -> None:
    """With the header that says how to read them, and the source's other headers."""
    body = gzip.compress(BODY)
    raw = answer(200, body, Content_Encoding="gzip", Content_Type="text/x", ETag='"v1"')
    with copying(saying(raw)) as (ours, server):
        ours.run((item(1, f"{server.url}/x"),))
    stored, headers = ours.oss.objects["out/1"]
    assert stored == body
    assert headers["content-encoding"] == "gzip"
    assert headers["content-type"] == "text/x"
    assert headers["x-oss-meta-ossferry-source"]


def test_a_second_checksum_of_the_source_is_held_before_anything_is_written() -> None:
    """Of the bytes in memory, with what the source says of them."""
    right = second("crc32c")(BODY, 0)
    for told, outcome, errors in ((right, "copied", None), (right ^ 1, "failed", "SourceChanged")):
        text = b64encode(told.to_bytes(4, "big")).decode()
        with copying(saying(answer(200, BODY, x_goog_hash=f"crc32c={text}"))) as (ours, server):
            _, rows = ours.run((item(1, f"{server.url}/x"),))
        assert (rows[1]["outcome"], rows[1].get("error_type")) == (outcome, errors)
        assert list(ours.bodies.values()) == ([BODY] if outcome == "copied" else [])


# What is there already.


def test_what_is_there_is_not_copied_again() -> None:
    """A second run finds each by what the first remembered, and writes nothing."""
    with copying(saying(answer(200, BODY, ETag='"v1"'))) as (ours, server):
        items = tuple(item(n, f"{server.url}/{n}", look=True) for n in range(3))
        ours.run(items)
        puts = len(ours.oss.asked("PUT"))
        _, rows = ours.run(items)
    assert {row["outcome"] for row in rows.values()} == {"unchanged"}
    assert len(ours.oss.asked("PUT")) == puts == 3


@pytest.mark.parametrize("look", [True, False])
def test_never_skips_what_is_there(look: bool) -> None:
    """Whether it was looked for before, or somebody was faster: it is no failure either way."""
    with copying(saying(answer(200, BODY))) as (ours, server):
        ours.oss.objects["out/1"] = (b"old", {})
        _, rows = ours.run((item(1, f"{server.url}/x", look=look, overwrite="never"),))
    assert rows[1]["outcome"] == "skipped"
    assert "overwrite is never" in rows[1]["error"]
    assert ours.bodies == {"out/1": b"old"}


def test_expectations_are_held_before_anything_is_written() -> None:
    """Size, CRC64 and MD5 of the event, each by itself."""
    wrong: dict[int, dict[str, Any]] = {
        1: {"expected_size": 5},
        2: {"expected_crc64": "5"},
        3: {"expected_md5": "0" * 32},
    }
    with copying(saying(answer(200, BODY))) as (ours, server):
        _, rows = ours.run(
            tuple(item(n, f"{server.url}/{n}", **fields) for n, fields in wrong.items())
        )
    assert {row["error_type"] for row in rows.values()} == {"ChecksumMismatch"}
    assert ours.bodies == {}


def test_an_item_that_is_no_event_fails_alone() -> None:
    """With what can be said of it, and no more: nothing of it was asked."""
    with copying(saying(answer(200, BODY))) as (ours, server):
        bad = item(1, "gopher://x/", metadata={"ossferry": "x"})
        _, rows = ours.run((bad, item(2, f"{server.url}/x"), item(3, "http://x/", wrong=1)))
    assert [rows[n]["outcome"] for n in (1, 2, 3)] == ["failed", "copied", "failed"]
    assert rows[1]["cause"] == rows[3]["cause"] == "event"
