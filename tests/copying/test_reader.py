"""The source side of the copy path against servers that answer in unusual ways."""

from __future__ import annotations

import base64
import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

import pytest

from ossferry.byte_range import ByteRange
from ossferry.copying.copy_job import Pin, SourceRef
from ossferry.copying.reader import SourceReader
from ossferry.errors import (
    FerryError,
    RangeNotHonoured,
    SourceBusy,
    SourceChanged,
    SourceRefused,
    SourceUnavailable,
)
from ossferry.http.connections import Connections
from ossferry.http.netguard import NetGuard
from ossferry.urls import Url
from tests.peers.loopback import CONTENT, GUARD, source
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
)

SOME = ByteRange(1000, 3000)


@contextmanager
def reading(
    script: Script, headers: Mapping[str, str] | None = None
) -> Iterator[tuple[SourceReader, Scripted]]:
    with scripted(script) as server:
        ref = source(f"{server.url}/x", headers)
        with closing(SourceReader(ref, GUARD)) as reader:
            yield reader, server


def read(reader: SourceReader, wanted: ByteRange = SOME) -> bytes:
    """The bytes that one reply gives for a range, as far as it goes."""
    view = memoryview(bytearray(reader.open(wanted)))
    count = 0
    while got := reader.readinto(view[count:]):
        count += got
    return bytes(view[:count])


def moved(location: str, status: int = 302) -> Reply:
    return Reply(answer(status, b"moved", Location=location))


def test_ranges_come_over_one_connection() -> None:
    """Asking again does not mean connecting again."""
    with reading(serving(CONTENT)) as (reader, server):
        assert read(reader) == CONTENT[1000:3000]
        assert read(reader, ByteRange(0, 5)) == CONTENT[:5]
        assert server.ranges == ["bytes=1000-2999", "bytes=0-4"]
        assert [request.connection for request in server.requests] == [1, 1]


def test_a_connection_that_the_server_closed_meanwhile_is_replaced() -> None:
    """A kept connection that went stale is no failure of the source, so no attempt is lost."""
    stale = Reply(part_of(CONTENT, SOME), Then.CLOSE)
    with reading(in_turn(stale, rest=serving(CONTENT))) as (reader, server):
        for _ in range(2):
            assert read(reader) == CONTENT[1000:3000]
        assert [request.connection for request in server.requests][-1] == 2


def test_a_reply_that_was_not_read_to_its_end_costs_its_connection() -> None:
    """What is left of it never passes for the next reply."""
    with reading(serving(CONTENT)) as (reader, server):
        assert reader.open(ByteRange(0, 500_000)) == 500_000
        assert read(reader) == CONTENT[1000:3000]
        assert [request.connection for request in server.requests] == [1, 2]


def test_the_source_is_asked_for_its_own_bytes_as_it_means_them() -> None:
    """No compression on the way, the event's own headers, and a name to be recognised by."""
    with reading(serving(CONTENT), {"X-Key": "k"}) as (reader, server):
        read(reader)
    (request,) = server.requests
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["x-key"] == "k"
    assert request.headers["user-agent"].startswith("ossferry")
    assert request.headers["host"] == server.url.removeprefix("http://")


@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
def test_a_short_body_is_no_body(then: Then) -> None:
    """However it ends before the length that it promised: it may pass, and never looks complete."""
    cut = Reply(part_of(CONTENT, SOME, sent=700), then)
    with reading(in_turn(cut)) as (reader, _), pytest.raises(SourceUnavailable):
        read(reader)


@pytest.mark.parametrize(
    "raw",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"\0" * 100_000],
)
def test_what_is_not_http_may_pass(raw: bytes) -> None:
    """A server in mid-restart says all kinds of things."""
    with reading(in_turn(Reply(raw, Then.CLOSE))) as (reader, _), pytest.raises(SourceUnavailable):
        reader.open(SOME)


@pytest.mark.parametrize(
    ("refusal", "after"),
    [
        (Reply(b"", Then.CLOSE), None),
        (Reply(b"", Then.RESET), None),
        (Reply(answer(429)), None),
        (Reply(answer(503, Retry_After="7")), 7.0),
    ],
)
def test_a_source_that_serves_no_further_request_is_busy(
    refusal: Reply, after: float | None
) -> None:
    """Whether it says so in HTTP or in TCP; over a new connection or one that served before."""
    with reading(in_turn(refusal, serving(CONTENT), rest=refusal)) as (reader, _):
        for _ in range(2):
            with pytest.raises(SourceBusy) as raised:
                reader.open(SOME)
            assert raised.value.retry_after == after
            with contextlib.suppress(SourceBusy):
                read(reader)


@pytest.mark.parametrize(
    "broken",
    [
        Reply(b"HTTP/1.1 206 ", Then.CLOSE),
        Reply(answer(500)),
        Reply(answer(408)),
        Reply(part_of(CONTENT, SOME, sent=700), Then.RESET),
    ],
)
def test_a_source_that_fails_is_not_busy(broken: Reply) -> None:
    """It serves the request, badly: fewer requests would not help."""
    with reading(in_turn(broken)) as (reader, _), pytest.raises(SourceUnavailable) as raised:
        read(reader)
    assert type(raised.value) is SourceUnavailable


def test_a_reader_that_is_interrupted_says_nothing_of_a_busy_source() -> None:
    """It was we who hung up."""
    asked, over = threading.Event(), threading.Event()

    def silence(request: Request) -> Reply:
        asked.set()
        over.wait(60)
        return Reply(b"", Then.CLOSE)

    errors: list[FerryError] = []
    with reading(silence) as (reader, _):

        def run() -> None:
            try:
                reader.open(SOME)
            except FerryError as error:
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        assert asked.wait(10)
        reader.interrupt()
        thread.join(10)
        over.set()
    assert [type(error) for error in errors] == [SourceUnavailable]


def test_nobody_listening_may_pass() -> None:
    """Nor does the message quote more of the URL than its redacted form."""
    with scripted(serving(CONTENT)) as server:
        pass
    reader = SourceReader(source(server.url + "/x?sig=C4n4ry"), GUARD)
    with pytest.raises(SourceBusy, match="refused") as raised:
        reader.open(SOME)
    assert "C4n4ry" not in str(raised.value)


def test_a_refused_address_is_never_spoken_to() -> None:
    """The server sees a connection that ends without a byte; and no retry would help."""
    with scripted(serving(CONTENT)) as server:
        reader = SourceReader(source(server.url), NetGuard())
        with pytest.raises(SourceRefused, match="OSSFERRY_ALLOW_NETWORKS"):
            reader.open(SOME)
        assert server.requests == []


def test_a_redirect_to_a_refused_address_is_refused() -> None:
    """Every hop passes the address rules, not only the first."""
    with reading(in_turn(moved("http://0.0.0.0:9/"))) as (reader, _), pytest.raises(FerryError):
        reader.open(SOME)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_remembered(status: int) -> None:
    """The next range goes straight to where the first was found."""
    with reading(in_turn(moved("/y?q=1", status), rest=serving(CONTENT))) as (reader, server):
        assert read(reader) == CONTENT[1000:3000]
        assert read(reader) == CONTENT[1000:3000]
        assert [request.target for request in server.requests] == ["/x", "/y?q=1", "/y?q=1"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_remembered_redirect_that_expired_is_walked_again(status: int) -> None:
    """It often leads to a signed URL that lives for minutes; the first one leads to a new one."""
    script = in_turn(
        moved("/old"),
        serving(CONTENT),
        Reply(answer(status)),
        moved("/new"),
        rest=serving(CONTENT),
    )
    with reading(script) as (reader, server):
        assert read(reader) == read(reader) == CONTENT[1000:3000]
        targets = [request.target for request in server.requests]
        assert targets == ["/x", "/old", "/old", "/x", "/new"]


def test_credentials_follow_a_redirect_within_the_origin() -> None:
    """They were given for this host, port and scheme."""
    script = in_turn(moved("/y"), rest=serving(CONTENT))
    with reading(script, {"Authorization": "C4n4ry"}) as (reader, server):
        read(reader)
    assert [request.headers["authorization"] for request in server.requests] == ["C4n4ry"] * 2


def test_credentials_do_not_follow_a_redirect_to_another_origin() -> None:
    """Whatever an event sends beside Accept and User-Agent may be a credential."""
    secret = dict.fromkeys(("Authorization", "Cookie", "X-Key"), "C4n4ry")
    with scripted(serving(CONTENT)) as other:
        script = in_turn(moved(f"{other.url}/y"))
        with reading(script, {**secret, "Accept": "a/b", "User-Agent": "me"}) as (reader, server):
            assert read(reader) == CONTENT[1000:3000]
    assert "C4n4ry" in str(server.requests[0].headers)
    assert "C4n4ry" not in str(other.requests[0].headers)
    assert other.requests[0].headers["accept"] == "a/b"
    assert other.requests[0].headers["user-agent"] == "me"


def test_credentials_before_the_host_become_basic_authentication() -> None:
    """Decoded, as browsers do; they are not part of the request line, and stay with the host."""
    with scripted(serving(CONTENT)) as other, scripted(in_turn(moved(f"{other.url}/y"))) as server:
        ref = source(server.url.replace("://", "://us%65r:p%40ss@") + "/x")
        with closing(SourceReader(ref, GUARD)) as reader:
            read(reader)
    expected = "Basic " + base64.b64encode(b"user:p@ss").decode()
    assert server.requests[0].headers["authorization"] == expected
    assert server.requests[0].target == "/x"
    assert "authorization" not in other.requests[0].headers


def test_an_authorization_header_goes_before_what_stands_in_the_url() -> None:
    """The event said it more explicitly."""
    with scripted(serving(CONTENT)) as server:
        ref = source(server.url.replace("://", "://u:p@") + "/x", {"Authorization": "Bearer t"})
        with closing(SourceReader(ref, GUARD)) as reader:
            read(reader)
    assert server.requests[0].headers["authorization"] == "Bearer t"


def test_a_location_in_raw_utf8_is_read_as_utf8() -> None:
    """Many servers write it unescaped, and mean what browsers make of it."""
    location = "/日本/é".encode().decode("latin-1")
    with reading(in_turn(moved(location), rest=serving(CONTENT))) as (reader, server):
        read(reader)
    assert server.requests[1].target == "/%E6%97%A5%E6%9C%AC/%C3%A9"


@pytest.mark.parametrize("location", ["ftp://h/x", "http://h:x/", "javascript:x"])
def test_a_redirect_to_what_is_no_url_is_refused(location: str) -> None:
    """And for good: it would lead there again."""
    with reading(in_turn(moved(location))) as (reader, _), pytest.raises(SourceRefused):
        reader.open(SOME)


def test_redirects_in_a_circle_end() -> None:
    """After ten hops, as with browsers."""
    with reading(in_turn(rest=moved("/x"))) as (reader, server):
        with pytest.raises(SourceRefused, match="10 times"):
            reader.open(SOME)
        assert len(server.requests) == 11


def test_a_redirect_without_a_location_is_no_redirect() -> None:
    """It leads nowhere, so it is what its status says."""
    with reading(in_turn(Reply(answer(302)))) as (reader, _), pytest.raises(SourceRefused):
        reader.open(SOME)


def test_the_whole_is_asked_for_without_a_range() -> None:
    """And is an error unless it comes as that."""
    with reading(in_turn(serving(CONTENT), Reply(answer(206, b"")))) as (reader, server):
        reader.open_whole()
        assert server.ranges == [None]
        with pytest.raises(RangeNotHonoured):
            reader.open_whole()


def test_another_etag_in_mid_copy_is_another_source() -> None:
    """The pin of the probe holds for every reply."""

    def other(request: Request) -> Reply:
        return Reply(part_of(CONTENT, request.range or SOME, ETag='"other"'))

    with scripted(other) as server:
        ref = SourceRef(Url(server.url), {}, Pin(len(CONTENT), "tag"))
        with closing(SourceReader(ref, GUARD)) as reader, pytest.raises(SourceChanged):
            reader.open(SOME)


@pytest.mark.parametrize(
    ("raw", "most", "kept"),
    [
        (answer(200, b"x" * 1000), 1000, True),
        (answer(200, b"x" * 1001), 1000, False),
        (answer(200, b""), 0, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 1000, True),
        (answer(200, b"x", length=2), 1000, False),
    ],
)
def test_what_is_left_of_a_reply_is_read_if_it_is_little(raw: bytes, most: int, kept: bool) -> None:
    """Else the connection is given up: also where it does not come, without a long wait."""
    with reading(lambda _: Reply(raw)) as (reader, server):
        for _ in range(2):
            reader.open_whole()
            began = time.monotonic()
            reader.drain(most)
            assert time.monotonic() - began < 8
        assert [request.connection for request in server.requests] == [1, 1 if kept else 2]


def test_connections_that_are_given_are_kept_through_redirects() -> None:
    """One to who redirects, one to where it leads: for each source that is read through them."""
    with scripted(serving(CONTENT)) as there:
        front = moved(f"{there.url}/x")
        with scripted(lambda _: front) as here, closing(Connections(GUARD)) as connections:
            for _ in range(3):
                reader = SourceReader(source(here.url), GUARD, connections=connections)
                reader.open_whole()
                reader.drain(len(CONTENT))
            for server in (here, there):
                assert [request.connection for request in server.requests] == [1, 1, 1]
